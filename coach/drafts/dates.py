"""When a conversation is: dates, times, lengths and time zones as people write them, and as a message tells them.

Nothing is guessed: a day without a year or an hour that the clocks skip is refused by the name of its field.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from coach.drafts.phrasing import CalendarWords, phrasing
from coach.errors import DraftError
from coach.files import did_you_mean
from coach.languages import LANGUAGES
from coach.records import Language

# A conversation of half an hour is what the handbook suggests (keeping-it-going#rhythm).
USUAL_MINUTES = 30
LONGEST_MINUTES = 8 * 60

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})\Z")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})\Z")
_CLOCK = re.compile(r"(?:om |at )?(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.|uur|u|h)?\.?\Z")


@dataclass(frozen=True)
class Meeting:
    """A conversation: start and end with their time zone."""

    start: datetime.datetime
    end: datetime.datetime


def read_date(words: str) -> datetime.date | None:
    """A day from `2026-12-03`, `3-12-2026` (day first) or `(donderdag) 3 december 2026` in either language; else None.

    Raises `DraftError` for a day that does not exist or falls on another weekday than it says.
    """
    words = words.strip().rstrip(".")
    if match := _ISO.match(words):
        return _day(words, int(match[1]), int(match[2]), int(match[3]))
    if match := _DAY_FIRST.match(words):
        return _day(words, int(match[3]), int(match[2]), int(match[1]))
    parts = re.findall(r"[^\W\d_]+|\d+", words.lower())
    months = {name.lower(): number for language in LANGUAGES for number, name in enumerate(_words(language).months, 1)}
    weekdays = {name.lower(): number for language in LANGUAGES for number, name in enumerate(_words(language).weekdays)}
    named = [months[part] for part in parts if part in months]
    days = [int(part) for part in parts if part.isdecimal() and len(part) <= 2]
    years = [int(part) for part in parts if part.isdecimal() and len(part) == 4]
    if not (len(named) == len(days) == len(years) == 1):
        return None
    found = _day(words, years[0], named[0], days[0])
    said = [weekdays[part] for part in parts if part in weekdays]
    if said and said[0] != found.weekday():
        real = _words("en").weekdays[found.weekday()]
        raise DraftError(f"The field 'date' is '{words}', but that day is a {real}; mend the day or the weekday.")
    return found


def read_time(words: str) -> datetime.time | None:
    """A time of day from `16:00`, `16.00 uur`, `16u` or `4 pm`; else None."""
    match = _CLOCK.match(words.strip().lower())
    if not match or not (match[2] or match[3]):  # a bare number is no time of day
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), match[3] or ""
    if half[:1] in ("a", "p"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    if hour > 23 or minute > 59:
        return None
    return datetime.time(hour, minute)


def read_minutes(words: str) -> int:
    """A length in minutes from `30 minuten`, `een halfuur`, `1,5 uur`, `half an hour`, `twenty minutes`. Raises `DraftError`."""
    said = " ".join(words.lower().split()).rstrip(".")
    for data in (_words(language) for language in LANGUAGES):
        if said in data.minutes:
            return data.minutes[said]
        match = re.match(r"(\d+(?:[.,]\d+)?|[a-zë-]+)\s*([a-z]+)\Z", said)
        if not match:
            continue
        number = data.numbers.get(match[1]) or (float(match[1].replace(",", ".")) if match[1][0].isdigit() else 0)
        unit = 1 if match[2] in data.minute_words else 60 if match[2] in data.hour_words else 0
        if 0 < number * unit <= LONGEST_MINUTES:
            return round(number * unit)
    raise DraftError(f"The field 'duration' is '{words}'; write it in minutes, for instance 30 minutes.")


def read_zone(words: str, field: str = "timezone") -> ZoneInfo:
    """A time zone from `Europe/Amsterdam` or from its city. Raises `DraftError` that names the nearest one."""
    said = words.strip().replace(" ", "_")
    name = _zones().get(said.lower())
    if name is None:
        known = sorted(_zones().values())
        hint = did_you_mean(said, known) if "/" in said or len(said) > 3 else "."
        hint = hint if "did you mean" in hint else "; write it as Europe/Amsterdam or Asia/Kolkata."
        raise DraftError(f"The field '{field}' is '{words}', which is no time zone{hint}")
    return ZoneInfo(name)


def meeting(date: str, time: str, duration: str, timezone: str) -> Meeting:
    """A conversation from the fields as they were typed. Raises `DraftError` naming the field that is missing or wrong."""
    for name, value, sample in (
        ("date", date, "2026-12-03"),
        ("time", time, "16:00"),
        ("timezone", timezone, "Europe/Amsterdam"),
    ):
        if not value.strip():
            raise DraftError(f"An invitation needs the field '{name}', for instance {sample}.")
    zone, day, clock = read_zone(timezone), read_date(date), read_time(time)
    if day is None:
        raise DraftError(f"The field 'date' is '{date}'; write it with its year, for instance 2026-12-03.")
    if clock is None:
        raise DraftError(f"The field 'time' is '{time}'; write it as 16:00 or 4 pm.")
    start = datetime.datetime.combine(day, clock, zone)
    if start.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None) != start.replace(tzinfo=None):
        raise DraftError(
            f"The field 'time' is '{time}', an hour that the clocks skip on {start:%Y-%m-%d} in {zone.key}; choose another."
        )
    minutes = read_minutes(duration) if duration.strip() else USUAL_MINUTES
    end = (start.astimezone(datetime.UTC) + datetime.timedelta(minutes=minutes)).astimezone(zone)
    return Meeting(start, end)


def told(language: Language, date: str, time: str, timezone: str = "", reader_timezone: str = "") -> str:
    """The moment in words, in both time zones where they differ; words that are no date or time stand as they were typed.

    Raises `DraftError` for a time zone that does not exist.
    """
    data = _words(language)
    zone = read_zone(timezone) if timezone else None
    other = read_zone(reader_timezone, "reader_timezone") if reader_timezone else None
    day, clock = read_date(date), read_time(time)
    if day is None:
        return " ".join(part for part in (date, time) if part)
    shown = data.day.format(weekday=data.weekdays[day.weekday()], day=day.day, month=data.months[day.month - 1], year=day.year)
    if clock is None:
        return f"{shown}, {time}" if time else shown
    here = data.at.format(day=shown, clock=data.clock.format(hour=clock.hour, minute=clock.minute))
    if zone is None or other is None or zone.key == other.key:
        return here
    there = datetime.datetime.combine(day, clock, zone).astimezone(other)
    there_told = data.clock.format(hour=there.hour, minute=there.minute)
    if there.date() != day:
        said = data.day_in_zone.format(weekday=data.weekdays[there.weekday()], day=there.day, month=data.months[there.month - 1])
        there_told = said + there_told
    return data.zones.format(told=here, zone=_city(zone), other_told=there_told, other=_city(other))


def _day(words: str, year: int, month: int, day: int) -> datetime.date:
    try:
        return datetime.date(year, month, day)
    except ValueError:
        raise DraftError(f"The field 'date' is '{words}', a day that does not exist; write it as 2026-12-03.") from None


def _words(language: Language) -> CalendarWords:
    return phrasing(language).calendar


@cache
def _zones() -> Mapping[str, str]:
    """Zones by their name and by their city, in lower case; a city that several zones have is not among them."""
    names = [name for name in available_timezones() if "/" in name or name == "UTC"]
    cities: dict[str, list[str]] = {}
    for name in names:
        if not name.startswith(("Etc/", "posix/", "right/")):
            cities.setdefault(name.rsplit("/", 1)[-1].lower(), []).append(name)
    return {city: found[0] for city, found in cities.items() if len(found) == 1} | {name.lower(): name for name in names}


def _city(zone: ZoneInfo) -> str:
    return zone.key.rsplit("/", 1)[-1].replace("_", " ")
