"""Case files into cases: every mistake of every file at once, each with its line and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from coach import Language, Settings, load_settings
from evals.cases import KINDS_OF_CASE, SUITES, AnswerCase, Case, CaseSet, Suite
from evals.checks import check
from evals.guidance import Guidance, read_guidance
from evals.mistakes import CaseError, Mistake, nearest, of_schema
from evals.tree import Place, Tree, read_tree
from evals.wordings import texts

_MISNAMED = re.compile(r"([^.].*)\.(?:yml|ya?ml\.txt|YA?ML)")
_ELSEWHERE = 5  # sources named and none of them there: the cases are about other guidance, and no slip of the pen
CASES = Path(__file__).resolve().parent / "cases"
_LANGUAGES: tuple[Language, ...] = get_args(Language)


def load_cases(folder: Path | None = None, language: Language = "nl", settings: Settings | None = None) -> CaseSet:
    """The cases in the YAML files of a folder (by default those that come with the coach), checked against the guidance.

    Raises `CaseError` with all mistakes, told in `language`.
    """
    folder = folder or CASES
    guidance = read_guidance(settings or load_settings())
    if not folder.is_dir():
        missing = Mistake(str(folder), 1, texts(language)("mistake.no-folder"), texts(language)("suggest.no-folder"))
        raise CaseError([missing], language)
    return read_cases(read_files(folder, language), folder, guidance, language)


def read_files(folder: Path, language: Language = "nl") -> dict[str, str]:
    """The texts of the case files in a folder, by name.

    Raises `CaseError` for a file that is not UTF-8, of which a part would be lost, and for one with a name under which nobody
    would look for cases though cases are meant, such as those that editors on Windows like to give.
    """
    say = texts(language)
    found: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".yaml" and path.is_file():
            raw = path.read_bytes()
            try:
                found[path.name] = raw.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                line = raw.count(b"\n", 0, error.start) + 1
                mistakes.append(Mistake(path.name, line, say("mistake.encoding"), say("suggest.encoding")))
        elif match := _MISNAMED.fullmatch(path.name):
            mistakes.append(Mistake(path.name, 1, say("mistake.name"), say("suggest.name", name=f"{match[1]}.yaml")))
    if mistakes:
        raise CaseError(mistakes, language)
    return found


def read_cases(files: Mapping[str, str], folder: Path, guidance: Guidance, language: Language = "nl") -> CaseSet:
    """The cases in the texts of files, by name. Raises `CaseError` with all mistakes."""
    told = texts(language)
    mistakes: list[Mistake] = []
    cases: list[Case] = []
    places: dict[str, tuple[str, int]] = {}
    for name, text in files.items():
        tree = read_tree(text)
        for case, at in _cases(name, text, tree, mistakes, language):
            line = tree.line(at)
            if case.id in places:
                other, there = places[case.id]
                said = told("mistake.double-id", id=case.id, place=f"{other}:{there}")
                mistakes.append(Mistake(name, line, said, told("suggest.double-id"), case.id))
                continue
            places[case.id] = (name, line)
            cases.append(case)
            mistakes += [
                Mistake(name, tree.line((*at, *found.at)), found.message, found.suggestion, case.id)
                for found in check(case, guidance, language)
            ]
    if _about_others(cases, guidance):
        about = {case.id for case in cases if _named(case)}
        mistakes = [each for each in mistakes if each.case not in about]
        mistakes.insert(0, Mistake(str(folder), 1, told("mistake.elsewhere", count=len(about)), told("suggest.elsewhere")))
    if not cases and not mistakes:
        mistakes.append(Mistake(str(folder), 1, told("mistake.no-cases"), told("suggest.no-cases")))
    if mistakes:
        raise CaseError(mistakes, language)
    return CaseSet(folder, tuple(cases), guidance, places)


def _named(case: Case) -> tuple[str, ...]:
    """What a case names of the guidance: sections, and the topic."""
    sources = case.sources if isinstance(case, AnswerCase) else ()
    return (*sources, *filter(None, (case.topic,)))


def _about_others(cases: Sequence[Case], guidance: Guidance) -> bool:
    """Whether cases are about other guidance than this: they name much, and none of it is there in any language."""
    there = {name for _, name in guidance.sections} | {section.topic for section in guidance.sections.values()}
    named = {name for case in cases for name in _named(case)}
    return len(named) >= _ELSEWHERE and not named & there


def _cases(name: str, text: str, tree: Tree, mistakes: list[Mistake], language: Language) -> Iterator[tuple[Case, Place]]:
    """The cases of one file that fit the schema, with the way to each; what does not fit goes to the mistakes."""
    head = _head(name, tree, mistakes, language)
    if head is None:
        return
    suite, spoken = head
    model = KINDS_OF_CASE[suite]
    for number, raw in enumerate(tree.value["cases"]):
        at: Place = ("cases", number)
        if not isinstance(raw, dict):
            mistakes.append(
                Mistake(
                    name, tree.line(at), texts(language)("mistake.shape", key="cases"), texts(language)("suggest.keys", key="-")
                )
            )
            continue
        made = _validated(name, text, number, suite, spoken)
        if isinstance(made, ValidationError):
            mistakes += [
                replace(each, case=str(raw.get("id") or "")) for each in of_schema(made, model, tree, at, name, language)
            ]
        else:
            yield made, at


@lru_cache(maxsize=20_000)
def _validated(_name: str, text: str, number: int, suite: Suite, spoken: Language) -> Case | ValidationError:
    raw = read_tree(text).value["cases"][number]
    try:
        return KINDS_OF_CASE[suite].model_validate({"suite": suite, "language": spoken} | _without_nothing(raw))
    except ValidationError as error:
        return error


def _without_nothing(raw: dict[str, Any]) -> dict[str, Any]:
    """A case without the keys after which nothing stands, where nothing may stand."""
    return {key: value for key, value in raw.items() if value is not None or key in ("id", "question", "text", "flaws")}


def _head(name: str, tree: Tree, mistakes: list[Mistake], language: Language) -> tuple[Suite, Language] | None:
    """Suite and language of a file; nothing, and a mistake, where the file cannot be read any further."""
    say = texts(language)
    before = len(mistakes)
    if tree.broken:
        line, way = tree.broken
        mistakes.append(
            Mistake(name, line, say("mistake.syntax", said=say(f"mistake.syntax.{way}")), say(f"suggest.syntax.{way}"))
        )
        return None
    mistakes += [
        Mistake(name, tree.line(place), say("mistake.double-key", key=place[-1]), say("suggest.double-key"))
        for place in tree.doubled
    ]
    value = tree.value
    known = ("suite", "language", "cases")
    if not isinstance(value, dict) or not set(known) & set(value):
        mistakes.append(Mistake(name, 1, say("mistake.no-list"), say("suggest.no-list")))
        return None
    mistakes += [
        Mistake(name, 1, say("mistake.missing-key", key=key), say("suggest.no-list")) for key in known if key not in value
    ]
    mistakes += [
        Mistake(name, tree.line((key,)), say("mistake.unknown-key", key=key), nearest(key, known, language))
        for key in value
        if key not in known
    ]
    for key, allowed in (("suite", SUITES), ("language", _LANGUAGES)):
        if key in value and value[key] not in allowed:
            mistakes.append(
                Mistake(
                    name,
                    tree.line((key,)),
                    say("mistake.choice", key=key, value=value[key] or ""),
                    nearest(str(value[key]), allowed, language),
                )
            )
    if "cases" in value and not isinstance(value["cases"], list):
        mistakes.append(Mistake(name, tree.line(("cases",)), say("mistake.no-dash"), say("suggest.no-dash")))
    if len(mistakes) > before and not (isinstance(value.get("cases"), list) and {"suite", "language"} <= set(value)):
        return None
    if value["suite"] not in SUITES or value["language"] not in _LANGUAGES:
        return None
    return None if len(mistakes) > before and tree.doubled else (value["suite"], value["language"])
