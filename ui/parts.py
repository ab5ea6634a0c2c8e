"""Pieces that several pages have in common: the masthead, text drawn safely, guidance opened, errors in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from coach import Citation, CoachError, Finding, GuidanceRef, Reading, SyncReport
from ui import failures, prose, texts
from ui.session import coach, desk, language, person, t

_ASSETS = Path(__file__).parent / "assets"
ICON = _ASSETS / "icon.png"


def component(name: str, html: str) -> Any:
    """A piece of the page with a script of its own, in `assets/`."""
    css = _ASSETS / f"{name}.css"
    return st.components.v2.component(
        f"coach.{name}",
        html=html,
        css=css.read_text(encoding="utf-8") if css.exists() else None,
        js=(_ASSETS / f"{name}.js").read_text(encoding="utf-8"),
    )


_PROSE = component("prose", '<div class="prose"></div>')
_COPY = component("copy", '<div class="copy"><button type="button" hidden></button><span role="status"></span></div>')
_ACCESS = component("access", "<span></span>")
# What Streamlit itself says in English; … stands for what follows.
STREAMLIT = {
    "Send message": "streamlit.send",
    "App pages": "streamlit.pages",
    "Navigate to home page": "streamlit.home",
    "Chat message from user": "streamlit.user",
    "Chat message from assistant": "streamlit.coach",
    "Feedback rating": "streamlit.rating",
    "Thumbs up": "streamlit.up",
    "Thumbs down": "streamlit.down",
    "Close": "streamlit.close",
    "Open": "streamlit.open",
    "Help for …": "streamlit.help",
    "Choose an option": "streamlit.choose",
    "Choose options": "streamlit.choose",
    "No results": "streamlit.no_results",
    "Clear all": "streamlit.clear",
    "Remove …": "streamlit.remove",
    "Add files": "streamlit.add_files",
    "file upload": "streamlit.upload",
    "Upload": "streamlit.upload",
    "50MB per file": "streamlit.largest",
    "50MB per file…": "streamlit.largest_of",
    "Press Enter to apply": "streamlit.enter",
    "Press Ctrl+Enter to apply": "streamlit.ctrl_enter",
    "Press ⌘+Enter to apply": "streamlit.cmd_enter",
    "Press Enter to submit form": "streamlit.submit",
    "Press Ctrl+Enter to submit form": "streamlit.ctrl_submit",
    "Press ⌘+Enter to submit form": "streamlit.cmd_submit",
}


def dress() -> None:
    """The page's own style, the language that a screen reader pronounces it in, and Streamlit's own words in that language."""
    st.html(f"<style>{(_ASSETS / 'page.css').read_text(encoding='utf-8')}</style>")
    with st.container(height=1, border=False, key="pronunciation"):
        words = {english: t(key) for english, key in STREAMLIT.items()} if language() != "en" else {}
        _ACCESS(data={"language": language(), "words": words}, key="pronunciation_language")


def masthead(title: str, intro: str) -> None:
    """The page's title with the switch of language beside it."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="masthead"):
        st.title(t(title), anchor=False, width="content")
        st.session_state["language_switch"] = language()
        st.segmented_control(
            t("language.label"),
            texts.LANGUAGES,
            format_func=lambda code: texts.text("language.name", code),
            key="language_switch",
            on_change=lambda: st.session_state.update(language=st.session_state["language_switch"]),
            required=True,
            label_visibility="collapsed",
        )
    st.markdown(t(intro))


def draw(blocks: Sequence[prose.Block], key: str, *, spoken: str = "", scroll: bool = False) -> int | None:
    """Draw text; give the number of the source that was clicked in it, if any."""
    data = {"blocks": list(blocks), "language": spoken or language(), "scroll": scroll}
    result = _PROSE(data=data, key=key, on_open_change=lambda: None)
    return int(result.open) if result.open else None


def copy_button(words: str, key: str, label: str = "copy.label") -> None:
    """A button that puts words on the clipboard and says so."""
    _COPY(data={"text": words, "label": t(label), "done": t("copy.done"), "failed": t("copy.failed")}, key=key, width="content")


@contextmanager
def one_sentence() -> Iterator[None]:
    """Failures that were foreseen become one sentence on the page."""
    try:
        yield
    except CoachError as error:
        say(error)


def say(error: CoachError, names: Mapping[str, str] | None = None) -> None:
    """One foreseen failure: what kind it is, and what to do; `names` says what the form calls its fields."""
    known = texts.texts(language())
    lead = next((known[f"error.{kind.__name__}"] for kind in type(error).__mro__ if f"error.{kind.__name__}" in known), "")
    words = failures.told(str(error), language(), names)
    if words.partition(" ")[0].isalpha():  # a clause, and not the name of a file
        words = words[:1].upper() + words[1:]
    st.error(f"{lead} {prose.safe_markdown(words)}", icon=":material/error:")


def ready() -> None:
    """See that there is an index of the folders; read them first, once for all sessions, where there is not."""
    if coach().needs_sync():
        sync(t("sync.first"))


def sync(label: str) -> SyncReport | None:
    """Read the folders and follow how far it is; give the report."""
    job = desk().syncs.begin()
    with st.status(label, expanded=True) as status:
        bar = st.progress(0.0)
        for _ in job.follow(every=0.5):
            what, done, total = job.at
            if total:
                bar.progress(min(1.0, done / total), text=t("sync.progress", what=t(f"sync.{what}"), done=done, total=total))
            else:
                bar.progress(0.0)
        bar.empty()
        if job.fault is not None:
            raise job.fault
        if job.error is not None:
            raise job.error
        report = job.report
        if report is not None:
            done_in = t("sync.done", passages=report.passages, seconds=f"{report.seconds:.0f}")
            status.update(label=done_in, state="complete", expanded=False)
    return report


def consent() -> None:
    """Before the first word goes to a model elsewhere: what would go, to whom, and the choice, which a trainer has."""
    who = person()
    disclosed = coach().disclosure(language())
    if disclosed is None or disclosed.refused or who is None or not who.trainer:
        return
    with st.container(border=True):
        st.markdown(prose.safe_paragraphs(disclosed.summary))
        st.markdown(f"**{prose.safe_markdown(disclosed.question)}**")
        with st.container(horizontal=True):
            st.button(t("consent.yes"), on_click=coach().allow, args=(True,), type="primary")
            st.button(t("consent.no"), on_click=coach().allow, args=(False,))


def show_citation(citation: Citation) -> None:
    """Open the passage that an answer quotes, marked inside its section, with the way to the whole document."""
    _dialog(citation.title, lambda: _citation(citation))


def show_guidance(reference: GuidanceRef) -> None:
    """Open the section of the handbook that a finding rests on."""
    page = coach().guidance(reference)
    _dialog(page.title, lambda: _section(page, reference.heading))


def _dialog(title: str, body: Callable[[], None]) -> None:
    def guarded() -> None:
        with one_sentence():
            body()

    st.dialog(prose.safe_markdown(title), width="medium")(guarded)()


def _citation(citation: Citation) -> None:
    mark = prose.Mark(citation.start, citation.end, "source", label=t("source.quoted"))
    try:
        page: Reading | None = coach().document(citation.document)
    except CoachError:
        page = None  # the file was removed; what was quoted is still shown
    part = page.part_at(citation.start) if page else None
    if page is None or part is None or not _stands(page, citation):
        st.warning(t("source.changed"), icon=":material/history:")
        draw(prose.message(citation.quote, []), "source_quote")
        return
    st.caption(prose.safe_markdown(citation.document))
    whole = st.toggle(t("source.whole"), key="source_whole")
    if not whole:
        if part.title:
            st.subheader(prose.safe_markdown(part.title), anchor=False)
        draw(prose.section(part.passages, [mark]), "source_section", spoken=page.language, scroll=True)
    else:
        _whole(page, [mark])


def _section(page: Reading, heading: str) -> None:
    part = page.part_named(heading)
    st.caption(prose.safe_markdown(page.document))
    whole = st.toggle(t("source.whole"), key="guidance_whole", value=part is None)
    if part is not None and not whole:
        st.subheader(prose.safe_markdown(part.title), anchor=False)
        draw(prose.section(part.passages, []), "guidance_section", spoken=page.language)
    else:
        _whole(page, [])


def _whole(page: Reading, marks: Iterable[prose.Mark]) -> None:
    blocks: list[prose.Block] = []
    for part in page.parts:
        if part.title:
            blocks.append(prose.heading(part.title))
        blocks += prose.section(part.passages, marks)
    draw(blocks, "source_document", spoken=page.language, scroll=True)


def _stands(page: Reading, citation: Citation) -> bool:
    """Whether the quoted words still stand where they stood."""
    inside = next(
        (one for part in page.parts for one in part.passages if one.start <= citation.start and citation.end <= one.end), None
    )
    return inside is not None and inside.text[citation.start - inside.start : citation.end - inside.start] == citation.quote


def numbered(findings: Sequence[Finding]) -> list[prose.Mark]:
    """The findings as marks in the text, numbered in its order."""
    return [
        prose.Mark(one.start, one.end, one.severity, f"[{n}]", t("check.mark", n=n, rule=t(f"rule.{one.rule}")))
        for n, one in enumerate(findings, start=1)
        if one.end > one.start
    ]
