"""Cases as a spreadsheet and back, with nothing lost: XLSX with a sheet a suite, or CSV with everything in one table.

A cell with several things has one on each line; within a line, parts are separated by ` | `, and `-` is a part left out.
A line break, a bar or a backslash in a part is written as `\\n`, `\\|` and `\\\\`. An empty cell means that the key is left
out; a text of nothing is written as `\\e`. Cells that a spreadsheet would take for a formula begin with an apostrophe
in CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from coach import CoachError, Language
from evals.cases import KINDS_OF_CASE, SUITES, Case, CaseSet, Suite
from evals.edit import CaseFiles
from evals.records import write_text
from evals.wordings import texts

HEAD = ("suite", "language", "file")
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
_LISTS = ("sources", "blanks")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def export_cases(cases: CaseSet, path: Path) -> None:
    """Write the cases to an XLSX or a CSV file. Raises `CoachError` for another suffix, or a text too long for a cell."""
    if path.suffix.lower() == ".csv":
        columns = (*HEAD, *dict.fromkeys(name for suite in SUITES for name in columns_of(suite)))
        stream = io.StringIO()
        writer = csv.DictWriter(stream, columns, restval="")
        writer.writeheader()
        writer.writerows({key: guarded(value) for key, value in row_of(case, cases).items()} for case in cases.cases)
        write_text("\ufeff" + stream.getvalue(), path)
        return
    _check_suffix(path)
    _write_workbook(cases, path)


def _write_workbook(cases: CaseSet, path: Path) -> None:
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
                    raise CoachError(f"{case.id}: {column} has {len(text):,} characters, more than a cell holds; export to CSV.")
                cell = WriteOnlyCell(sheet, text)
                cell.data_type = "s"  # a text that begins with = is no formula
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                cells.append(cell if text else None)
            sheet.append(cells)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)
    except OSError as error:
        raise CoachError(f"{path} cannot be written ({error.strerror}); close it elsewhere, or choose another place.") from None


def import_cases(path: Path, folder: Path | None, cases: CaseSet, language: Language = "nl") -> tuple[int, int, int]:
    """Put the rows of a sheet into the case files: how many were added, changed, and left as they were.

    Cases without a row stay. Raises `CaseError` with what would be wrong, and `CoachError` for a file that cannot be read.
    """
    added = changed = same = 0
    files = CaseFiles(folder)
    for number, row in enumerate(read_table(path), 2):
        suite, spoken, file, values = case_of(row, f"{path.name}:{number}", language)
        before = cases.named(str(values.get("id", "")))
        if before is None:
            files.add(suite, spoken, values, file or None)
            added += 1
            continue
        old = before.to_dict()
        if _told(old) == _told(values):
            same += 1
            continue
        files.edit(before.id, {**dict.fromkeys(set(old) - set(values)), **values})
        changed += 1
    if added or changed:
        files.save(language)
    return added, changed, same


def read_table(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file or of all sheets of an XLSX file, by the names in their first row; every cell as text.

    Raises `CoachError` for a file that cannot be read.
    """
    try:
        if path.suffix.lower() == ".csv":
            text = path.read_bytes().decode("utf-8-sig")
            delimiter = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
            found = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
            return [{key: _freed(value or "") for key, value in row.items() if key} for row in found]
        _check_suffix(path)
        return list(_workbook_rows(path))
    except OSError as error:
        raise CoachError(f"{path} cannot be read ({error.strerror}); name an XLSX or CSV file.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise CoachError(f"{path} cannot be read ({error}); save it as CSV in UTF-8, or as XLSX.") from None


def _workbook_rows(path: Path) -> Iterable[dict[str, str]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError) as error:
        raise CoachError(f"{path} is no XLSX file ({error}); save it from the spreadsheet again.") from None
    for sheet in book.worksheets:
        rows = sheet.iter_rows(values_only=True)
        names = [str(name or "") for name in next(rows, ())]
        for row in rows:
            texts_of = ["" if value is None else str(value) for value in row]
            if any(texts_of):
                yield {name: text for name, text in zip(names, texts_of, strict=False) if name}
    book.close()


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() != ".xlsx":
        raise CoachError(f"{path.name}: the format {path.suffix or '(none)'} is not known; use .xlsx or .csv.")


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


def case_of(row: Mapping[str, str], where: str, language: Language) -> tuple[Suite, Language, str, dict[str, Any]]:
    """Suite, language, file and keys of a row of cells. Raises `CoachError` for a suite or a language that does not exist."""
    given, spoken = row.get("suite", "").strip(), row.get("language", "").strip()
    suite = next((name for name in SUITES if name == given), None)
    tongue = next((name for name in _LANGUAGES if name == spoken), None)
    if suite is None or tongue is None:
        raise CoachError(texts(language)("sheet.head", where=where, suites=", ".join(SUITES)))
    known = columns_of(suite)
    strange = [key for key, cell in row.items() if cell and key not in known and key not in HEAD]
    if strange:
        raise CoachError(f"{where}: {texts(language)('mistake.unknown-key', key=strange[0])}")
    file = row.get("file", "").strip()
    if file and (Path(file).name != file or not file.endswith(".yaml")):
        raise CoachError(texts(language)("sheet.file", where=where, file=file))
    return suite, tongue, file, {key: _uncell(key, row[key]) for key in known if row.get(key)}


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
    return int(cell) if key == "max_words" and cell.strip().isdigit() else _unescaped(cell.replace("\r\n", "\n"))


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
    return [_LEFT_OUT if part.strip() == "-" else _unescaped(part.strip()) for part in (*parts, current + "\\" * escaped)]


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
