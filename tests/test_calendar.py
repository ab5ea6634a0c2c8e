"""The invitation is valid iCalendar, in the right time zone, and cannot be broken open by what is filled in."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from icalendar import Calendar

from coach.drafts.calendar import invitation
from coach.errors import DraftError

FIELDS = {
    "recipient": "Marieke de Vries",
    "sender": "Samira Haddou",
    "points": "mijn presentatie; een lastige collega",
    "date": "2026-12-03",
    "time": "16.00 uur",
    "duration": "45 minuten",
    "timezone": "Europe/Amsterdam",
    "place": "https://meet.example.org/x",
}
BOTH = FIELDS | {"sender_email": "samira@example.org", "recipient_email": "marieke@example.org"}


def event_of(fields: dict[str, str]) -> tuple[Any, Any]:
    calendar = Calendar.from_ical(invitation(fields))
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def test_an_invitation_holds_the_moment_with_its_zone() -> None:
    calendar, event = event_of(FIELDS)
    assert calendar["VERSION"] == "2.0" and calendar["METHOD"] == "PUBLISH" and calendar["PRODID"]
    assert event["UID"] and event["DTSTAMP"].dt.utcoffset() == datetime.timedelta(0)
    assert event["DTSTART"].params["TZID"] == "Europe/Amsterdam"
    assert event["DTSTART"].dt.isoformat() == "2026-12-03T16:00:00+01:00"
    assert event["DTEND"].dt.isoformat() == "2026-12-03T16:45:00+01:00"
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Amsterdam"]
    assert str(event["SUMMARY"]) == "Mentorgesprek Samira Haddou en Marieke de Vries"
    assert str(event["DESCRIPTION"]) == "1. Mijn presentatie\n2. Een lastige collega"
    assert str(event["LOCATION"]) == "https://meet.example.org/x"
    assert "ATTENDEE" not in event


def test_with_both_addresses_the_reader_can_accept() -> None:
    calendar, event = event_of(BOTH)
    assert calendar["METHOD"] == "REQUEST"
    assert str(event["ORGANIZER"]) == "mailto:samira@example.org"
    assert str(event["ATTENDEE"]) == "mailto:marieke@example.org"
    assert event["ATTENDEE"].params["RSVP"] == "TRUE" and event["ATTENDEE"].params["CN"] == "Marieke de Vries"


@pytest.mark.parametrize(
    ("date", "zone", "offset"),
    [
        ("2026-07-01", "Amsterdam", 2),
        ("2026-12-01", "Amsterdam", 1),
        ("2026-07-01", "Asia/Kolkata", 5.5),
        ("2026-07-01", "UTC", 0),
    ],
)
def test_summer_time_is_that_of_the_zone(date: str, zone: str, offset: float) -> None:
    _, event = event_of(FIELDS | {"date": date, "timezone": zone})
    assert event["DTSTART"].dt.utcoffset() == datetime.timedelta(hours=offset)


def test_half_an_hour_unless_told_otherwise() -> None:
    _, event = event_of(FIELDS | {"duration": ""})
    assert event["DTEND"].dt - event["DTSTART"].dt == datetime.timedelta(minutes=30)


@pytest.mark.parametrize("value", ["a; b\nATTENDEE:mailto:x@example.org", "komma, punt; \\n \\, {{ 7*7 }}", 'een "quote'])
def test_what_is_filled_in_stays_text(value: str) -> None:
    _, event = event_of(FIELDS | {"points": value})
    assert "ATTENDEE" not in event
    assert value.replace("\n", ";").split(";")[0].strip()[1:] in str(event["DESCRIPTION"])
    _, event = event_of(BOTH | {"recipient": 'Jan "de; Man": X'})
    assert event["ATTENDEE"].params["CN"] == "Jan 'de; Man': X"


def test_long_lines_are_folded_and_come_back_whole() -> None:
    points = "; ".join(f"punt {number} met een é en een uitleg die lang doorgaat" for number in range(40))
    raw = invitation(FIELDS | {"points": points})
    assert max(len(line) for line in raw.split(b"\r\n")) <= 75
    assert b"\n" not in raw.replace(b"\r\n", b"")
    _, event = event_of(FIELDS | {"points": points})
    assert str(event["DESCRIPTION"]).count("\n") == 39


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"recipient_email": "marieke"}, "The field 'recipient_email' is 'marieke', which is no email address"),
        ({"sender_email": "a@b.nl, c@d.nl"}, "The field 'sender_email'"),
        ({"sender_email": "a@b.nl\nATTENDEE:x"}, "The field 'sender_email' is one line"),
        ({"timezone": ""}, "An invitation needs the field 'timezone'"),
        ({"zone": "x"}, "has no field 'zone'"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(fields: dict[str, str], said: str) -> None:
    with pytest.raises(DraftError, match=said):
        invitation(FIELDS | fields)


def test_the_title_is_in_the_language_asked_for() -> None:
    raw = invitation(FIELDS, language="en")
    assert b"SUMMARY:Mentoring conversation Samira Haddou and Marieke de Vries" in raw
