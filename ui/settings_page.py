"""Settings and health: what is in use, what leaves the machine, what the doctor finds, and what is forgotten."""

from __future__ import annotations

import time

import streamlit as st

from coach import Health
from ui import prose
from ui.failures import told
from ui.parts import draw, masthead
from ui.session import coach, language, login_is_configured, person, t

LOOKS = {"ok": ":material/check_circle:", "warning": ":material/warning:", "problem": ":material/error:"}


def page() -> None:
    """Draw the page."""
    with st.container(key="narrow"):
        masthead("settings.title", "settings.intro")
        who = person()
        if who is None:
            return
        _in_use()
        _leaves(trainer=who.trainer)
        if who.trainer:
            _doctor()
        _forget(who.owner)
        if who.owner:
            st.header(t("settings.login"), anchor=False)
            st.markdown(t("settings.logged_in", name=prose.safe_markdown(who.name)))
            st.button(t("settings.logout"), on_click=st.logout)


def _in_use() -> None:
    settings = coach().settings
    rows = {
        "settings.model": settings.model or t("settings.no_model"),
        "settings.embedder": settings.embedder,
        "settings.folders": "\n".join(str(folder) for folder in settings.knowledge),
        "settings.home": str(settings.home),
        "settings.store": settings.chroma_url or t("settings.embedded"),
    }
    st.header(t("settings.in_use"), anchor=False)
    st.table(
        {t("settings.what"): [t(key) for key in rows], t("settings.value"): [prose.safe_markdown(row) for row in rows.values()]},
        hide_index=True,
        border="horizontal",
    )
    st.caption(t("settings.change"))


def _leaves(*, trainer: bool) -> None:
    """What leaves this machine, and the say over it."""
    st.header(t("leaves.title"), anchor=False)
    settings = coach().settings
    disclosed = coach().disclosure(language())
    elsewhere = [t("leaves.embedder")] * settings.embedder.startswith("openai:") + [t("leaves.store")] * bool(settings.chroma_url)
    allowed = bool(settings.model) and disclosed is None
    if not settings.model and not elsewhere:
        st.success(t("leaves.nothing"), icon=":material/lock:")
        return
    if elsewhere:
        st.markdown("\n".join(f"- {one}" for one in elsewhere))
    if disclosed is not None:
        st.markdown(prose.safe_paragraphs(disclosed.summary))
        st.info(t("leaves.refused"), icon=":material/lock:")
    elif allowed:
        st.markdown(t("leaves.allowed", model=prose.safe_markdown(settings.model)))
    if trainer and settings.model:
        with st.container(horizontal=True):
            if disclosed is not None:
                st.button(t("consent.yes"), on_click=coach().allow, args=(True,), type="primary")
            else:
                st.button(t("leaves.withdraw"), on_click=coach().allow, args=(False,))
    if settings.model:
        with st.expander(t("leaves.preview"), icon=":material/visibility:"):
            question = st.text_input(t("leaves.question"), key="preview_question")
            for number, one in enumerate(coach().outgoing(question) if question.strip() else ()):
                st.caption(one.role)
                draw(prose.message(one.text, []), f"outgoing_{number}")


def _doctor() -> None:
    st.header(t("doctor.title"), anchor=False)
    st.caption(t("doctor.intro"))
    if st.button(t("doctor.go"), icon=":material/stethoscope:"):
        with st.spinner(t("doctor.busy")):
            st.session_state["health"] = coach().doctor()
    health: Health | None = st.session_state.get("health")
    if health is None:
        return
    (st.success if health.well else st.error)(t("doctor.well" if health.well else "doctor.unwell"))
    for check in health.checks:
        name, detail, advice = (prose.safe_markdown(told(one, language())) for one in (check.name, check.detail, check.advice))
        way_on = f" → {advice}" if advice else ""
        st.markdown(f"{LOOKS[check.state]} **{t(f'doctor.{check.state}')}** · {name}: {detail}{way_on}")


def _forget(owner: str) -> None:
    """Conversations that are kept, each forgotten at a click; all of them after a second one."""
    st.header(t("forget.title"), anchor=False)
    st.markdown(t("forget.intro.login") if login_is_configured() else t("forget.intro"))
    found = coach().conversations(owner)
    if not found:
        st.info(t("forget.none"), icon=":material/forum:")
        return
    for summary in found:
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            when = time.strftime("%Y-%m-%d %H:%M", time.localtime(summary.last))
            st.markdown(
                f"{prose.safe_markdown(summary.first_question[:90])}  \n:gray[{when} · {t('forget.turns', count=summary.turns)}]",
                width="content",
            )
            st.button(
                t("forget.this"),
                key=f"forget_{summary.conversation}",
                on_click=_forget_these,
                args=([summary.conversation],),
                icon=":material/delete:",
            )
    sure = st.checkbox(t("forget.sure", count=len(found)), key="forget_sure")
    everything = [summary.conversation for summary in found]
    st.button(t("forget.all"), disabled=not sure, on_click=_forget_these, args=(everything,), type="primary")


def _forget_these(conversations: list[str]) -> None:
    for conversation in conversations:
        coach().forget(conversation)
    if st.session_state.get("conversation") in conversations:
        st.session_state["conversation"] = ""
        st.query_params.pop("c", None)
    st.session_state["forget_sure"] = False
    st.toast(t("forget.done", count=len(conversations)))
