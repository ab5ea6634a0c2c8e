"""What a page knows of whoever looks at it: their language, who they are, and the one coach of this process."""

from __future__ import annotations

import gc
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import streamlit as st

from coach import Coach, CoachError, Language
from ui import texts
from ui.answering import Answers, Evaluations, Syncs


@dataclass(frozen=True)
class Desk:
    """What all sessions share: the coach, and the answers, the sync and the run of cases that are on their way."""

    coach: Coach
    answers: Answers
    syncs: Syncs
    evaluations: Evaluations


@dataclass(frozen=True)
class Person:
    """Who looks. `owner` keeps their conversations apart; it is empty for the one local user, who is a trainer too."""

    name: str
    owner: str
    trainer: bool


@st.cache_resource(show_spinner=False)
def desk() -> Desk:
    """The one desk of this process."""
    coach = Coach()
    threading.Thread(target=_warm_up, args=(coach,), name="warm up", daemon=True).start()
    return Desk(coach, Answers(coach), Syncs(coach), Evaluations(coach))


def _warm_up(coach: Coach) -> None:
    """Load the embedder and the index while the first page is being read.

    Streamlit walks through every object in memory at the end of each run of the script (`gc.collect(2)`), which took four
    fifths of all its time. What is loaded by now stays for good, so the collector is told to pass it over.
    """
    with suppress(CoachError):  # which the page will meet and say
        coach.ask("mentor")
    gc.collect()
    gc.freeze()


def coach() -> Coach:
    """The one coach of this process; safe to share between sessions."""
    return desk().coach


def language() -> Language:
    """The language of the page: as chosen, else as the address says, else the browser's."""
    if "language" not in st.session_state:
        asked = st.query_params.get("lang", "")
        spoken = (st.context.locale or "")[:2].lower()
        st.session_state["language"] = next((one for one in (asked, spoken) if one in texts.LANGUAGES), "en")
    return cast(Language, st.session_state["language"])


def t(key: str, /, **values: object) -> str:
    """A text of the page in its language."""
    return texts.text(key, language(), **values)


def login_is_configured() -> bool:
    """Whether people must say who they are: `.streamlit/secrets.toml` has a part `[auth]`."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def person() -> Person | None:
    """Who looks; nobody yet where people must log in and this one has not."""
    if not login_is_configured():
        return Person("", "", trainer=True)
    return person_of(dict(st.user), coach().settings.trainers)


def person_of(claims: dict[str, object], trainers: tuple[str, ...]) -> Person | None:
    """Who a login says somebody is: trainers are those whose verified address is in COACH_TRAINERS."""
    if not claims.get("is_logged_in"):
        return None
    address = str(claims.get("email") or "").lower()
    verified = claims.get("email_verified", True) not in (False, "false")
    owner = f"{claims.get('iss', '')}|{claims.get('sub') or address}"
    return Person(str(claims.get("name") or address), owner, trainer=verified and address in trainers)
