"""What `coach doctor` looks at: folders, index, vector store, embedder and model; each with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from coach.errors import CoachError
from coach.library.catalogue import Catalogue
from coach.library.changes import compare
from coach.library.embedders import check_name, load_embedder
from coach.library.lock import catalogue_path, folder, lock
from coach.library.store import VectorStore
from coach.library.sync import made_with_settings
from coach.model.probing import probe
from coach.records import Check, Health
from coach.settings import Settings


def examine(settings: Settings) -> Health:
    """Look at everything the coach stands on; a check that fails does not keep the others from being made."""
    checks: list[Check] = []
    for name, check in CHECKS:
        try:
            checks.extend(check(settings))
        except CoachError as error:
            checks.append(Check(name, "problem", str(error)))
    return Health(tuple(checks))


def _folders(settings: Settings) -> Iterator[Check]:
    from coach.library.folders import scan

    for root in settings.knowledge:
        files, refused = scan([root])
        yield Check("folders", "ok", f"{root}: {len(files)} files to read")
        if not files:
            yield Check("folders", "warning", f"{root} holds no guidance", "put files into it, then run 'coach sync'")
        for failure in refused:
            yield Check("folders", "warning", f"{failure.path}: {failure.reason}")


def _index(settings: Settings) -> Iterator[Check]:
    path = catalogue_path(settings)
    if not path.is_file():
        yield Check("index", "problem", f"there is no index in {path.parent}", "run 'coach sync'")
        return
    catalogue = Catalogue(path)
    try:
        with catalogue.guarded():
            found = catalogue.connection.execute("PRAGMA quick_check").fetchone()[0]
        if found != "ok":
            catalogue.mark_damaged()
            yield Check("index", "problem", f"{path} is damaged ({found})", "run 'coach sync' to build it again")
            return
        changes = compare(catalogue, settings, made_with_settings(catalogue, settings))
        waiting = changes.added + changes.changed + changes.removed + changes.moved
        yield Check("index", "ok", f"{catalogue.count():,} passages, generation {catalogue.generation}, in {path.parent}")
        if waiting:
            yield Check("index", "warning", f"{waiting} files differ from the index", "run 'coach sync'")
        for failure in changes.known_failures:
            yield Check("index", "warning", f"{failure.path}: {failure.reason}")
        if catalogue.meta("dirty"):
            yield Check("index", "warning", "the last sync did not finish", "run 'coach sync'")
        if not made_with_settings(catalogue, settings):
            made = catalogue.meta("embedder_setting") or "nothing"
            yield Check("index", "warning", f"made with {made}, the settings say {settings.embedder}", "run 'coach sync'")
    finally:
        catalogue.close()


def _store(settings: Settings) -> Iterator[Check]:
    catalogue = Catalogue(catalogue_path(settings))
    try:
        name = catalogue.meta("collection")
        if not name:
            return
        where = settings.chroma_url or str(folder(settings) / "chroma")
        with lock(settings, "coach doctor", 0.0):
            store = VectorStore(folder(settings) / "chroma", settings)
            try:
                expected = catalogue.entries
                wrong = store.well(name, expected, catalogue.sample)
            finally:
                store.close()
        detail = wrong or f"{expected:,} vectors, known ones find themselves"
        yield Check("vector store", "problem" if wrong else "ok", f"{where}: {detail}", "run 'coach sync'" if wrong else "")
        if wrong:
            catalogue.set_meta(dirty="1")
    finally:
        catalogue.close()


def _embedder(settings: Settings) -> Iterator[Check]:
    check_name(settings.embedder)
    embedder = load_embedder(settings.embedder, settings)
    vectors = embedder.queries(["Hoe begin ik?"])
    yield Check("embedder", "ok", f"{settings.embedder}: {vectors.shape[1]} dimensions")
    if settings.embedder.startswith("openai:"):
        where = settings.openai_base_url or "OpenAI"
        yield Check(
            "embedder",
            "warning",
            f"guidance, questions and a model's sentences are sent to {where} to be embedded, as they are",
            "use COACH_EMBEDDER=bundled to keep them on this machine",
        )


CHECKS: tuple[tuple[str, Callable[[Settings], Iterator[Check]]], ...] = (
    ("folders", _folders),
    ("index", _index),
    ("vector store", _store),
    ("embedder", _embedder),
    ("model", probe),
)
