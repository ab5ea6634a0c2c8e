"""The entry that Streamlit runs: who looks, which pages they may open, and the one they are on."""

from __future__ import annotations

import logging

import streamlit as st

from ui import ask, check, evals_page, forms, library, settings_page, write
from ui.parts import ICON, dress, masthead, one_sentence
from ui.session import language, person, t

EVERYONE = {
    "ask": (ask.page, ":material/forum:"),
    "write": (write.page, ":material/edit:"),
    "check": (check.page, ":material/spellcheck:"),
}
TRAINERS = {
    "library": (library.page, ":material/menu_book:"),
    "evals": (evals_page.page, ":material/fact_check:"),
}
SETTINGS = {"settings": (settings_page.page, ":material/settings:")}


def main() -> None:
    """Draw the page."""
    st.set_page_config(page_title=t("product"), page_icon=str(ICON), layout="wide", initial_sidebar_state="collapsed")
    st.query_params["lang"] = language()
    st.logo(str(ICON), size="large")
    dress()
    kept = st.container(height=1, border=False, key="forms")  # what it holds is made last and stands where it does not move
    try:
        _page()
        with kept:
            forms.keep()
    except Exception:
        logging.getLogger(__name__).exception("the page failed")
        st.error(t("error.unforeseen"), icon=":material/error:")


def _page() -> None:
    with one_sentence():
        who = person()
        if who is None:
            _login()
            return
        shown = {**EVERYONE, **(TRAINERS if who.trainer else {}), **SETTINGS}
        pages = {
            name: st.Page(page, title=t(f"{name}.nav"), icon=icon, url_path=name, default=name == "ask")
            for name, (page, icon) in shown.items()
        }
        st.session_state["pages"] = pages
        st.navigation(list(pages.values()), position="top").run()


def _login() -> None:
    st.navigation([st.Page(lambda: None, title=t("product"))], position="hidden").run()
    masthead("product", "login.intro")
    st.button(t("login.button"), on_click=st.login, type="primary", icon=":material/login:")


main()
