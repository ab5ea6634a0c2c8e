"""Write: a message from the writer's own facts; what is missing stays a visible blank."""

from __future__ import annotations

import re
from collections.abc import Mapping

import streamlit as st

from coach import (
    Channel,
    CoachError,
    Draft,
    DraftField,
    DraftKind,
    Language,
    channel_named,
    differences,
    invitation,
    load_kinds,
    mail,
)
from ui import prose
from ui.failures import told
from ui.parts import consent, copy_button, draw, masthead, say, show_guidance
from ui.session import coach, language, t

AUDIENCES = ("mentee", "mentor", "trainer")
PLAIN = "plain"
VARIANTS = (PLAIN, "shorter", "warmer", "more_direct")
AGENDA = "session_agenda"
_BLANK = re.compile(r"\[[^\]\n]{1,80}\]")


def page() -> None:
    """Draw the page."""
    masthead("write.title", "write.intro")
    consent()
    kind = choose_kind("write")
    left, right = st.columns([1, 1], gap="large")
    with left:
        fields = _form(kind)
    with right:
        draft = _draft(kind, fields)
    if draft is not None:
        _variant(kind, fields, draft)


def choose_kind(key: str) -> DraftKind:
    """A kind of message by the situation that it is for."""
    kinds = load_kinds()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        audience = st.segmented_control(
            t("kind.audience"),
            AUDIENCES,
            default=AUDIENCES[0],
            required=True,
            format_func=lambda name: t(f"kind.{name}"),
            key=f"{key}_audience",
            persist_state="session",
        )
        fitting = sorted((kind.id for kind in kinds.values() if audience in kind.audience), key=lambda one: kinds[one].acquainted)
        chosen = st.selectbox(
            t("kind.situation"),
            fitting,
            format_func=lambda name: f"{kinds[name].situation[language()]} ({kinds[name].title[language()]})",
            key=f"{key}_kind_{audience}",
            persist_state="session",
        )
    return kinds[chosen]


def choose_channel(kind: DraftKind, key: str) -> Channel:
    """Where the message will go."""
    chosen = st.selectbox(
        t("channel.label"),
        kind.channels,
        index=kind.channels.index(kind.default_channel),
        format_func=lambda name: channel_named(name).title[language()],
        key=f"{key}_channel_{kind.id}",
        persist_state="session",
    )
    return channel_named(chosen)


def _form(kind: DraftKind) -> dict[str, str]:
    """A field for each of the kind's own, what is needed first."""
    st.header(t("write.facts"), anchor=False)
    asked = [field for field in kind.fields if field.required]
    others = [field for field in kind.fields if not field.required]
    values = {field.name: _field(kind, field) for field in asked}
    if others:
        with st.expander(t("write.more", count=len(others)), expanded=not asked):
            values |= {field.name: _field(kind, field) for field in others}
    if any(values.values()):
        st.button(t("write.empty"), on_click=_empty, args=(kind,), icon=":material/delete_sweep:", type="tertiary")
    return values


def _empty(kind: DraftKind) -> None:
    for field in kind.fields:
        st.session_state[f"field_{kind.id}_{field.name}"] = None if field.choices else ""


def _field(kind: DraftKind, field: DraftField) -> str:
    spoken = language()
    label = field.label[spoken] + (" *" if field.required else "")
    note = prose.safe_markdown(field.help[spoken])
    key = f"field_{kind.id}_{field.name}"
    example = t("write.example", example=field.example[spoken])
    if field.choices:
        chosen = st.selectbox(
            label,
            field.choices,
            index=None,
            help=note,
            placeholder=t("write.choose"),
            format_func=lambda choice: t(f"choice.{choice}"),
            key=key,
            persist_state="session",
        )
        return chosen or ""
    if field.multiline:
        typed = st.text_area(label, help=note, placeholder=example, key=key, height=110, persist_state="session")
    else:
        typed = st.text_input(label, help=note, placeholder=example, key=key, live=_writes_itself(), persist_state="session")
    return typed or ""


def _writes_itself() -> bool:
    """Whether a draft costs nothing, so that it may follow every key; a model's is made when it is asked for."""
    return not coach().settings.model


def _draft(kind: DraftKind, fields: Mapping[str, str]) -> Draft | None:
    st.header(t("write.draft"), anchor=False)
    channel = choose_channel(kind, "write")
    with st.container(horizontal=True):
        variant = st.segmented_control(
            t("variant.label"),
            VARIANTS,
            default=PLAIN,
            required=True,
            format_func=lambda name: t(f"variant.{name}"),
            key=f"variant_{kind.id}",
        )
        style = None
        if kind.styles:
            style = st.segmented_control(
                t("style.label"), kind.styles, format_func=lambda name: t(f"style.{name}"), key=f"style_{kind.id}"
            )
    draft = _made(kind, fields, channel.id, None if variant == PLAIN else variant, style)
    if draft is None:
        return None
    _shown(draft)
    _length(draft, channel)
    _onward(kind, fields, draft)
    _findings(draft)
    return draft


def _made(kind: DraftKind, fields: Mapping[str, str], channel: str, variant: str | None, style: str | None) -> Draft | None:
    """The draft; with a model the last one that was asked for, while its facts are the same."""
    wish = (kind.id, tuple(fields.items()), channel, variant, style, language())
    try:
        if _writes_itself():
            return coach().draft(kind.id, fields, channel, variant, _spoken(fields), style)
        if st.button(t("write.go"), type="primary", icon=":material/edit:"):
            with st.spinner(t("write.busy")):
                st.session_state["draft"] = (wish, coach().draft(kind.id, fields, channel, variant, _spoken(fields), style))
    except CoachError as error:
        say(error, _names(kind))
        return None
    draft: Draft | None
    made_for, draft = st.session_state.get("draft", (None, None))
    if draft is None or made_for[0] != kind.id:
        st.caption(t("write.press"))
        return None
    if made_for != wish:
        st.caption(t("write.stale"))
    return draft


def _spoken(fields: Mapping[str, str]) -> Language | None:
    """The language of the page while nothing is filled in; after that the writer's own words decide."""
    return None if any(value.strip() for value in fields.values()) else language()


def _shown(draft: Draft) -> None:
    with st.container(border=True):
        if draft.subject:
            marks = _blanks(draft.subject)
            draw(
                prose.message(f"{t('write.subject')}: {draft.subject}", _moved(marks, len(t("write.subject")) + 2)),
                "draft_subject",
            )
            st.divider()
        draw(prose.message(draft.body, _blanks(draft.body)), "draft_body", spoken=draft.language)
    if draft.missing:
        known = {field.name: field.label[language()] for field in load_kinds()[draft.kind].fields}
        names = ", ".join(prose.safe_markdown(known[name].lower()) for name in draft.missing)
        st.info(t("write.missing", names=names), icon=":material/edit_note:")
    if draft.notice:
        st.info(prose.safe_markdown(draft.notice), icon=":material/info:")


def _blanks(text: str) -> list[prose.Mark]:
    return [prose.Mark(*found.span(), "blank") for found in _BLANK.finditer(text)]


def _moved(marks: list[prose.Mark], by: int) -> list[prose.Mark]:
    return [prose.Mark(mark.start + by, mark.end + by, mark.look) for mark in marks]


def length(text: str, channel: Channel) -> str:
    """How long a text is, what is customary, and what the channel refuses."""
    customary = channel.customary
    said = t(f"length.{customary.unit}", count=customary.count(text), low=customary.low, high=customary.high)
    if channel.hard is not None:
        said += " " + t("length.limit", count=len(text), hard=channel.hard)
        if channel.safe is not None:
            said += " " + t("length.safe", safe=channel.safe)
    return said


def over(text: str, channel: Channel) -> bool:
    """Whether a channel refuses a text for its length, for some accounts at least."""
    return channel.room is not None and len(text) > channel.room


def _length(draft: Draft, channel: Channel) -> None:
    said = length(draft.body, channel)
    if over(draft.body, channel):
        st.warning(said, icon=":material/straighten:")
    else:
        st.caption(said)


def _onward(kind: DraftKind, fields: Mapping[str, str], draft: Draft) -> None:
    """Copy, save as mail or invitation, or go on with it in Check."""
    with st.container(horizontal=True, vertical_alignment="center"):
        copy_button(draft.body, "copy_draft")
        if draft.channel == "email":
            st.download_button(
                t("write.mail"),
                mail(draft.subject, draft.body),
                file_name=f"{kind.id}.eml",
                mime="message/rfc822",
                icon=":material/mail:",
                on_click="ignore",
            )
        if kind.id == AGENDA:
            _invitation(kind, fields)
        if st.button(t("write.onward"), icon=":material/spellcheck:"):
            st.session_state["handed_over"] = (kind.id, draft.channel, draft.subject, draft.body)
            st.switch_page(st.session_state["pages"]["check"])


def _names(kind: DraftKind) -> dict[str, str]:
    """What the form calls the fields of a kind."""
    return {field.name: field.label[language()] for field in kind.fields}


def _invitation(kind: DraftKind, fields: Mapping[str, str]) -> None:
    try:
        content = invitation(fields)
    except CoachError as error:
        st.caption(t("write.no_invitation", reason=prose.safe_markdown(told(str(error), language(), _names(kind)))))
        return
    st.download_button(
        t("write.invitation"),
        content,
        file_name="session.ics",
        mime="text/calendar",
        icon=":material/event:",
        on_click="ignore",
    )


def _findings(draft: Draft) -> None:
    """What the kind's own rules find in the draft beside its blanks, which are named above, and the guidance."""
    findings = [finding for finding in draft.findings if finding.rule != "placeholder"]
    if not findings:
        if not draft.missing:
            st.caption(t("write.clean"))
        return
    st.markdown(f"**{t('write.findings')}**")
    for number, finding in enumerate(findings, start=1):
        st.markdown(f"- {prose.safe_markdown(finding.reason)} {prose.safe_markdown(finding.fix)}")
        if st.button(
            t("check.guidance", heading=prose.safe_markdown(finding.guidance.heading)),
            key=f"draft_rule_{number}",
            type="tertiary",
            wrap=True,
        ):
            show_guidance(finding.guidance)


def _variant(kind: DraftKind, fields: Mapping[str, str], draft: Draft) -> None:
    """A variant beside the plain form: what changed and why."""
    variant = st.session_state.get(f"variant_{kind.id}", PLAIN)
    if variant == PLAIN or draft.composer != "template":
        return
    try:
        plain = coach().draft(kind.id, fields, draft.channel, None, draft.language, st.session_state.get(f"style_{kind.id}"))
    except CoachError as error:
        say(error, _names(kind))
        return
    found = differences(plain.body, draft.body, draft.language)
    st.header(t("variant.compare"), anchor=False)
    st.markdown(t(f"variant.{variant}.why"))
    if not found.changed and not found.left_out:
        st.caption(t("variant.same"))
        return
    st.caption(t("variant.words", before=found.words_before, after=found.words_after))
    before, after = st.columns(2, gap="large")
    gone = [prose.Mark(start, start + len(words), "advice") for words in found.left_out if (start := plain.body.find(words)) >= 0]
    with before, st.container(border=True):
        st.markdown(f"**{t('variant.plain')}**")
        draw(prose.message(plain.body, gone), "compare_plain", spoken=draft.language)
    with after, st.container(border=True):
        st.markdown(f"**{t(f'variant.{variant}')}**")
        marks = [prose.Mark(one.start, one.end, "changed", "•", t("variant.changed")) for one in found.changed]
        draw(prose.message(draft.body, marks), "compare_variant", spoken=draft.language)
    st.caption(t("variant.legend"))
