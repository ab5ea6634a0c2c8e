"""Case files into cases: every mistake of every file at once, each with its line and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from coach import Language, Settings, load_settings
from evals.cases import KINDS_OF_CASE, SUITES, Case, CaseSet, Suite
from evals.checks import check
from evals.guidance import Guidance, read_guidance
from evals.mistakes import CaseError, Mistake, nearest, of_schema
from evals.tree import Place, Tree, read_tree
from evals.wordings import texts

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
    return read_cases(
        {path.name: path.read_text("utf-8", "replace") for path in sorted(folder.glob("*.yaml"))}, folder, guidance, language
    )


def read_cases(files: Mapping[str, str], folder: Path, guidance: Guidance, language: Language = "nl") -> CaseSet:
    """The cases in the texts of files, by name. Raises `CaseError` with all mistakes."""
    mistakes: list[Mistake] = []
    cases: list[Case] = []
    places: dict[str, tuple[str, int]] = {}
    for name, text in files.items():
        tree = read_tree(text)
        for case, at in _cases(name, text, tree, mistakes, language):
            line = tree.line(at)
            if case.id in places:
                other, there = places[case.id]
                say = texts(language)("mistake.double-id", id=case.id, place=f"{other}:{there}")
                mistakes.append(Mistake(name, line, say, texts(language)("suggest.double-id"), case.id))
                continue
            places[case.id] = (name, line)
            cases.append(case)
            mistakes += [
                Mistake(name, tree.line((*at, *found.at)), found.message, found.suggestion, case.id)
                for found in check(case, guidance, language)
            ]
    if not cases and not mistakes:
        mistakes.append(Mistake(str(folder), 1, texts(language)("mistake.no-cases"), texts(language)("suggest.no-cases")))
    if mistakes:
        raise CaseError(mistakes, language)
    return CaseSet(folder, tuple(cases), guidance, places)


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
            mistakes += of_schema(made, model, tree, at, name, language)
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
        line, said = tree.broken
        mistakes.append(Mistake(name, line, say("mistake.syntax", said=said), say("suggest.syntax")))
        return None
    mistakes += [
        Mistake(name, tree.line(place), say("mistake.double-key", key=place[-1]), say("suggest.double-key"))
        for place in tree.doubled
    ]
    value = tree.value
    if not isinstance(value, dict) or not isinstance(value.get("cases"), list):
        mistakes.append(Mistake(name, 1, say("mistake.no-list"), say("suggest.no-list")))
        return None
    known = ("suite", "language", "cases")
    mistakes += [
        Mistake(name, tree.line((key,)), say("mistake.unknown-key", key=key), nearest(key, known, language))
        for key in value
        if key not in known
    ]
    for key, allowed in (("suite", SUITES), ("language", _LANGUAGES)):
        if value.get(key) not in allowed:
            mistakes.append(
                Mistake(
                    name,
                    tree.line((key,)),
                    say("mistake.choice", key=key, value=value.get(key, "")),
                    nearest(str(value.get(key)), allowed, language),
                )
            )
    if value.get("suite") not in SUITES or value.get("language") not in _LANGUAGES:
        return None
    return None if len(mistakes) > before and tree.doubled else (value["suite"], value["language"])
