"""Cases as a spreadsheet and back, with nothing lost: XLSX with a sheet a suite, or CSV with everything in one table.

A cell with several things has one on each line; within a line, parts are separated by ` | `, and `-` is a part left out.
A line break, a bar or a backslash in a part is written as `\\n`, `\\|` and `\\\\`. An empty cell means that the key is left
out; a text of nothing is written as `\\e`. Cells that a spreadsheet would take for a formula begin with an apostrophe
in CSV.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path
from typing import Any, get_args

from coach import CoachError, Language
from evals.cases import KINDS_OF_CASE, SUITES, Case, CaseSet, Suite
from evals.edit import CaseFiles
from evals.mistakes import CaseError, Mistake, nearest
from evals.records import write_text
from evals.wordings import texts

HEAD = ("suite", "language", "file")
HEADS_OF_CASES = ("suite", "language", "id")
LONGEST_CELL = 32_767  # characters, of a spreadsheet
_LANGUAGES: tuple[Language, ...] = get_args(Language)
# How a key that holds more than one text stands in a cell: the parts of each line, `*` for the rest of the parts.
_LINES: Mapping[str, tuple[str, ...]] = {
    "key_points": ("id", "level", "*say"),
    "must_not_say": ("why", "*say"),
    "bad": ("say", "why"),
    "flaws": ("rule", "quote"),
    "document": ("name", "text"),
}
_LEFT_OUT = "\0"  # what `-` in the place of a part is read as
_WHOLE = re.compile(r"(\d+)(?:[.,]0+)?")  # a number without a part, however a spreadsheet shows it
_LISTS = ("sources", "blanks")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def export_cases(cases: CaseSet, path: Path, language: Language = "nl") -> None:
    """Write the cases to an XLSX or a CSV file. Raises `CoachError` for another suffix, or a text too long for a cell."""
    if path.suffix.lower() == ".csv":
        columns = (*HEAD, *dict.fromkeys(name for suite in SUITES for name in columns_of(suite)))
        stream = io.StringIO()
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows({key: guarded(value) for key, value in row_of(case, cases).items()} for case in cases.cases)
        write_text("\ufeff" + stream.getvalue(), path)
        return
    _check_suffix(path, language)
    _write_workbook(cases, path, language)


def _write_workbook(cases: CaseSet, path: Path, language: Language) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    book = Workbook(write_only=True)
    for suite in SUITES:
        sheet = book.create_sheet(suite)
        sheet.freeze_panes = "D2"
        columns = (*HEAD, *columns_of(suite))
        for number, _ in enumerate(columns):
            sheet.column_dimensions[_letters(number)].width = 14 if number < len(HEAD) else 36
        heads = []
        for column in columns:
            head = WriteOnlyCell(sheet, column)
            head.font = Font(bold=True)
            heads.append(head)
        sheet.append(heads)
        for case in cases.cases:
            if case.suite != suite:
                continue
            row = row_of(case, cases)
            cells = []
            for column in columns:
                text = row.get(column, "")
                if len(text) > LONGEST_CELL:
                    raise CoachError(texts(language)("sheet.too-long", id=case.id, column=column, count=len(text)))
                cell = WriteOnlyCell(sheet, text)
                cell.data_type = "s"  # a text that begins with = is no formula
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                cells.append(cell if text else None)
            sheet.append(cells)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)
    except OSError as error:
        raise CoachError(texts(language)("sheet.unwritable", path=path, why=error.strerror)) from None


@dataclass(frozen=True)
class Row:
    """A row with something in it, as texts by the heads of their columns; `file` and `number` say where a reader finds it."""

    file: str
    number: int
    cells: Mapping[str, str]

    def mistake(self, message: str, suggestion: str) -> Mistake:
        """A mistake in this row."""
        return Mistake(self.file, self.number, message, suggestion, self.cells.get("id", ""))


def import_cases(path: Path, folder: Path | None, cases: CaseSet, language: Language = "nl") -> tuple[int, int, int]:
    """Put the rows of a sheet into the case files: how many were added, changed, and left as they were.

    Cases without a row stay, and so do keys without a column. Raises `CaseError` with every mistake, told by its row in the
    sheet, and `CoachError` for a file that cannot be read.
    """
    added = changed = same = 0
    files = CaseFiles(folder, language)
    rows: dict[str, Row] = {}
    mistakes: list[Mistake] = []
    for row in read_rows(path, language, HEADS_OF_CASES):
        before = cases.named(row.cells.get("id", "").strip())
        wrong = [*_doubled(row, rows, language), *_moved(row, before, cases, language)]
        try:
            suite, spoken, file, values = case_of(row, language) if not wrong else (SUITES[0], "nl", "", {})
        except CaseError as error:
            wrong = list(error.mistakes)
        if wrong:
            mistakes += wrong
            continue
        rows[values["id"]] = row
        if before is None:
            files.add(suite, spoken, values, file or None)
            added += 1
            continue
        old = {key: value for key, value in before.to_dict().items() if key in row.cells}
        if _told(old) == _told(values):
            same += 1
            continue
        files.edit(before.id, {**dict.fromkeys(set(old) - set(values)), **values})
        changed += 1
    if mistakes:
        raise CaseError(mistakes, language)
    if added or changed:
        try:
            files.save(language)
        except CaseError as error:
            raise CaseError([_in_sheet(each, rows) for each in error.mistakes], language) from None
    return added, changed, same


def _doubled(row: Row, rows: Mapping[str, Row], language: Language) -> Iterator[Mistake]:
    say, identifier = texts(language), row.cells.get("id", "").strip()
    if identifier in rows:
        place = f"{rows[identifier].file}:{rows[identifier].number}"
        yield row.mistake(say("mistake.double-id", id=identifier, place=place), say("suggest.double-id"))


def _moved(row: Row, before: Case | None, cases: CaseSet, language: Language) -> Iterator[Mistake]:
    """A case stays where it is: what says otherwise would be passed over, or leave its comments behind."""
    if before is None:
        return
    say = texts(language)
    stands = {"suite": before.suite, "language": before.language, "file": cases.places[before.id][0]}
    for key, old in stands.items():
        given = row.cells.get(key, "").strip()
        if given and given != old:
            yield row.mistake(say("sheet.moved", key=key, value=given), say("suggest.moved", old=old))


def _in_sheet(mistake: Mistake, rows: Mapping[str, Row]) -> Mistake:
    """A mistake told where its author made it: in the sheet rather than in the file that would be written."""
    row = rows.get(mistake.case)
    return replace(mistake, file=row.file, line=row.number) if row else mistake


def read_table(path: Path, language: Language = "nl") -> list[dict[str, str]]:
    """The rows of a CSV file or of all sheets of an XLSX file, by the heads of their columns; every cell as text.

    Raises `CoachError` for a file that cannot be read.
    """
    return [dict(row.cells) for row in read_rows(path, language)]


def read_rows(path: Path, language: Language = "nl", heads: Collection[str] = ()) -> list[Row]:
    """The same, with where each row stands. Of several sheets, those without any of `heads` are passed over.

    Raises `CoachError` for a file that cannot be read.
    """
    say = texts(language)
    try:
        grids = {path.name: _csv_grid(path)} if path.suffix.lower() == ".csv" else _workbook_grids(path, language)
    except OSError as error:
        raise CoachError(say("sheet.unreadable", path=path, why=error.strerror)) from None
    except UnicodeDecodeError:
        raise CoachError(say("sheet.encoding", path=path)) from None
    except csv.Error as error:
        raise CoachError(say("sheet.unreadable", path=path, why=error)) from None
    named = {name: (_heads(grid[0] if grid else ()), grid[1:]) for name, grid in grids.items()}
    ours = {name: both for name, both in named.items() if not heads or set(heads) & set(both[0])}
    missing = [head for head in heads if not any(head in found for found, _ in ours.values())]
    if missing:
        raise CoachError(say("sheet.columns", path=path, columns=", ".join(missing)))
    return [row for name, (found, grid) in ours.items() for row in _rows(name, found, grid)]


def _heads(cells: Sequence[str]) -> list[str]:
    """The heads of columns, whatever their case; a column without one, or with that of another, goes by its letter."""
    heads: list[str] = []
    for number, cell in enumerate(cells):
        head = cell.strip().lower()
        heads.append(head if head and head not in heads else _letters(number))
    return heads


def _rows(file: str, heads: Sequence[str], grid: Iterable[Sequence[str]]) -> Iterator[Row]:
    for number, cells in enumerate(grid, 2):
        if any(cell.strip() for cell in cells):
            named = (*heads, *map(_letters, range(len(heads), len(cells))))
            yield Row(file, number, dict(zip(named, cells, strict=False)))


def _csv_grid(path: Path) -> list[list[str]]:
    text = path.read_bytes().decode("utf-8-sig")
    first = text.split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    return [[_freed(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]


def _workbook_grids(path: Path, language: Language) -> dict[str, list[list[str]]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _check_suffix(path, language)
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError) as error:
        raise CoachError(texts(language)("sheet.no-xlsx", path=path, why=error)) from None
    grids = {
        f"{path.name} ({sheet.title})": [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
        for sheet in book.worksheets
    }
    book.close()
    return grids


def _text(value: Any) -> str:
    """A cell as a person reads it, whatever the spreadsheet made of it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return "" if value is None else str(value).replace("_x000D_", "")  # how a workbook writes a carriage return


def _check_suffix(path: Path, language: Language = "nl") -> None:
    if path.suffix.lower() != ".xlsx":
        raise CoachError(texts(language)("sheet.suffix", name=path.name))


# ------------------------------------------------------------------------------------------------ rows


def columns_of(suite: Suite) -> tuple[str, ...]:
    """The keys of a suite's cases, in the order of the schema."""
    names = [name for name in KINDS_OF_CASE[suite].model_fields if name not in ("suite", "language")]
    return ("id", *(name for name in names if name != "id"))


def row_of(case: Case, cases: CaseSet) -> dict[str, str]:
    """A case as cells."""
    file = cases.places[case.id][0] if case.id in cases.places else ""
    return {"suite": case.suite, "language": case.language, "file": file} | {
        key: _cell(key, value) for key, value in case.to_dict().items()
    }


def case_of(row: Row, language: Language) -> tuple[Suite, Language, str, dict[str, Any]]:
    """Suite, language, file and keys of a row. Raises `CaseError` for a row that cannot be a case."""
    say, cells = texts(language), row.cells
    given, spoken = cells.get("suite", "").strip(), cells.get("language", "").strip()
    suite = next((name for name in SUITES if name == given), None)
    tongue = next((name for name in _LANGUAGES if name == spoken), None)
    file = cells.get("file", "").strip()
    wrong = []
    if suite is None:
        wrong.append(row.mistake(say("mistake.choice", key="suite", value=given), nearest(given, SUITES, language)))
    if tongue is None:
        wrong.append(row.mistake(say("mistake.choice", key="language", value=spoken), nearest(spoken, _LANGUAGES, language)))
    if not cells.get("id", "").strip():
        wrong.append(row.mistake(say("mistake.missing-key", key="id"), say("suggest.empty", key="id")))
    if file and (Path(file).name != file or not file.endswith(".yaml")):
        wrong.append(row.mistake(say("sheet.file", file=file), say("suggest.file")))
    known = columns_of(suite) if suite else ()
    for key, cell in cells.items():
        if suite and cell.strip() and key not in (*known, *HEAD):
            wrong.append(row.mistake(say("sheet.column", column=key), nearest(key, known, language)))
    if suite is None or tongue is None or wrong:
        raise CaseError(wrong, language)
    return suite, tongue, file, {key: _uncell(key, cells[key]) for key in known if cells.get(key, "").strip()}


def _cell(key: str, value: Any) -> str:
    if key in _LINES:
        entries = [value] if isinstance(value, Mapping) else value
        return "\n".join(" | ".join(_parts(entry, _LINES[key])) for entry in entries) or "\\e"
    if key == "rubric":
        return "\n".join(" | ".join(_rubric_parts(entry)) for entry in value)
    if key == "fields":
        return "\n".join(f"{_escaped(name)} | {_escaped(text)}" for name, text in value.items()) or "\\e"
    if key == "must_say":
        return "\n".join(" | ".join(map(_escaped, group)) for group in value) or "\\e"
    if key in _LISTS:
        return "\n".join(map(_escaped, value)) or "\\e"
    return _escaped(str(value), "\n|") if value is not None else ""


def _parts(entry: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    parts = []
    for name in names:
        if name.startswith("*"):
            parts += [_escaped(text) for text in entry.get(name[1:], ())]
        else:
            parts.append(_escaped(str(entry[name])) if name in entry else "-")
    return parts


def _rubric_parts(entry: Mapping[str, Any]) -> list[str]:
    way = "say" if "say" in entry else "not_say"
    return [_escaped(entry["id"]), entry.get("level", "-"), way, *map(_escaped, entry.get(way, ()))]


def _uncell(key: str, cell: str) -> Any:
    lines = [line for line in cell.replace("\r\n", "\n").split("\n") if line.strip()] if cell != "\\e" else []
    if key == "rubric":
        return [_rubric_of(_split(line)) for line in lines]
    if key == "document":
        return _entry(_split(cell), _LINES[key])
    if key in _LINES:
        return [_entry(_split(line), _LINES[key]) for line in lines]
    if key == "fields":
        return dict([*parts, ""][:2] for parts in map(_split, lines))
    if key == "must_say":
        return [_split(line) for line in lines]
    if key in _LISTS:
        return [_unescaped(line.strip()) for line in lines]
    if key == "max_words" and (whole := _WHOLE.fullmatch(cell.strip())):
        return int(whole[1])
    return _unescaped(cell.replace("\r\n", "\n").strip(" "))  # spaces that are meant are written as \\s


def _entry(parts: list[str], names: Sequence[str]) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    for number, name in enumerate(names):
        if name.startswith("*"):
            entry[name[1:]] = parts[number:]
        elif number < len(parts) and parts[number] != _LEFT_OUT:
            entry[name] = parts[number]
    return entry


def _rubric_of(parts: list[str]) -> dict[str, Any]:
    identifier, level, way, *says = [*parts, _LEFT_OUT, "say"][: max(3, len(parts))]
    return {"id": identifier} | ({} if level == _LEFT_OUT else {"level": level}) | {way: says}


def _split(line: str) -> list[str]:
    """The parts of a line; a bar with a backslash before it is part of a text."""
    parts, current, escaped = [], "", False
    for sign in line:
        if escaped:
            current += "\\" + sign
            escaped = False
        elif sign == "\\":
            escaped = True
        elif sign == "|":
            parts.append(current)
            current = ""
        else:
            current += sign
    parts.append(current + "\\" * escaped)
    while parts and not parts[-1].strip():  # a bar too many at the end
        parts.pop()
    return [_LEFT_OUT if part.strip() == "-" else _unescaped(part.strip()) for part in parts]


_SIGNS = {"\\": "\\\\", "|": "\\|", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MEANT = {"\\": "\\", "|": "|", "n": "\n", "r": "\r", "t": "\t", "e": "", "s": " ", "-": "-"}


def _escaped(text: str, plain: str = "") -> str:
    """A text that keeps white space at its ends and signs that a spreadsheet does not take; `plain` ones stay as they are."""
    if not text:
        return "\\e"
    if text == "-":
        return "\\-"
    made = "".join(sign if sign in plain else _SIGNS.get(sign) or _shown(sign) for sign in text)
    if made[0] == " ":
        made = "\\s" + made[1:]
    return made[:-1] + "\\s" if made[-1] == " " else made


def _shown(sign: str) -> str:
    return sign if sign.isprintable() else f"\\x{ord(sign):06x}"


def _unescaped(text: str) -> str:
    made, position = "", 0
    while position < len(text):
        sign = text[position]
        following = text[position + 1 : position + 2]
        if sign == "\\" and following == "x" and len(text) >= position + 8:
            made += chr(int(text[position + 2 : position + 8], 16))
            position += 8
        elif sign == "\\" and following in _MEANT and following:
            made += _MEANT[following]
            position += 2
        else:
            made += sign
            position += 1
    return made


def guarded(cell: str) -> str:
    """A cell of a CSV file that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _freed(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a case, whatever the order and the kind of its lists."""

    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: plain(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        return str(value)

    return {key: plain(value) for key, value in values.items()}


def _letters(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else chr(ord("A") + number // 26 - 1) + chr(ord("A") + number % 26)
