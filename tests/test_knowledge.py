"""The handbook is whole: every page has its front matter, every section its twin, its questions and its first line."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from coach.languages import LANGUAGES, read_yaml
from coach.library import bank
from coach.library.embedders import Bundled
from coach.library.loaders import load
from coach.records import Document, Heading, Language
from coach.settings import data_folder

HANDBOOK = data_folder("knowledge")
TOPICS = sorted(path.stem for path in (HANDBOOK / "nl").glob("*.md"))
PAGES = [f"{language}/{topic}.md" for language in LANGUAGES for topic in TOPICS]
MOST_WORDS = 150  # of prose in a section, examples apart
EXAMPLES = {"nl": ("Voorbeeld", "Niet zo"), "en": ("Example", "Not like this")}
EVIDENCE = {"nl": r"Bewijs: (?:sterk|redelijk|zwak)\b", "en": r"Evidence: (?:strong|fair|weak)\b"}
DANGLING = r"(?:Dit|Dat|Die|Deze|Daarom|Het is belangrijk|It is important|This|That|These|Those|Therefore)\b"


class FrontMatter(BaseModel):
    """The six lines at the top of a page; README.md of the handbook explains them to its writers."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")]
    title: Annotated[str, Field(min_length=3)]
    audience: Annotated[list[Literal["mentee", "mentor", "trainer"]], Field(min_length=1)]
    language: Literal["nl", "en"]
    sources: Annotated[list[Annotated[str, Field(min_length=3)]], Field(min_length=1)]
    reviewed: datetime.date


@cache
def page(name: str) -> Document:
    """A page of the handbook as the coach loads it."""
    return load(HANDBOOK / name, name)


def matter(name: str) -> dict[str, object]:
    """The front matter of a page as plain values."""
    from ruamel.yaml import YAML

    block = (HANDBOOK / name).read_text(encoding="utf-8").split("---\n")[1]
    return dict(YAML(typ="safe", pure=True).load(block))


def named(name: str) -> list[Heading]:
    """The headings of a page but its title; each opens a section."""
    return [heading for heading in page(name).headings if heading.level > 1]


def body(name: str, anchor: str) -> str:
    """The text of a section without its questions."""
    document = page(name)
    (start,) = [heading.end for heading in document.headings if heading.anchor == anchor]
    end = min((heading.start for heading in document.headings if heading.start > start), default=len(document.text))
    return re.sub(r"<!--.*?-->", "", document.text[start:end], flags=re.S).strip()


def test_both_languages_hold_the_same_topics() -> None:
    assert sorted(path.stem for path in (HANDBOOK / "en").glob("*.md")) == TOPICS


@pytest.mark.parametrize("name", PAGES)
def test_front_matter(name: str) -> None:
    values = matter(name)
    checked = FrontMatter.model_validate(values)
    language, topic = name.removesuffix(".md").split("/")
    assert (list(values), checked.language, checked.id) == (list(FrontMatter.model_fields), language, topic)


@pytest.mark.parametrize(
    "change", [{"author": "x"}, {"language": "fr"}, {"audience": "mentee"}, {"id": "Een Naam"}, {"sources": []}]
)
def test_front_matter_is_strict(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FrontMatter.model_validate(matter(PAGES[0]) | change)


@pytest.mark.parametrize("name", PAGES)
def test_one_title_and_a_name_for_every_section(name: str) -> None:
    document = page(name)
    titles = [heading.text for heading in document.headings if heading.level == 1]
    anchors = [heading.anchor for heading in named(name)]
    wrong = [anchor for anchor in anchors if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", anchor)]
    assert (titles, wrong, len(set(anchors))) == ([document.title], [], len(anchors))


@pytest.mark.parametrize("topic", TOPICS)
def test_twins_have_the_same_sections_in_the_same_order(topic: str) -> None:
    dutch, english = ([(heading.level, heading.anchor) for heading in named(f"{language}/{topic}.md")] for language in LANGUAGES)
    assert dutch == english != []


@pytest.mark.parametrize("name", PAGES)
def test_a_section_lists_two_to_four_questions_that_differ(name: str) -> None:
    counts = {heading.anchor: len({question.lower() for question in heading.asked}) for heading in named(name)}
    repeated = [heading.anchor for heading in named(name) if counts[heading.anchor] != len(heading.asked)]
    assert ([anchor for anchor, count in counts.items() if not 2 <= count <= 4], repeated) == ([], [])


def flaws(text: str, language: Language) -> list[str]:
    """What is wrong with the text of a section."""
    lines = [line for line in text.split("\n") if line]
    prose = [line for line in lines if not line.startswith(">")]
    marks = "|".join(EXAMPLES[language])
    checks = {
        "opens with an example or a list": bool(lines) and lines[0].startswith((">", "-", "|", "1.")),
        "leans on its heading": bool(re.match(DANGLING, text)),
        "is too long": len(re.findall(r"\w+", " ".join(prose))) > MOST_WORDS,
        "is empty": not prose,
        "has an example without its mark": any(
            line.startswith(">") and not re.match(rf"> (?:{marks}): ", line) for line in lines
        ),
        "has evidence without its strength": any(
            re.match(r"(?:Bewijs|Evidence)\b", line) and not re.match(EVIDENCE[language], line) for line in lines
        ),
        "has emphasis, a picture or HTML": bool(re.search(r"\*\*|__|!\[|<[a-z/]", text)),
        "has a straight double quote": '"' in text,
        "says u instead of je": language == "nl" and bool(re.search(r"\b[Uu]w?\b(?!-)", text)),
    }
    return [what for what, wrong in checks.items() if wrong]


@pytest.mark.parametrize("name", PAGES)
def test_a_section_gives_its_advice_first_and_stands_alone(name: str) -> None:
    language: Language = "nl" if name.startswith("nl") else "en"
    found = {heading.anchor: flaws(body(name, heading.anchor), language) for heading in named(name)}
    assert {anchor: wrong for anchor, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Vraag door.\n\n> Voorbeeld: “En toen?”", "nl", []),
        ("Dit helpt altijd.", "nl", ["leans on its heading"]),
        ("> Example: “So?”", "en", ["opens with an example or a list", "is empty"]),
        ("Ask.\n\n> “So?”", "en", ["has an example without its mark"]),
        ("Vraag wat u denkt.", "nl", ["says u instead of je"]),
        ("Ask.\n\nEvidence: one study.", "en", ["has evidence without its strength"]),
        ("Ask " + "and ask " * 80, "en", ["is too long"]),
        ('Say "no".', "en", ["has a straight double quote"]),
    ],
)
def test_flaws_are_seen(text: str, language: Language, expected: Sequence[str]) -> None:
    assert flaws(text, language) == expected


@pytest.mark.parametrize("name", [*PAGES, "COVERAGE.md"])
def test_no_reference_is_dead(name: str) -> None:
    folder = (HANDBOOK / name).parent
    text = (HANDBOOK / name).read_text(encoding="utf-8")
    dead = []
    for target, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link):
        path = (folder / target).resolve() if target else HANDBOOK / name
        if not path.is_file() or (anchor and f"{{#{anchor}}}" not in path.read_text(encoding="utf-8")):
            dead.append(f"{target}#{anchor}")
    assert dead == []


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_wordings_belong_to_sections(language: Language, topic: str) -> None:
    values = read_yaml(data_folder("prompts") / "questions" / language / f"{topic}.yaml")
    empty = [anchor for anchor, questions in values.items() if not questions]
    assert (set(values), empty) == ({heading.anchor for heading in named(f"{language}/{topic}.md")}, [])


def test_every_file_of_wordings_has_its_topic() -> None:
    stray = [path.name for path in (data_folder("prompts") / "questions").glob("*/*.yaml") if path.stem not in TOPICS]
    assert stray == []


def test_the_shipped_vectors_cover_the_handbook_so_that_a_first_sync_embeds_nothing_of_it() -> None:
    wanted = bank.wanted_vectors(bank.sections(), Bundled.fingerprint)
    kept = set((bank.shipped_vectors(Bundled.fingerprint) or ([], None))[0])
    missing = [text for key, (_, text) in wanted.items() if key not in kept]
    assert not missing, f"{len(missing)} texts have no shipped vector, the first {missing[0]!r}; run make vectors"
