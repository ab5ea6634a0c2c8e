"""A case changed in, or added to, its YAML file: only the lines of that case are written anew, so comments and layout stay.

Nothing is written unless the whole set of cases is still right afterwards.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coach import CoachError, Language, load_settings
from evals.cases import CaseSet, Suite
from evals.guidance import read_guidance
from evals.loading import CASES, read_cases, read_files
from evals.records import write_text
from evals.tree import read_tree

_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off)$)[A-Za-z][A-Za-z0-9_.-]{0,38}", re.IGNORECASE)  # needs no quotes
_OWN = "own"  # the group of a file that is made for cases added without naming one


class CaseFiles:
    """The case files of a folder, changed in memory and saved together.

    Raises `CoachError` where there is no folder, and `CaseError` for files that cannot be read.
    """

    def __init__(self, folder: Path | None, language: Language = "nl") -> None:
        self.folder = folder or CASES
        if not self.folder.is_dir():
            raise CoachError(f"{self.folder} is not a folder; make it, or name another with --cases.")
        self.texts = read_files(self.folder, language)
        self._changed: set[str] = set()

    def edit(self, identifier: str, changes: Mapping[str, Any]) -> None:
        """Change keys of a case; a value of None removes the key."""
        name, number = self._find(identifier)
        self._put(name, _edited(self.texts[name], number, changes))

    def remove(self, identifier: str) -> None:
        """Remove a case."""
        name, number = self._find(identifier)
        lines = self.texts[name].splitlines(keepends=True)
        start, end = _span(self.texts[name], number)
        self._put(name, "".join([*lines[:start], *lines[end:]]))

    def add(self, suite: Suite, spoken: Language, case: Mapping[str, Any], file: str | None = None) -> None:
        """Add a case at the end of a file (by default `<suite>-own.<language>.yaml`), which is made if need be."""
        name = file or f"{suite}-{_OWN}.{spoken}.yaml"
        text = self.texts.get(name) or f"suite: {suite}\nlanguage: {spoken}\ncases:\n"
        self._put(name, text.rstrip("\n") + "\n" + _indented(case))

    def save(self, language: Language = "nl") -> CaseSet:
        """Write what changed, if all cases are right then, and return them. Raises `CaseError` with what would be wrong."""
        checked = read_cases(self.texts, self.folder, read_guidance(load_settings()), language)
        for name in sorted(self._changed):
            write_text(self.texts[name], self.folder / name)
        self._changed.clear()
        return checked

    def _put(self, name: str, text: str) -> None:
        self.texts[name] = text
        self._changed.add(name)

    def _find(self, identifier: str) -> tuple[str, int]:
        for name, text in self.texts.items():
            if identifier in text and (number := _place(text, identifier)) is not None:
                return name, number
        raise CoachError(f"There is no case {identifier!r} in {self.folder}.")


def edit_case(folder: Path | None, identifier: str, changes: Mapping[str, Any], language: Language = "nl") -> CaseSet:
    """Change keys of a case; a value of None removes the key. Returns the cases as they are then.

    Raises `CaseError` with what would be wrong afterwards (nothing is written then), `CoachError` for an id that is not there.
    """
    files = CaseFiles(folder, language)
    files.edit(identifier, changes)
    return files.save(language)


def add_case(
    folder: Path | None,
    suite: Suite,
    spoken: Language,
    case: Mapping[str, Any],
    file: str | None = None,
    language: Language = "nl",
) -> CaseSet:
    """Add a case to a file (by default `<suite>-own.<language>.yaml`, made if need be). Returns the cases as they are then.

    Raises `CaseError` with what would be wrong afterwards; nothing is written then.
    """
    files = CaseFiles(folder, language)
    files.add(suite, spoken, case, file)
    return files.save(language)


def remove_case(folder: Path | None, identifier: str, language: Language = "nl") -> CaseSet:
    """Remove a case. Returns the cases as they are then. Raises `CoachError` for an id that is not there."""
    files = CaseFiles(folder, language)
    files.remove(identifier)
    return files.save(language)


def _place(text: str, identifier: str) -> int | None:
    """Which case of a file has an id."""
    cases = (read_tree(text).value or {}).get("cases")
    if not isinstance(cases, list):
        return None
    return next((number for number, case in enumerate(cases) if isinstance(case, dict) and case.get("id") == identifier), None)


def _span(text: str, number: int) -> tuple[int, int]:
    """The lines of a case, from 0, without the comments and empty lines that stand between it and the next one."""
    tree = read_tree(text)
    lines = text.splitlines()
    start = tree.line(("cases", number)) - 1
    end = tree.lines.get(("cases", number + 1), len(lines) + 1) - 1
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return start, end


def _edited(text: str, number: int, changes: Mapping[str, Any]) -> str:
    """A file with one case changed: its lines are read with their comments, changed, and written in their place."""
    start, end = _span(text, number)
    lines = text.splitlines(keepends=True)
    yaml = _yaml()
    loaded = yaml.load("".join(lines[start:end]))
    _merge(loaded[0], changes)
    return "".join([*lines[:start], _dumped(loaded), *lines[end:]])


def _merge(node: Any, changes: Mapping[str, Any]) -> None:
    """Put values into a node, leaving what is equal, and with it its quotes and comments, alone."""
    for key, value in changes.items():
        if value is None:
            node.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(node.get(key), Mapping):
            gone = {name: None for name in node[key] if name not in value}
            _merge(node[key], {**value, **gone})
        elif isinstance(value, list | tuple) and isinstance(node.get(key), list):
            _merge_list(node[key], list(value))
        elif str(node.get(key)) != str(value):
            node[key] = _styled(value)


def _merge_list(node: Any, values: list[Any]) -> None:
    del node[len(values) :]
    for number, value in enumerate(values):
        if number >= len(node):
            node.append(_styled(value))
        elif isinstance(value, Mapping) and isinstance(node[number], Mapping):
            gone = {name: None for name in node[number] if name not in value}
            _merge(node[number], {**value, **gone})
        elif isinstance(value, list | tuple) and isinstance(node[number], list):
            _merge_list(node[number], list(value))
        elif str(node[number]) != str(value):
            node[number] = _styled(value)


def _styled(value: Any) -> Any:
    """A value as people would write it: a long text over lines, any other text between quotation marks where YAML needs them."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if isinstance(value, Mapping):
        return CommentedMap((key, _styled(each)) for key, each in value.items())
    if isinstance(value, list | tuple):
        made = CommentedSeq(_styled(each) for each in value)
        if all(isinstance(each, str) and len(each) < 40 for each in value):
            made.fa.set_flow_style()
        return made
    if not isinstance(value, str):
        return value
    if "\n" in value and _fits_a_block(value):
        return LiteralScalarString(value)
    return value if _PLAIN.fullmatch(value) else DoubleQuotedScalarString(value)


def _fits_a_block(text: str) -> bool:
    """Whether a text can stand in a block of lines and be read back as it was."""
    printable = all(sign.isprintable() or sign == "\n" for sign in text)
    return printable and not text[0].isspace() and not any(line != line.rstrip() for line in text.split("\n"))


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 140
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _dumped(value: Any) -> str:
    stream = io.StringIO()
    _yaml().dump(value, stream)
    return stream.getvalue()


def _indented(case: Mapping[str, Any]) -> str:
    from ruamel.yaml.comments import CommentedSeq

    return _dumped(CommentedSeq([_styled(dict(case))]))
