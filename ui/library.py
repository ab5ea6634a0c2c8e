"""Library: the guidance by topic, what was read in each file, and a trainer's own files."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from coach import CoachError, Reading, ShelfFile, SyncReport, data_folder
from ui import prose
from ui.failures import told
from ui.parts import draw, masthead, one_sentence, ready, say, sync
from ui.session import coach, language, t

SUFFIXES = ("md", "markdown", "txt", "html", "htm", "docx", "pptx", "pdf", "eml")
LARGEST = 50  # megabytes
SHOWN = 6  # versions that were set aside


def page() -> None:
    """Draw the page."""
    masthead("library.title", "library.intro")
    ready()
    files = coach().files()
    _state(files)
    browse, own = st.tabs([t("library.browse"), t("library.manage")])
    with browse, one_sentence():
        _browse(files)
    with own, one_sentence():
        _manage(files)


def _state(files: Sequence[ShelfFile]) -> None:
    """How much was read, what was not, and whether the folders have changed since."""
    read = [file for file in files if not file.reason]
    waiting = coach().sync(dry_run=True)
    changes = waiting.added + waiting.changed + waiting.removed + waiting.moved
    st.markdown(
        t(
            "library.state",
            files=len(read),
            topics=len({file.topic for file in read}),
            passages=sum(file.passages for file in read),
        )
    )
    if waiting.failed:
        with st.container(border=True):
            st.markdown(f"**{t('library.failed', count=len(waiting.failed))}**")
            for failure in waiting.failed:
                st.markdown(f"- {prose.safe_markdown(failure.path)}: {prose.safe_markdown(told(failure.reason, language()))}")
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(t("library.sync"), icon=":material/sync:", type="primary" if changes else "secondary"):
            _sync()
        st.caption(t("library.waiting", count=changes) if changes else t("library.current"))
    _report()


def _sync() -> None:
    st.session_state["sync_report"] = sync(t("sync.again"))
    st.rerun()


def _report() -> None:
    """What the last sync of this session did."""
    report: SyncReport | None = st.session_state.pop("sync_report", None)
    if report is None:
        return
    counts = {"added": report.added, "changed": report.changed, "removed": report.removed, "moved": report.moved}
    said = ", ".join(t(f"report.{name}", count=count) for name, count in counts.items() if count)
    st.success(t("report.done", what=said or t("report.nothing"), passages=report.passages), icon=":material/check_circle:")


def _browse(files: Sequence[ShelfFile]) -> None:
    """A topic in both languages: its sections, and each passage with the place it comes from."""
    found: dict[str, list[ShelfFile]] = defaultdict(list)
    for file in files:
        if not file.reason:
            found[file.topic].append(file)
    # in the language of the page first
    topics = {topic: sorted(own, key=lambda one: (one.language != language(), one.path)) for topic, own in found.items()}
    if not topics:
        st.info(t("library.nothing"), icon=":material/menu_book:")
        return
    names = {topic: " / ".join(file.title for file in own) for topic, own in topics.items()}
    topic = st.selectbox(
        t("library.topic"), sorted(names, key=lambda one: names[one].lower()), format_func=names.__getitem__, key="topic",
        persist_state="session",
    )  # fmt: skip
    own = topics[topic]
    file = own[0]
    if len(own) > 1:
        path = st.segmented_control(
            t("library.file"), [one.path for one in own], default=own[0].path, required=True, key=f"file_{topic}_{language()}"
        )
        file = next(one for one in own if one.path == path)
    shipped = Path(file.folder) == data_folder("knowledge")
    folder = t("library.handbook") if shipped else prose.safe_markdown(file.folder)
    st.caption(t("library.place", path=prose.safe_markdown(file.path), folder=folder, count=file.passages))
    _reading(coach().document(file.path), "browse")
    with st.expander(t("library.all", count=len(files)), icon=":material/list:"):
        st.table(
            {
                t("library.column.title"): [prose.safe_markdown(one.title) for one in files],
                t("library.column.path"): [prose.safe_markdown(one.path) for one in files],
                t("library.column.passages"): [one.passages for one in files],
                t("library.column.state"): [_reason(one) or t("library.read") for one in files],
            },
            hide_index=True,
        )


def _reason(file: ShelfFile) -> str:
    """Why a file was not read, if it was not."""
    return prose.safe_markdown(told(file.reason, language()))


def _reading(page: Reading, key: str) -> None:
    """A document by section; each passage on its own, since that is what is searched and quoted."""
    for number, part in enumerate(page.parts):
        with st.expander(t("library.section", title=prose.safe_markdown(part.title or page.title), count=len(part.passages))):
            for place, passage in enumerate(part.passages):
                where = t("library.passage", n=place + 1, start=passage.start, end=passage.end)
                if passage.page is not None:
                    where += " " + t("library.page", page=passage.page)
                st.caption(where)
                draw(prose.section([passage], []), f"{key}_{number}_{place}", spoken=page.language)
            asked = part.passages[0].asked if part.passages else ()
            if asked:
                st.caption(t("library.asked", questions=prose.safe_markdown(" | ".join(asked))))


def _manage(files: Sequence[ShelfFile]) -> None:
    shelf = coach().shelf
    st.markdown(t("library.own", folder=prose.safe_markdown(str(shelf.own))))
    _add()
    own = [file for file in files if file.own]
    if own:
        st.header(t("library.yours"), anchor=False)
    for number, file in enumerate(own):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            state = t("library.count", count=file.passages) if not file.reason else _reason(file)
            st.markdown(f"**{prose.safe_markdown(file.path)}** · {state}", width="content")
            st.button(t("library.remove"), key=f"remove_{number}", on_click=_remove, args=(file.path,), icon=":material/delete:")
    if st.session_state.pop("sync_now", False):
        _sync()
    kept = shelf.set_aside()
    if kept:
        with st.expander(t("library.aside", count=len(kept)), icon=":material/history:"):
            st.caption(t("library.aside.why"))
            for number, one in enumerate(kept[:SHOWN]):
                with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.when))
                    st.markdown(f"{prose.safe_markdown(one.path)} · {when}", width="content")
                    if st.button(t("library.back"), key=f"back_{number}", icon=":material/undo:"):
                        shelf.put_back(one)
                        coach().watch_own_folder()
                        _sync()


def _remove(path: str) -> None:
    try:
        coach().shelf.remove(path)
    except CoachError as error:
        st.session_state["manage_error"] = error
    else:
        st.session_state["sync_now"] = True


def _add() -> None:
    """Look at a file before it counts: what the loader reads in it and which passages come of it."""
    if error := st.session_state.pop("manage_error", None):
        say(error)
    uploaded = st.file_uploader(
        t("library.upload"), type=list(SUFFIXES), key=f"upload_{st.session_state.get('uploads', 0)}", max_upload_size=LARGEST
    )
    if uploaded is None:
        return
    name = st.text_input(t("library.name"), value=uploaded.name, help=t("library.name.help"))
    data = uploaded.getvalue()
    try:
        reading = coach().shelf.preview(name, data)
        there = coach().shelf.exists(name)
    except CoachError as error:
        say(error)
        st.caption(t("library.unchanged"))
        return
    passages = sum(len(part.passages) for part in reading.parts)
    spoken = t(f"library.language.{reading.language}")
    st.markdown(
        t(
            "library.preview",
            title=prose.safe_markdown(reading.title),
            language=spoken,
            sections=len(reading.parts),
            count=passages,
        )
    )
    _reading(reading, "preview")
    if there:
        st.warning(t("library.there"), icon=":material/swap_horiz:")
    if st.button(t("library.replace") if there else t("library.add"), type="primary", icon=":material/upload:"):
        coach().add_file(name, data, replace=there)
        st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1
        _sync()
