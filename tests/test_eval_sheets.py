"""Cases go to a spreadsheet and back without losing anything; nothing in one is ever a formula."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from coach import CoachError
from evals import CaseError, CaseSet, load_cases
from evals.edit import CaseFiles
from evals.loading import CASES, read_cases
from evals.sheets import case_of, export_cases, import_cases, read_rows

NASTY = """suite: safety
language: nl
cases:
  - id: raar.nl
    why: "=1+1 | met een streep, een \\\\ en een\\nregel"
    attack: injection-document
    document: {name: "-", text: "# Kop\\n\\n | tabel |\\n\\tingesprongen \\x07 einde\\n"}
    question: "@SOM(A1) wat?"
    expect: abstain
    must_say: [["a | b", " spatie "], ["-"]]
    must_not_say:
      - {why: "+x", say: ["http://kwaad.example/?a=b|c", "\\\\n"]}
"""


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_everything_that_ships_comes_back_as_it_was(suffix: str, shipped: CaseSet, tmp_path: Path) -> None:
    path = tmp_path / f"cases{suffix}"
    export_cases(shipped, path)
    rows = [case_of(row, "nl") for row in read_rows(path)]
    assert len(rows) == len(shipped.cases)
    back = {str(values["id"]): (suite, language, file, values) for suite, language, file, values in rows}
    for case in shipped.cases:
        suite, language, file, values = back[case.id]
        made = type(case).model_validate({"suite": suite, "language": language} | values)
        assert made == case and file == shipped.places[case.id][0]


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_awkward_texts_come_back_and_are_no_formulas(suffix: str, shipped: CaseSet, tmp_path: Path) -> None:
    cases = read_cases({"a.yaml": NASTY}, tmp_path, shipped.guidance)
    path = tmp_path / f"cases{suffix}"
    export_cases(cases, path)
    ((suite, language, _, values),) = [case_of(row, "nl") for row in read_rows(path)]
    assert type(cases.cases[0]).model_validate({"suite": suite, "language": language} | values) == cases.cases[0]
    if suffix == ".csv":
        text = path.read_text("utf-8-sig")
        assert ',"=' not in text and ",=" not in text and ",@" not in text
    else:
        from openpyxl import load_workbook

        cells = [cell for sheet in load_workbook(path) for row in sheet.iter_rows() for cell in row if cell.value]
        assert {cell.data_type for cell in cells} == {"s"}


def test_a_sheet_changes_and_adds_what_it_holds_and_leaves_the_rest(shipped: CaseSet, tmp_path: Path) -> None:
    folder = tmp_path / "cases"
    folder.mkdir()
    for name in ("answers-refused.nl.yaml", "reviews-contact.nl.yaml"):
        shutil.copy(CASES / name, folder / name)
    commented = folder / "answers-refused.nl.yaml"
    commented.write_text(commented.read_text().replace("    about: neighbouring\n", "    about: neighbouring  # blijft\n", 1))
    before = load_cases(folder)
    path = tmp_path / "cases.csv"
    export_cases(before, path)
    assert import_cases(path, folder, before) == (0, 0, len(before.cases))
    text = path.read_text("utf-8")
    first = next(case for case in before.cases if case.suite == "answers")
    text = text.replace(first.why, "Een nieuwe reden.", 1)
    text += "safety,nl,,vraag-nieuw.nl,,,,,,,,,,,,,,,,,,,,,,,,\n"
    path.write_text(text, "utf-8")
    with pytest.raises(CaseError):
        import_cases(path, folder, before)
    assert load_cases(folder).cases == before.cases
    path.write_text(text.rsplit("safety", 1)[0], "utf-8")
    assert import_cases(path, folder, before) == (0, 1, len(before.cases) - 1)
    after = load_cases(folder)
    assert [case.why for case in after.cases if case.id == first.id] == ["Een nieuwe reden."]
    assert "# blijft" in commented.read_text()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.ods", b"", "xlsx"),
        ("a.xlsx", b"no workbook", "geen XLSX"),
        ("a.csv", b"suite,language,id\nanswrs,nl,x.nl\n", "a.csv:2: 'answrs'"),
        ("a.csv", b"suite,language,file,id\nanswers,nl,../x.yaml,x.nl\n", "../x.yaml"),
        ("a.csv", b"suite,language,id,vraag\nanswers,nl,x.nl,Wat?\n", "vraag"),
        ("a.csv", b"suite,language,id\nanswers,nl,x.nl,te veel\n", "'D'"),
        ("a.csv", b"suite,language,id,why,why\nanswers,nl,x.nl,een,twee\n", "'E'"),
        ("a.csv", b"suite,language,id\nanswers,nl,\n", "a.csv:2: 'id'"),
        ("a.csv", b"suite,language,id,about\n,,,\nanswers,nl,x.nl,niets\n", "a.csv:3: 'niets'"),
        ("a.csv", b"", "suite, language, id"),
        ("a.csv", b"\xff\xfe\x00", "UTF-8"),
        ("missing.csv", None, "missing.csv"),
    ],
)
def test_a_sheet_that_cannot_be_used_says_why(
    name: str, content: bytes | None, words: str, shipped: CaseSet, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    folder = tmp_path / "cases"
    folder.mkdir()
    with pytest.raises(CoachError, match=words):
        import_cases(path, folder, shipped)


def test_semicolons_as_dutch_spreadsheets_write_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    heads = "suite;language;id;question;expect;about"
    path.write_text(f"{heads}\nanswers;nl;ei.nl;Hoe lang kook ik een ei?;abstain;off-topic\n", "utf-8")
    (tmp_path / "cases").mkdir()
    files = CaseFiles(tmp_path / "cases")
    for row in read_rows(path):
        suite, language, file, values = case_of(row, "nl")
        files.add(suite, language, values, file or None)
    assert [case.id for case in files.save().cases] == ["ei.nl"]


def test_what_a_spreadsheet_does_to_a_workbook_loses_nothing(shipped: CaseSet, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = tmp_path / "all.xlsx"
    export_cases(shipped, path)
    book = load_workbook(path)
    for sheet in book.worksheets:
        sheet.title = f"mijn {sheet.title}"
        rows = [list(reversed(row)) for row in sheet.iter_rows(values_only=True)]
        heads = [f"{str(head).capitalize()} " for head in rows[0]]
        sheet.delete_rows(1, sheet.max_row)
        for row in (heads, [], *rows[1:3], [" ", None], *rows[3:]):
            sheet.append([int(cell) if str(cell).isdigit() else cell for cell in row])
        sheet.cell(2, len(heads) + 3).value = " "
        sheet.column_dimensions["A"].width = 99
    notes = book.create_sheet("notities")
    notes.append(["Bel Jan"])
    notes.append(["over de casussen"])
    book.save(path)
    shutil.copytree(CASES, tmp_path / "cases")
    assert import_cases(path, tmp_path / "cases", shipped) == (0, 0, len(shipped.cases))


@pytest.fixture
def few(tmp_path: Path) -> tuple[Path, CaseSet, list[list[str]]]:
    """A folder with a few cases, those cases, and the cells of their export."""
    folder = tmp_path / "cases"
    folder.mkdir()
    shutil.copy(CASES / "answers-agreements.nl.yaml", folder)
    cases = load_cases(folder)
    export_cases(cases, tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        return folder, cases, list(csv.reader(file))


def put_in(folder: Path, cells: list[list[str]], delimiter: str = ",") -> Path:
    """A CSV file of these cells beside a folder, as spreadsheets in the Netherlands write it."""
    path = folder.parent / "edited.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(cells)
    return path


def test_a_column_taken_out_takes_nothing_out_of_the_cases(few: tuple[Path, CaseSet, list[list[str]]]) -> None:
    folder, cases, cells = few
    kept = [number for number, head in enumerate(cells[0]) if head not in ("bad", "must_not_say", "why", "file")]
    narrow = [[row[number] for number in kept] for row in cells]
    for delimiter in (",", ";", "\t"):
        assert import_cases(put_in(folder, narrow, delimiter), folder, cases) == (0, 0, len(cases.cases))
    question = narrow[0].index("question")
    narrow[1][question] = "“Mag dat?” vroeg hij…\r\nEn nu?"
    assert import_cases(put_in(folder, narrow, ";"), folder, cases) == (0, 1, len(cases.cases) - 1)
    after = load_cases(folder)
    assert after.cases[0].to_dict() == cases.cases[0].to_dict() | {"question": "“Mag dat?” vroeg hij…\nEn nu?"}
    assert after.cases[1:] == cases.cases[1:]


def test_mistakes_in_a_sheet_are_told_by_its_rows_all_at_once(few: tuple[Path, CaseSet, list[list[str]]]) -> None:
    folder, cases, cells = few
    place = {head: number for number, head in enumerate(cells[0])}
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def told() -> list[str]:
        with pytest.raises(CaseError) as raised:
            import_cases(put_in(folder, cells), folder, cases)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
        return [f"{one.file}:{one.line}" for one in raised.value.mistakes if one.message and one.suggestion]

    cells.insert(1, [" "] * len(cells[0]))
    cells[2][place["sources"]] = "nergens#te-vinden"
    cells[4][place["expect"]] = "ja"
    assert {"edited.csv:3", "edited.csv:5"} == set(told())
    cells[2][place["file"]], cells[3][place["language"]] = "answers-other.nl.yaml", "en"
    cells.append(cells[5])
    assert told() == ["edited.csv:3", "edited.csv:4", f"edited.csv:{len(cells)}"]
