"""The invitation for a conversation: an iCalendar file (RFC 5545) from the fields of `session_agenda`."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Mapping
from typing import Any

from coach.drafts.compose import language_of
from coach.drafts.dates import meeting
from coach.drafts.framing import lines, numbered
from coach.drafts.kinds import kind_named
from coach.drafts.phrasing import phrasing
from coach.drafts.values import clean
from coach.errors import DraftError
from coach.records import Language

KIND = "session_agenda"

_EMAIL = re.compile(r"[^\s@<>\"',;:()\[\]\\]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\Z")


def invitation(fields: Mapping[str, str], *, language: Language | None = None, now: datetime.datetime | None = None) -> bytes:
    """The file, with the rules of the time zone in it, for the fields of a session agenda.

    With the addresses of both it is a request that the reader can accept, else an event to put in a calendar. `language` is
    that of its title (default: that of the words filled in); `now` (default: this moment) is when it was made. Raises
    `DraftError` naming the field that is missing or wrong.
    """
    from icalendar import Calendar, Event

    kind = kind_named(KIND)
    values = clean(kind, fields)
    language = language or language_of(kind, values)
    when = meeting(values["date"], values["time"], values["duration"], values["timezone"])
    people = [(values[name], values[f"{name}_email"]) for name in ("sender", "recipient")]
    addresses = [_address(values[name], name) for name in ("sender_email", "recipient_email")]
    asked = all(addresses)
    calendar: Any = Calendar()
    event: Any = Event()
    calendar.add("prodid", "-//mentoring-coach//mentoring-coach//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST" if asked else "PUBLISH")
    event.add("uid", f"{uuid.uuid4()}@mentoring-coach")
    event.add("dtstamp", (now or datetime.datetime.now(datetime.UTC)).astimezone(datetime.UTC))
    event.add("dtstart", when.start)
    event.add("dtend", when.end)
    event.add("summary", _title(language, [name for name, _ in people if name]))
    texts = {"description": numbered(lines(values["points"])), "location": values["place"]}
    for name, text in texts.items():
        if text:
            event.add(name, text)
    if asked:
        event.add("organizer", _person(*people[0]))
        event.add("attendee", _person(*people[1], reply=True))
    calendar.add_component(event)
    near = datetime.timedelta(days=400)  # the rules of other years would make up most of the file
    calendar.add_missing_timezones(first_date=(when.start - near).date(), last_date=(when.start + near).date())
    return bytes(calendar.to_ical())


def _title(language: Language, names: list[str]) -> str:
    data = phrasing(language)
    return data.calendar.summary.format(names=f" {data.both} ".join(names)).strip()


def _person(name: str, address: str, reply: bool = False) -> Any:
    from icalendar import vCalAddress, vText

    person = vCalAddress(f"mailto:{address}")
    if name:  # a quotation mark cannot stand in a parameter (RFC 5545, 3.2)
        person.params["CN"] = vText(name.replace('"', "'"))
    if reply:
        person.params.update({"ROLE": vText("REQ-PARTICIPANT"), "PARTSTAT": vText("NEEDS-ACTION"), "RSVP": vText("TRUE")})
    return person


def _address(words: str, field: str) -> bool:
    """Whether there is an address. Raises `DraftError` for words that are none."""
    if words and not _EMAIL.match(words):
        raise DraftError(f"The field '{field}' is '{words}', which is no email address; write it as name@example.org.")
    return bool(words)
