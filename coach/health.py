"""What `coach doctor` looks at: folders, index, vector store, embedder and model; each with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from coach.errors import CoachError
from coach.library.catalogue import Catalogue
from coach.library.changes import compare
from coach.library.embedders import check_name, load_embedder
from coach.library.lock import catalogue_path, folder, lock
from coach.library.mirror import embedder_of, mirror_path, only_reads
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

    if only_reads(settings):
        return  # the folders are on the machine that syncs
    for root in settings.knowledge:
        files, refused = scan([root])
        yield Check("folders", "ok", f"{root}: {len(files)} files to read")
        if not files:
            yield Check("folders", "warning", f"{root} holds no guidance", "put files into it, then run 'coach sync'")
        for failure in refused:
            yield Check("folders", "warning", f"{failure.path}: {failure.reason}")


def _index(settings: Settings) -> Iterator[Check]:
    if only_reads(settings):
        yield _copy(settings)
        return
    path = catalogue_path(settings)
    catalogue = Catalogue(path) if path.is_file() else None
    if catalogue is None or not catalogue.generation:
        yield Check("index", "problem", f"there is no index in {path.parent}", "run 'coach sync'")
        if catalogue is not None:
            catalogue.close()
        return
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
            yield Check("index", "warning", _difference(catalogue, settings), "run 'coach sync'")
    finally:
        catalogue.close()


def _difference(catalogue: Catalogue, settings: Settings) -> str:
    made, kept = catalogue.meta("embedder_setting"), catalogue.meta("where")
    if made != settings.embedder:
        return f"made with {made}, the settings say {settings.embedder}"
    if kept != (settings.chroma_url or "embedded"):
        return f"its vectors are kept in {kept}, the settings say {settings.chroma_url or 'embedded'}"
    return "made by another version of the coach"


def _copy(settings: Settings) -> Check:
    """What a machine that only reads took over from the server."""
    path = mirror_path(settings)
    if not path.is_file():
        return Check("index", "ok", f"nothing was taken over from {settings.chroma_url} yet; the first question does that")
    catalogue = Catalogue(path)
    try:
        taken = f"{catalogue.count():,} passages, generation {catalogue.generation}"
        return Check("index", "ok", f"{taken}, taken over from {settings.chroma_url}, in {path.parent}")
    finally:
        catalogue.close()


def _server(settings: Settings) -> Check:
    """What a machine that only reads finds on the server."""
    store = VectorStore(folder(settings) / "chroma", settings)
    try:
        pointer = store.pointer()
        if not pointer:
            detail = f"nothing was ever synced to {settings.chroma_url}"
            return Check("vector store", "problem", detail, "run 'coach sync' on the machine with the folders")
        embedder_of(pointer, settings)
        if pointer["collection"] not in store.collections():
            detail = f"{settings.chroma_url} lost the vectors of its index"
            return Check("vector store", "problem", detail, "run 'coach sync' on the machine with the folders")
        return Check("vector store", "ok", f"{settings.chroma_url}: generation {pointer['generation']} is current")
    finally:
        store.close()


def _store(settings: Settings) -> Iterator[Check]:
    if only_reads(settings):
        yield _server(settings)
        return
    if not catalogue_path(settings).is_file():
        return
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
