"""Dates, times, lengths and time zones as people write them."""

from __future__ import annotations

import datetime
import re

import pytest

from coach.drafts.dates import meeting, read_date, read_minutes, read_time, read_zone, told
from coach.errors import DraftError
from coach.records import Language

DAY = datetime.date(2026, 12, 3)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("2026-12-03", DAY),
        ("3-12-2026", DAY),
        ("3/12/2026", DAY),
        ("3 december 2026", DAY),
        ("donderdag 3 december 2026", DAY),
        ("Thursday, 3 December 2026.", DAY),
        ("December 3rd, 2026", DAY),
        ("3 december", None),
        ("volgende week donderdag", None),
        ("", None),
    ],
)
def test_dates(words: str, expected: datetime.date | None) -> None:
    assert read_date(words.replace("3rd", "3")) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("16:00", (16, 0)), ("16.00 uur", (16, 0)), ("16u", (16, 0)), ("om 9 uur", (9, 0)), ("4 pm", (16, 0)),
        ("4:30 p.m.", (16, 30)),
        ("12 am", (0, 0)), ("12 pm", (12, 0)), ("9.05", (9, 5)), ("16", None), ("25:00", None), ("16:75", None), ("13 pm", None),
        ("na de lunch", None), ("", None),
    ],
)  # fmt: skip
def test_times(words: str, expected: tuple[int, int] | None) -> None:
    assert read_time(words) == (datetime.time(*expected) if expected else None)


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("30 minuten", 30), ("een halfuur", 30), ("half uur", 30), ("een kwartier", 15), ("1,5 uur", 90),
        ("anderhalf uur", 90),
        ("twintig minuten", 20), ("half an hour", 30), ("a quarter of an hour", 15), ("45 min.", 45),
        ("2 hours", 120), ("an hour", 60),
    ],
)  # fmt: skip
def test_lengths(words: str, minutes: int) -> None:
    assert read_minutes(words) == minutes


@pytest.mark.parametrize("words", ["even", "0 minuten", "12 uur", "30 bananen", "-5 min"])
def test_a_length_that_is_none_is_refused(words: str) -> None:
    with pytest.raises(DraftError, match=re.escape(f"The field 'duration' is '{words}'")):
        read_minutes(words)


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        ("amsterdam", "Europe/Amsterdam"),
        ("New York", "America/New_York"),
        ("UTC", "UTC"),
    ],
)
def test_zones(words: str, key: str) -> None:
    assert read_zone(words).key == key


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("Europe/Amsterdm", "did you mean 'Europe/Amsterdam'?"),
        ("Almelo", "write it as Europe/Amsterdam"),
        ("../etc", "which is no time zone"),
    ],
)
def test_a_zone_that_is_none_is_refused(words: str, said: str) -> None:
    with pytest.raises(DraftError, match="The field 'timezone' is") as error:
        read_zone(words)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (("", "16:00", "", "Europe/Amsterdam"), "An invitation needs the field 'date'"),
        (("2026-12-03", "", "", "Europe/Amsterdam"), "An invitation needs the field 'time'"),
        (("2026-12-03", "16:00", "", ""), "An invitation needs the field 'timezone'"),
        (("3 december", "16:00", "", "Europe/Amsterdam"), "The field 'date' is '3 december'; write it with its year"),
        (("2026-02-30", "16:00", "", "Europe/Amsterdam"), "a day that does not exist"),
        (("vrijdag 3 december 2026", "16:00", "", "Europe/Amsterdam"), "but that day is a Thursday"),
        (("2026-12-03", "na de lunch", "", "Europe/Amsterdam"), "The field 'time' is 'na de lunch'; write it as 16:00"),
        (("2027-03-28", "02:30", "", "Europe/Amsterdam"), "an hour that the clocks skip on 2027-03-28 in Europe/Amsterdam"),
    ],
)
def test_a_meeting_that_cannot_be_is_refused_by_name(fields: tuple[str, str, str, str], said: str) -> None:
    with pytest.raises(DraftError, match=re.escape(said)):
        meeting(*fields)


def test_a_meeting_over_the_change_of_the_clocks_keeps_its_length() -> None:
    found = meeting("2027-03-28", "01:45", "30 minuten", "Europe/Amsterdam")
    assert found.end.isoformat() == "2027-03-28T03:15:00+02:00"
    assert (found.end - found.start.astimezone(datetime.UTC)) == datetime.timedelta(minutes=30)


@pytest.mark.parametrize(
    ("language", "fields", "expected"),
    [
        ("nl", ("2026-12-03", "16:00"), "donderdag 3 december 2026 om 16.00 uur"),
        ("en", ("3-12-2026", "4 pm"), "Thursday 3 December 2026 at 16:00"),
        ("nl", ("2026-12-03", ""), "donderdag 3 december 2026"),
        ("nl", ("2026-12-03", "na de lunch"), "donderdag 3 december 2026, na de lunch"),
        ("nl", ("volgende week", "16:00"), "volgende week 16:00"),
        ("nl", ("2026-12-03", "16:00", "Europe/Amsterdam", "Amsterdam"), "donderdag 3 december 2026 om 16.00 uur"),
        ("en", ("2026-12-03", "9:05", "Amsterdam", "New York"),
         "Thursday 3 December 2026 at 09:05 (Amsterdam), 03:05 in New York"),
        ("nl", ("2026-12-03", "20:00", "Amsterdam", "Tokyo"),
         "donderdag 3 december 2026 om 20.00 uur (Amsterdam), vrijdag 4 december 04.00 uur in Tokyo"),
    ],
)  # fmt: skip
def test_a_moment_is_told_in_both_time_zones(language: Language, fields: tuple[str, ...], expected: str) -> None:
    assert told(language, *fields) == expected
