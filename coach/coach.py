"""The coach: the whole flow on one screen.

sync    folders -> passages -> index
search  question -> passages, and how sure it is that they answer
ask     question -> retrieve | compose | ground -> cited answer, remembered in its conversation
draft   facts -> message, reviewed by its own rules
review  message -> findings
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeVar

from coach.answers.history import History, Summary
from coach.errors import DamagedError, SettingsError
from coach.languages import DEFAULT_LANGUAGE, detect
from coach.library.embedding import Progress
from coach.library.reading import Reading, from_file, from_index
from coach.library.search import Searcher
from coach.library.shelf import Shelf, ShelfFile
from coach.library.sync import is_current, sync
from coach.model.consent import decide, disclose
from coach.model.endpoint import endpoint
from coach.model.session import Models
from coach.records import (
    Answer,
    Disclosure,
    Draft,
    Finding,
    GuidanceRef,
    Health,
    Language,
    Outgoing,
    Review,
    SearchResult,
    SyncReport,
)
from coach.settings import Settings, data_folder, load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from coach.answers.chain import Work
    from coach.drafts.mending import Mend
    from coach.library.catalogue import Catalogue
    from coach.model.session import Session

Result = TypeVar("Result")
LONGEST_QUESTION = 2_000  # characters


class Coach:
    """A coach over one set of settings (by default those of the environment); safe to share between threads.

    Every method raises a child of `CoachError` whose text says what is wrong and what to do.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or load_settings()
        self.history = History(self.settings)
        self.searcher = Searcher(self.settings)
        self.models = Models(self.settings)

    def sync(
        self,
        *,
        dry_run: bool = False,
        progress: Progress = lambda _what, _done, _total: None,
        waiting: Callable[[str], None] = lambda _holder: None,
    ) -> SyncReport:
        """Make the index match the folders."""
        if not dry_run:
            self.searcher.close()
        return sync(self.settings, dry_run=dry_run, progress=progress, waiting=waiting)

    def needs_sync(self) -> bool:
        """Whether there is no index yet, or one of other folders than the settings name, or one that another version made."""
        if not is_current(self.settings):
            return True
        try:
            self.searcher.view()
        except DamagedError:
            return True
        return False

    def search(self, text: str, k: int = 8) -> SearchResult:
        """The `k` passages that fit a text best, and the confidence, 0 to 1, that they answer it."""
        if k < 1:
            raise SettingsError(f"-k {k}: ask for at least one passage.")
        setting = self.settings.language
        return self.searcher.search(_question(text), k, None if setting == "auto" else setting)

    def ask(self, text: str, conversation: str | None = None) -> Answer:
        """The answer to a question, cited; in a conversation, a follow-up leans on what was asked before."""
        *_, answer = self.stream(text, conversation)
        assert isinstance(answer, Answer)
        return answer

    def stream(self, text: str, conversation: str | None = None) -> Iterator[str | Answer]:
        """The same answer as it comes: pieces of verified text, then the whole `Answer`, whose text is the one to keep.

        It differs from the pieces where a model broke off and the guidance is quoted instead.
        """
        from coach.answers.chain import Work, answer, mask_of, turn

        started = time.perf_counter()
        work = self._work(text, conversation)
        spent = self.history.spent(conversation) if conversation and self.settings.model else 0

        def open_session(work: Work) -> Session | None:
            return self.models.open(mask_of(work), conversation or "", spent) if self.settings.model else None

        pieces = answer(work, self.searcher, open_session, _breaks_rules)
        streamed = False
        for piece in pieces:
            if isinstance(piece, Work):
                work = piece
            else:
                streamed = True
                yield piece
        if not streamed:
            yield from work.answer.splitlines(keepends=True)
        whole = Answer(
            question=work.question,
            language=work.language,
            outcome=work.outcome,
            answer=work.answer,
            citations=work.citations,
            composer=work.composer,
            notice=" ".join(work.notices),
            timings_ms=work.timings_ms | {"total": round((time.perf_counter() - started) * 1000, 2)},
            conversation=conversation or "",
            searched=work.searched,
            usage=work.usage,
        )
        if conversation:
            self.history.add(conversation, turn(work), whole)
            if work.tokens:
                self.history.spend(conversation, work.tokens)
        yield whole

    def _work(self, text: str, conversation: str | None) -> Work:
        from coach.answers.chain import Work, question_language

        question = _question(text)
        turns = tuple(self.history.turns(conversation)) if conversation else ()
        return Work(question, question_language(question, self.settings.language, turns), turns)

    def disclosure(self, language: Language | None = None) -> Disclosure | None:
        """What a person should see and agree to before the first text is sent to a model elsewhere.

        Nothing where no model is set, it is on this machine, or they agreed already. Raises `ModelError` where the settings
        name no usable model.
        """
        where = endpoint(self.settings)
        return disclose(self.settings, where, language or self._language() or DEFAULT_LANGUAGE) if where else None

    def allow(self, yes: bool) -> None:
        """Keep whether texts may be sent to the model of the settings; asked once for an endpoint and model."""
        where = endpoint(self.settings)
        if where is not None:
            decide(self.settings, where, allowed=yes)

    def outgoing(self, text: str, conversation: str | None = None) -> tuple[Outgoing, ...]:
        """Exactly the messages, masked, that asking this question would send to a model; none where it would send nothing.

        For a follow-up that is the request to rewrite it; the answer is asked for with what comes of that.
        """
        from coach.answers.chain import outgoing

        return outgoing(self._work(text, conversation), self.searcher) if self.settings.model else ()

    def forget_replies(self) -> int:
        """Empty the cache of a model's replies; return how many went."""
        return self.models.replies.empty()

    def draft(
        self,
        kind: str,
        fields: Mapping[str, str],
        channel: str | None = None,
        variant: str | None = None,
        language: Language | None = None,
        style: str | None = None,
    ) -> Draft:
        """A message of a kind, from facts that come from the user alone."""
        from coach.drafts.compose import write

        chosen = language or self._language()
        opened = self.models.open if self.settings.model else None
        return write(kind, fields, channel=channel, variant=variant, language=chosen, style=style, open_session=opened)

    def review(
        self,
        kind: str,
        text: str,
        channel: str | None = None,
        language: Language | None = None,
        subject: str | None = None,
        model: Literal["sbi", "4g"] = "sbi",
    ) -> Review:
        """What a message of a kind breaks of its rules, and what it passes."""
        from coach.drafts.review import review

        return review(kind, text, channel=channel, language=language or self._language(), subject=subject, model=model)

    def conversations(self, owner: str = "") -> list[Summary]:
        """The conversations that are kept, the latest first; with `owner`, that person's."""
        return self.history.conversations(owner)

    def forget(self, conversation: str | None = None) -> int:
        """Remove one conversation, or all, with what a model replied in it; return how many turns went."""
        count = self.history.forget(conversation)
        self.models.replies.empty(conversation)
        return count

    def document_text(self, document: str) -> str:
        """The loaded text of a document, in which the offsets of citations count."""
        return self._read(lambda catalogue: catalogue.document_text(document))

    def document(self, document: str) -> Reading:
        """A document section by section, by the path that citations give."""
        return self._read(lambda catalogue: from_index(catalogue, document))

    def guidance(self, reference: GuidanceRef) -> Reading:
        """The page of the handbook that a finding rests on; it ships with the coach, whatever folders are searched."""
        return from_file(data_folder("knowledge") / reference.document, reference.document)

    @property
    def shelf(self) -> Shelf:
        """The folders of guidance as a trainer keeps them."""
        return Shelf(self.settings)

    def files(self) -> list[ShelfFile]:
        """Every file of guidance that the last sync met, with what was read in it or why not."""
        return self._read(self.shelf.files)

    def add_file(self, name: str, data: bytes, *, replace: bool = False) -> Path:
        """Put a file into the trainer's own folder, which is read from now on; `sync` makes it count."""
        placed = self.shelf.put(name, data, replace=replace)
        self.watch_own_folder()
        return placed

    def watch_own_folder(self) -> None:
        """Read the trainer's own folder too, once it exists."""
        self.settings = self.settings.model_copy(update={"knowledge": self.shelf.folders})

    def mends(
        self,
        finding: Finding,
        kind: str,
        text: str,
        channel: str | None = None,
        language: Language | None = None,
        subject: str | None = None,
    ) -> tuple[Mend, ...]:
        """The changed texts that do away with a finding of `review`; none where only the writer can."""
        from coach.drafts.mending import mends

        spoken = language or self._language() or detect(text)
        return mends(text, finding, spoken, lambda other: self.review(kind, other, channel, spoken, subject))

    def doctor(self) -> Health:
        """What is well and what is not, and what to do about it."""
        from coach.health import examine

        return examine(self.settings)

    def complete(self, system: str, user: str, language: Language) -> str:
        """What the chat model replies to two messages of ours, such as a judge's question; personal details go masked.

        Nothing of it is cached or checked. Raises `ModelError` when there is no model, no consent, or no whole reply in time.
        """
        from coach.files import Both
        from coach.model.prompts import Prompt, failure
        from coach.privacy import Mask

        mask = Mask(language)
        mask.learn([user])
        session = self.models.open(mask)
        if session is None:
            raise failure("bad_setting", model=self.settings.model)
        words = Both(nl="{user}", en="{user}")
        asked = Prompt(id="plain", names=("user",), system=Both(nl=system, en=system), user=words)
        return mask.show(session.whole(asked, {"user": user}))

    def close(self) -> None:
        """Let go of files and connections."""
        self.searcher.close()
        self.models.close()

    def _read(self, work: Callable[[Catalogue], Result]) -> Result:
        """Read from the index while nobody closes it; SQLite ends the process when that happens to a thread that reads."""
        return self.searcher._read(lambda view: work(view.catalogue))

    def _language(self) -> Language | None:
        return None if self.settings.language == "auto" else self.settings.language


def _breaks_rules(text: str, document: str, section: str, language: Language) -> bool:
    from coach.drafts.suggested import breaks_rules

    return breaks_rules(text, document, section, language)


def _question(text: str) -> str:
    question = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())[:LONGEST_QUESTION]
    if not any(sign.isalnum() for sign in question):
        raise SettingsError("The question is empty; type what you want to know.")
    return question
