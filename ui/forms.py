"""What somebody has filled in on Write and Check outlives a reload.

Their own tab keeps it, until it is closed: nothing of it stands in the address or on the disk of the coach, and neither another
tab nor another person in the same one sees it.
"""

from __future__ import annotations

import hashlib
import re
import secrets

import streamlit as st

from ui.parts import component
from ui.session import person

_TYPED = r"field_\w+|check_(?:text|subject)"
_CHOSEN = r"(?:write|check)_(?:audience|kind_\w+|channel_\w+)|variant_\w+|style_\w+|check_model"
_NAMES = re.compile(f"{_TYPED}|{_CHOSEN}")
_KEY = "kept_forms"
_FORMS = component("forms", "<span></span>")


def keep() -> None:
    """Give the tab what is filled in now, or take back what it kept from before a reload; called when the page is drawn."""
    who = person()
    _FORMS(
        data={
            "forms": {str(key): value for key, value in st.session_state.items() if _kept(key, value) and value},
            "session": st.session_state.setdefault("forms_session", secrets.token_hex(8)),
            "restored": st.session_state.get("forms_restored", False),
            "owner": hashlib.sha256(who.owner.encode()).hexdigest()[:16] if who and who.owner else "",
            "typed": _TYPED,
        },
        key=_KEY,
        on_forms_change=_take_back,
    )


def _take_back() -> None:
    kept = st.session_state[_KEY].forms or {}
    st.session_state["forms_restored"] = True
    for key, value in kept.items():
        if _kept(key, value):
            st.session_state[key] = value


def _kept(key: object, value: object) -> bool:
    return isinstance(key, str) and isinstance(value, str) and _NAMES.fullmatch(key) is not None
