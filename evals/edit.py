"""A case changed in, or added to, its YAML file: only the lines of that case are written anew, so comments and layout stay.

Nothing is written unless the whole set of cases is still right afterwards.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coach import CoachError, Language, load_settings
from evals.cases import CaseSet, Suite
from evals.guidance import read_guidance
from evals.loading import CASES, read_cases
from evals.records import write_text
from evals.tree import read_tree

_OWN = "own"  # the group of a file that is made for cases added without naming one
_FOLD = 80  # texts longer than this are written over several lines


def edit_case(folder: Path | None, identifier: str, changes: Mapping[str, Any], language: Language = "nl") -> CaseSet:
    """Change keys of a case; a value of None removes the key. Returns the cases as they are then.

    Raises `CaseError` with what would be wrong afterwards (nothing is written then), `CoachError` for an id that is not there.
    """
    folder = folder or CASES
    files = _files(folder)
    for name, text in files.items():
        number = _place(text, identifier)
        if number is not None:
            return _write(folder, files, name, _edited(text, number, changes), language)
    raise CoachError(f"There is no case {identifier!r} in {folder}.")


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
    folder = folder or CASES
    files = _files(folder)
    name = file or f"{suite}-{_OWN}.{spoken}.yaml"
    text = files.get(name) or f"suite: {suite}\nlanguage: {spoken}\ncases:\n"
    return _write(folder, files, name, text.rstrip("\n") + "\n" + _indented(case), language)


def remove_case(folder: Path | None, identifier: str, language: Language = "nl") -> CaseSet:
    """Remove a case. Returns the cases as they are then. Raises `CoachError` for an id that is not there."""
    folder = folder or CASES
    files = _files(folder)
    for name, text in files.items():
        number = _place(text, identifier)
        if number is not None:
            lines = text.splitlines(keepends=True)
            start, end = _span(text, number)
            return _write(folder, files, name, "".join([*lines[:start], *lines[end:]]), language)
    raise CoachError(f"There is no case {identifier!r} in {folder}.")


def _files(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise CoachError(f"{folder} is not a folder; make it, or name another with --cases.")
    return {path.name: path.read_text("utf-8", "replace") for path in sorted(folder.glob("*.yaml"))}


def _write(folder: Path, files: Mapping[str, str], name: str, text: str, language: Language) -> CaseSet:
    checked = read_cases({**files, name: text}, folder, read_guidance(load_settings()), language)
    write_text(text, folder / name)
    return checked


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
    plain = all(sign.isprintable() or sign == "\n" for sign in value)
    if "\n" in value and plain and not value[:1].isspace() and not any(line.endswith(" ") for line in value.splitlines()):
        return LiteralScalarString(value)
    return (
        value
        if value.replace("-", "").replace(".", "").isalnum() and not value.isdigit() and value.isascii() and len(value) < 40
        else DoubleQuotedScalarString(value)
    )


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
