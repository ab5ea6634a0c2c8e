"""The search with the bundled embedder: across languages, each guideline once, and honest about how sure it is."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import guidance
import pytest
from conftest import synced_in
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from coach import CoachRetriever
from coach.errors import StoreError
from coach.library import generation
from coach.library.catalogue import Catalogue
from coach.library.confidence import ANSWERED, outcome
from coach.library.lock import catalogue_path
from coach.library.search import Searcher
from coach.library.sync import sync
from coach.records import Language
from coach.settings import Settings, data_folder, load_settings


@pytest.fixture(scope="session")
def programme(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Settings:
    """A synced index of a small programme's guidance; nobody changes it."""
    return synced_in(tmp_path_factory.mktemp("programme"), warm_home, guidance.EVERYTHING)


@pytest.fixture(scope="session")
def searcher(programme: Settings) -> Searcher:
    """A search over that index."""
    return Searcher(programme)


@pytest.mark.parametrize(
    ("question", "document"),
    [
        ("Hoe lang moet ik geduld hebben als mijn begeleider niet reageert?", "nl/stilte.md"),
        ("How long should I be patient when my mentor does not reply?", "nl/stilte.md"),
        ("Where do I leave my car when I visit?", "nl/parkeren.md"),
        ("Do I have to dress differently on the shop floor?", "nl/parkeren.md"),
        ("krijg ik mijn treinkaartje vergoed?", "en/expenses.md"),
        ("werkplaats kleren", "nl/parkeren.md"),
        ("wat zijn goede openingsberichten", "nl/eerste.md"),
    ],
)
def test_the_guideline_is_found_in_either_language(searcher: Searcher, question: str, document: str) -> None:
    assert searcher.search(question, 3).hits[0].passage.document == document


@pytest.mark.parametrize(
    ("question", "language", "document"),
    [
        ("Hoeveel doelen kiezen we?", None, "nl/doelen.md"),
        ("How many goals do we choose?", None, "en/doelen.md"),
        ("How many goals do we choose?", "nl", "nl/doelen.md"),
        ("Hoeveel doelen kiezen we?", "en", "en/doelen.md"),
    ],
)
def test_of_twins_the_language_asked_for_is_given_once(
    searcher: Searcher, question: str, language: Language | None, document: str
) -> None:
    found = [hit.passage.document for hit in searcher.search(question, 20, language).hits]
    assert (found[0], sum(name.endswith("doelen.md") for name in found)) == (document, 1)


@pytest.mark.parametrize(
    ("question", "covered"),
    [
        ("Mag ik in mijn eerste bericht meteen vragen of iemand mijn mentor wil worden?", True),
        ("Hoe lang wacht ik met een herinnering als mijn mentor stil blijft?", True),
        ("How many goals should we choose together for the first half year?", True),
        ("Welke olie gaat er in een bosmaaier?", False),
        ("What is the boiling point of helium?", False),
        ("hoe teken ik een paard", False),
    ],
)
def test_confidence_sets_what_is_covered_apart(searcher: Searcher, question: str, covered: bool) -> None:
    assert (searcher.search(question).confidence >= ANSWERED) == covered


OWN_SUBJECT = """# Fietsenstalling en lunch

## Fietsen

Zet je fiets in de kelder; de code van de deur staat op je toegangspas.

## Lunch

De kantine is open van twaalf tot half twee. Een broodje betaal je met je pas.

## Laptop

Een leenlaptop haal je bij de servicebalie, op vertoon van je contract.
"""


@pytest.fixture(scope="session")
def own_subject(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Searcher:
    """A search over a page of which the handbook says nothing."""
    return Searcher(synced_in(tmp_path_factory.mktemp("own-subject"), warm_home, {"balie.md": OWN_SUBJECT}))


@pytest.mark.parametrize(
    ("question", "outcomes"),
    [
        ("waar laat ik mijn fiets", {"answered"}),
        ("Hoe laat gaat de kantine dicht?", {"answered", "related"}),
        ("When is the canteen open?", {"answered", "related"}),
        ("Hoe geef ik feedback aan mijn mentee?", {"not_covered"}),
        ("Mag ik meteen vragen of iemand mijn mentor wil worden?", {"not_covered"}),
        ("welke olie gaat er in een bosmaaier", {"not_covered"}),
        ("What is the capital of Mongolia?", {"not_covered"}),
    ],
)
def test_a_folder_answers_for_its_own_subject_and_not_for_the_handbooks(
    own_subject: Searcher, question: str, outcomes: set[str]
) -> None:
    assert outcome(own_subject.search(question).confidence) in outcomes


OWN_RULES = """# Zo werkt ons programma

## Hoe lang het duurt

Een traject duurt elf maanden, van september tot en met juli.

## Hoe vaak je elkaar ziet

Koppels zien elkaar om de vier weken, drie kwartier per keer.
"""


@pytest.fixture(scope="session")
def beside_the_handbook(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Searcher:
    """A search over a page of a programme's own rules beside the handbook."""
    folder = tmp_path_factory.mktemp("own-rules")
    settings = synced_in(folder, warm_home, {"regels.md": OWN_RULES})
    both = load_settings(**(settings.model_dump() | {"knowledge": (*settings.knowledge, data_folder("knowledge"))}))
    sync(both)
    return Searcher(both)


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Hoe lang duurt het traject bij ons?", "regels.md"),
        ("Hoe lang duurt een traject?", "regels.md"),
        ("Hoe vaak zien mentor en mentee elkaar in ons programma?", "regels.md"),
        ("How long does our programme last?", "regels.md"),
        ("Hoe geef ik feedback zonder te kwetsen?", "nl/feedback.md"),
        ("Mag ik meteen vragen of iemand mijn mentor wil worden?", "nl/first-message.md"),
    ],
)
def test_what_a_programme_says_itself_goes_before_the_handbook(beside_the_handbook: Searcher, question: str, first: str) -> None:
    assert beside_the_handbook.search(question).hits[0].passage.document == first


def test_an_index_of_another_version_says_what_to_do(programme: Settings, tmp_path: Path) -> None:
    shutil.copytree(programme.home, tmp_path / "home")
    settings = programme.model_copy(update={"home": tmp_path / "home"})
    Catalogue(catalogue_path(settings)).set_meta(scale='{"mean": {"topic": 1.0}, "deviation": {"topic": 1.0}}')
    with pytest.raises(StoreError, match="made by another version of the coach; run 'coach sync'"):
        Searcher(settings).search("stilte")


@pytest.mark.parametrize("k", [1, 3, 5, 100])
def test_as_many_passages_as_asked_for_each_once_and_in_order(searcher: Searcher, k: int) -> None:
    hits = searcher.search("mentor", k).hits
    texts = {hit.passage.text for hit in hits}
    scores = [hit.score for hit in hits]
    distinct = 7
    assert (len(texts), scores, [hit.rank for hit in hits]) == (
        min(k, distinct),
        sorted(scores, reverse=True),
        list(range(1, min(k, distinct) + 1)),
    )


def test_the_retriever_is_one_of_langchain_with_its_metadata(searcher: Searcher, programme: Settings) -> None:
    retriever: BaseRetriever = CoachRetriever(searcher=searcher, k=1)
    (found,) = retriever.invoke("Hoe lang wacht ik met een herinnering?")
    place = found.metadata
    text = (programme.knowledge[0] / place["document"]).read_text()
    assert (isinstance(found, Document), place["language"], text[place["start"] : place["end"]], set(place)) == (
        True,
        "nl",
        found.page_content,
        {"rank", "document", "title", "heading", "text", "start", "end", "score", "language", "confidence"},
    )


@pytest.mark.parametrize("text", ["", "   ", "\x00", "\ud800", "?!", "x" * 100_000, 'SELECT " OR * NEAR(', "🙂", "de het een"])
def test_odd_questions_find_something_or_nothing_and_never_fail(searcher: Searcher, text: str) -> None:
    assert 0.0 <= searcher.search(text, 2).confidence <= 1.0


def test_candidates_of_chroma_are_those_of_every_passage(programme: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    questions = ["Hoe lang wacht ik met een herinnering?", "How many goals?", "auto", "krijg ik mijn treinkaartje vergoed?"]

    def found() -> list[list[tuple[str, int, float]]]:
        searcher = Searcher(programme)
        results = [searcher.search(question) for question in questions]
        searcher.close()
        return [[(hit.passage.document, hit.passage.start, round(hit.score, 3)) for hit in result.hits] for result in results]

    exact = found()
    monkeypatch.setattr(generation, "EXACT", 0)
    assert found() == exact


def test_an_index_of_another_embedder_answers_and_says_so(programme: Settings) -> None:
    other = load_settings(**(programme.model_dump() | {"embedder": "openai:not-asked"}))
    found = Searcher(other).search("Hoe lang wacht ik met een herinnering?", 1)
    assert (found.hits[0].passage.document, found.notice) == (
        "nl/stilte.md",
        "De index is nog gemaakt met bundled; draai 'coach sync' om over te stappen op openai:not-asked.",
    )


def test_threads_get_what_one_gets(searcher: Searcher) -> None:
    questions = ["Hoe lang wacht ik?", "How many goals?", "auto", "treinkaartje"] * 2
    alone = [searcher.search(question).hits for question in questions]
    found: dict[int, object] = {}

    def ask(number: int) -> None:
        found[number] = searcher.search(questions[number]).hits

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(questions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number] for number in range(len(questions))] == alone
