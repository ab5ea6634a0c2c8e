"""Check: a message comes back with the words marked, the reason, the fix and the guidance it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

import streamlit as st

from coach import Channel, DraftKind, Finding, Review, load_kinds
from ui import prose
from ui.parts import copy_button, draw, masthead, numbered, show_guidance
from ui.session import coach, language, t
from ui.write import choose_channel, choose_kind, length, over

MODELS = ("sbi", "4g")


def page() -> None:
    """Draw the page."""
    masthead("check.title", "check.intro")
    _take_over()
    kind = choose_kind("check")
    left, right = st.columns([1, 1], gap="large")
    with left:
        channel = choose_channel(kind, "check")
        subject = None
        if channel.subject is not None:
            subject = st.text_input(t("write.subject"), key="check_subject", live=True, persist_state="session")
        words = st.text_area(
            t("check.message"), key="check_text", height=280, placeholder=t("check.placeholder"), persist_state="session"
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(t("check.go"), type="primary", icon=":material/spellcheck:")
            if st.session_state.get("check_undo"):
                st.button(t("check.undo"), on_click=_undo, icon=":material/undo:")
            if words:
                copy_button(words, "copy_message")
            else:
                st.button(t("check.example"), on_click=_example, args=(kind,))
        if words:
            (st.warning if over(words, channel) else st.caption)(length(words, channel))
    with right:
        if words and words.strip():
            _result(kind, channel, words, subject or None)
        else:
            st.info(t("check.empty"), icon=":material/lightbulb:")


def _take_over() -> None:
    """A draft that was handed over by Write."""
    handed = st.session_state.pop("handed_over", None)
    if handed is None:
        return
    kind, channel, subject, words = handed
    audience = load_kinds()[kind].audience[0]
    st.session_state["check_audience"] = audience
    st.session_state[f"check_kind_{audience}"] = kind
    st.session_state[f"check_channel_{kind}"] = channel
    st.session_state["check_subject"] = subject
    st.session_state["check_text"] = words
    st.session_state["check_undo"] = []


def _example(kind: DraftKind) -> None:
    family = kind.id if f"check.example.{kind.id}" in _known() else kind.family
    st.session_state["check_text"] = t(f"check.example.{family}")


def _known() -> Mapping[str, str]:
    from ui import texts

    return texts.texts(language())


def _result(kind: DraftKind, channel: Channel, words: str, subject: str | None) -> None:
    model = "sbi"
    if kind.family == "feedback":
        model = st.segmented_control(
            t("parts.model"), MODELS, default="sbi", required=True, format_func=lambda name: t(f"parts.{name}"), key="check_model"
        )
    review = coach().review(kind.id, words, channel.id, None, subject, cast(Literal["sbi", "4g"], model))
    _summary(review)
    with st.container(border=True):
        draw(prose.message(words, numbered(review.findings)), "checked", spoken=review.language)
    if any(finding.end > finding.start for finding in review.findings):
        st.caption(t("check.legend"))
    for number, finding in enumerate(review.findings, start=1):
        _finding(number, finding, kind, channel, words, subject, review)
    if review.parts:
        _parts(words, review)
    if review.passed:
        with st.expander(t("check.passed", count=len(review.passed)), icon=":material/check_circle:"):
            st.markdown("\n".join(f"- {t(f'rule.{rule}')}" for rule in review.passed))


def _summary(review: Review) -> None:
    must = sum(finding.severity == "must" for finding in review.findings)
    advice = len(review.findings) - must
    if not review.findings:
        st.success(t("check.clean"), icon=":material/check_circle:")
    elif must:
        st.warning(t("check.found", must=must, advice=advice), icon=":material/flag:")
    else:
        st.info(t("check.only_advice", count=advice), icon=":material/lightbulb:")


def _finding(
    number: int, finding: Finding, kind: DraftKind, channel: Channel, words: str, subject: str | None, review: Review
) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**\\[{number}\\] {t(f'rule.{finding.rule}')}**", width="content")
            if finding.severity == "must":
                st.badge(t("severity.must"), color="red", icon=":material/priority_high:")
            else:
                st.badge(t("severity.advice"), color="orange", icon=":material/lightbulb:")
        if finding.quote:
            st.markdown(f"“{prose.safe_markdown(finding.quote)}”")
        st.markdown(prose.safe_markdown(finding.reason))
        st.markdown(f"→ {prose.safe_markdown(finding.fix)}")
        with st.container(horizontal=True):
            for place, mend in enumerate(coach().mends(finding, kind.id, words, channel.id, review.language, subject)):
                label = t(f"mend.{mend.how}", words=prose.safe_markdown(_short(mend.words)))
                st.button(
                    label,
                    key=f"mend_{number}_{place}",
                    on_click=_apply,
                    args=(mend.text,),
                    wrap=True,
                    icon=":material/auto_fix_high:",
                )
            heading = prose.safe_markdown(finding.guidance.heading)
            if st.button(
                t("check.guidance", heading=heading),
                key=f"rule_{number}",
                type="tertiary",
                wrap=True,
                icon=":material/menu_book:",
            ):
                show_guidance(finding.guidance)


def _short(words: str) -> str:
    flat = " ".join(words.split())
    return flat if len(flat) <= 60 else f"{flat[:57]}…"


def _apply(words: str) -> None:
    """Put the mended text in the place of the message; the one before can be had back."""
    st.session_state.setdefault("check_undo", []).append(st.session_state["check_text"])
    st.session_state["check_text"] = words


def _undo() -> None:
    st.session_state["check_text"] = st.session_state["check_undo"].pop()


def _parts(words: str, review: Review) -> None:
    """The parts of the model of feedback, labelled in the text and listed, also those that are not there."""
    st.header(t("parts.title"), anchor=False)
    marks = [_part_mark(part) for part in review.parts if part["quote"]]
    if marks:
        with st.container(border=True):
            draw(prose.message(words, marks), "parts", spoken=review.language)
    lines = [
        f"- **{t('part.' + part['part'])}**: "
        + (f"“{prose.safe_markdown(part['quote'])}”" if part["quote"] else t("part.absent"))
        for part in review.parts
    ]
    st.markdown("\n".join(lines))


def _part_mark(part: Mapping[str, Any]) -> prose.Mark:
    name = t(f"part.{part['part']}")
    return prose.Mark(part["start"], part["end"], "part", f"[{name}]", name)
