"""Ask: a conversation with answers that stand in the guidance, each source one click away."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from coach import Answer, Exchange, Rating, to_docx, to_markdown
from ui import prose
from ui.answering import Answering
from ui.parts import consent, copy_button, draw, masthead, ready, say, show_citation
from ui.session import coach, desk, language, person, t

USERS = ("mentee", "mentor", "trainer")
EXAMPLES = 3  # for each of them
LISTED = 12  # earlier conversations that are offered


@dataclass(frozen=True)
class Look:
    """How an outcome is labelled."""

    icon: str
    color: Literal["green", "orange", "gray"]


LOOKS: dict[str, Look] = {
    "answered": Look(":material/check_circle:", "green"),
    "related": Look(":material/near_me:", "orange"),
    "not_covered": Look(":material/block:", "gray"),
}
_ID = re.compile(r"[0-9a-f]{8,16}")


def page() -> None:
    """Draw the page."""
    with st.container(key="narrow"):
        masthead("ask.title", "ask.intro")
        ready()
        consent()
        conversation = _conversation()
        standing = coach().history.standing(conversation)
        if not standing.exchanges and not standing.waiting:
            _examples()
        for exchange in standing.exchanges:
            _exchange(exchange)
        if standing.waiting:
            _wait(conversation, standing.waiting)
        else:
            _around(conversation, standing.exchanges)
    question = st.chat_input(t("ask.placeholder"), key="question", max_chars=2_000)
    if question:
        _ask(question)
        st.rerun()


def _conversation() -> str:
    """The conversation that the address names, if it is this person's; empty before the first question."""
    who = person()
    asked = st.query_params.get("c") or st.session_state.get("conversation", "")
    owner = who.owner if who else ""
    if not _ID.fullmatch(asked) or not coach().history.belongs(asked, owner):
        asked = ""
    _open(asked)
    return asked


def _open(conversation: str) -> None:
    st.session_state["conversation"] = conversation
    if conversation:
        st.query_params["c"] = conversation
    else:
        st.query_params.pop("c", None)


def _ask(question: str) -> None:
    """Keep the question first, then begin to answer it."""
    if not any(sign.isalnum() for sign in question):
        st.toast(t("ask.empty"))
        return
    who = person()
    conversation = st.session_state.get("conversation") or coach().history.new(who.owner if who else "")
    coach().history.wait(conversation, question)
    _open(conversation)
    desk().answers.begin(conversation, question)


def _examples() -> None:
    columns = st.columns(3, gap="medium")
    for column, user in zip(columns, USERS, strict=True):
        with column:
            st.header(t(f"ask.{user}"), anchor=False)
            for number in range(1, EXAMPLES + 1):
                example = t(f"ask.{user}.{number}")
                st.button(example, on_click=_ask, args=(example,), key=f"example_{user}_{number}", width="stretch", wrap=True)


def _exchange(exchange: Exchange) -> None:
    answer = exchange.answer
    with st.chat_message("user", avatar=":material/person:"):
        draw(prose.message(answer.question, []), f"question_{exchange.number}", spoken=answer.language)
    with st.chat_message("assistant", avatar=":material/menu_book:"):
        _outcome(answer)
        drawn = prose.answer(
            answer.answer, answer.citations, lambda one: t("ask.open", n=one.n, title=one.title, heading=one.heading)
        )
        clicked = draw(drawn, f"answer_{exchange.number}", spoken=answer.language)
        if answer.citations:
            st.caption(t("ask.sources"))
            with st.container(gap=None):
                for citation in answer.citations:
                    place = " › ".join(filter(None, (citation.title, citation.heading)))
                    label = prose.safe_markdown(f"[{citation.n}] {place}")
                    if st.button(label, key=f"source_{exchange.number}_{citation.n}", type="tertiary", wrap=True):
                        clicked = citation.n
        _rating(exchange)
    cited = next((one for one in answer.citations if one.n == clicked), None)
    if cited:
        show_citation(cited)


def _outcome(answer: Answer) -> None:
    """The three outcomes look different, in words and shape as much as in colour."""
    look = LOOKS[answer.outcome]
    with st.container(horizontal=True, gap="small"):
        st.badge(t(f"outcome.{answer.outcome}"), icon=look.icon, color=look.color)
        if answer.composer == "model":
            st.badge(t("composer.model"), icon=":material/smart_toy:", color="blue")
    if answer.notice:
        st.info(prose.safe_markdown(answer.notice), icon=":material/info:")


def _rating(exchange: Exchange) -> None:
    """Thumbs with a reason; they become draft cases on the Evals page."""
    rated = exchange.rating
    key = f"thumbs_{exchange.number}"

    def keep() -> None:
        chosen = st.session_state[key]
        reason = rated.reason if rated else ""
        coach().history.rate(exchange.number, None if chosen is None else Rating(bool(chosen), reason))

    with st.container(horizontal=True, vertical_alignment="center"):
        copy_button(to_markdown([exchange.answer], exchange.answer.question, exchange.answer.language), f"copy_{exchange.number}")
        st.feedback("thumbs", key=key, default=None if rated is None else int(rated.good), on_change=keep)
        if rated is not None:
            opener = st.popover(t("rate.changed") if rated.reason else t("rate.why"), icon=":material/edit_note:")
            with opener, st.form(f"reason_form_{exchange.number}", border=False):
                reason = st.text_area(t("rate.reason"), value=rated.reason, key=f"reason_{exchange.number}", max_chars=1_000)
                st.caption(t("rate.use"))
                if st.form_submit_button(t("rate.save"), type="primary"):
                    coach().history.rate(exchange.number, Rating(rated.good, reason.strip()))
                    st.rerun()


def _around(conversation: str, exchanges: list[Exchange]) -> None:
    """Begin another conversation, go back to an earlier one, keep this one."""
    with st.container(horizontal=True):
        if exchanges:
            st.button(t("ask.new"), on_click=_open, args=("",), icon=":material/add_comment:")
        _earlier(conversation)
        if exchanges:
            _export([exchange.answer for exchange in exchanges])


def _earlier(current: str) -> None:
    who = person()
    found = [one for one in coach().conversations(who.owner if who else "") if one.conversation != current]
    if not found:
        return
    with st.popover(t("ask.earlier"), icon=":material/history:"):
        for summary in found[:LISTED]:
            words = summary.first_question
            label = prose.safe_markdown(words if len(words) <= 60 else f"{words[:57]}…")
            key = f"earlier_{summary.conversation}"
            st.button(label, key=key, on_click=_open, args=(summary.conversation,), type="tertiary", wrap=True)


def _export(answers: list[Answer]) -> None:
    title = t("export.title")
    with st.popover(t("export.label"), icon=":material/download:"):
        st.download_button(
            t("export.markdown"),
            to_markdown(answers, title, language()),
            file_name=f"{t('export.file')}.md",
            mime="text/markdown",
            on_click="ignore",
            key="export_markdown",
        )
        st.download_button(
            t("export.word"),
            lambda: to_docx(answers, title, language()),
            file_name=f"{t('export.file')}.docx",
            mime="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            on_click="ignore",
            key="export_word",
        )


def _wait(conversation: str, question: str) -> None:
    """The question that has no answer yet, and the answer as it comes; what went wrong, with a way on."""
    with st.chat_message("user", avatar=":material/person:"):
        draw(prose.message(question, []), "question_waiting")
    job = desk().answers.last(conversation)
    if job is None or (job.done and job.question != question):
        job = desk().answers.begin(conversation, question)
    with st.chat_message("assistant", avatar=":material/menu_book:"):
        place = st.empty()
        place.markdown(f"*{t('ask.busy')}*")
        for _ in job.follow(every=0.25):
            place.markdown(prose.safe_paragraphs(job.text) if job.text else f"*{t('ask.busy')}*")
        if job.error is None and job.fault is None:
            st.rerun()
        place.empty()
        _failed(job, conversation, question)


def _failed(job: Answering, conversation: str, question: str) -> None:
    if job.fault is not None:
        desk().answers.drop(conversation)
        raise job.fault
    if job.error is not None:
        say(job.error)

    def again() -> None:
        desk().answers.drop(conversation)
        desk().answers.begin(conversation, question)

    def leave() -> None:
        desk().answers.drop(conversation)
        coach().history.drop(conversation)

    with st.container(horizontal=True):
        st.button(t("ask.again"), on_click=again, type="primary")
        st.button(t("ask.leave"), on_click=leave)
