"""How much of sound answers the gate lets through, and how much of what is wrong it stops.

    python -m benchmarks.gate benchmarks/answers/dev.yaml [--show]

Each case is an answer as a chat model gives it, with the passages it was shown; the words go through the same code as a model's
reply. A wrong mark counts as stopped when the sentence is served under the mark of a passage that carries it.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from coach.answers.generate import Written, write
from coach.answers.reading import Reader
from coach.coach import Coach
from coach.drafts.suggested import breaks_rules
from coach.errors import ModelError
from coach.languages import read_yaml, words
from coach.model.prompts import Prompt
from coach.privacy import Mask
from coach.records import Language, Passage


class Canned:
    """Stands where a session with a model would: its reply is a case's answer."""

    cut = False
    afresh = 0

    def __init__(self, text: str, language: Language) -> None:
        self.mask = Mask(language)
        self._text = text
        self.counts = (0, 0)

    def ask(self, _prompt: Prompt, _values: Mapping[str, str]) -> Iterator[str]:
        """The answer in pieces of a few letters."""
        for start in range(0, len(self._text), 20):
            yield self._text[start : start + 20]

    def count(self, *, kept: int, dropped: int) -> None:
        """Note the counts."""
        self.counts = (kept, dropped)

    def keep(self) -> None:
        """Nothing is kept."""


def sections(coach: Coach) -> dict[tuple[Language, str], Passage]:
    """The handbook's passages by language and topic#anchor."""
    catalogue = coach.searcher.view().catalogue
    numbers = [row[0] for row in catalogue.connection.execute("SELECT id FROM passages")]
    found = catalogue.passages(numbers).values()
    return {(passage.language, f"{PurePosixPath(passage.document).stem}#{passage.anchor}"): passage for passage in found}


def serve(case: Mapping[str, Any], passages: list[Passage], coach: Coach) -> tuple[Written, str]:
    """What is served of an answer, and why not where nothing is."""
    session: Any = Canned(case["answer"], case["language"])
    last, pieces = Written(), ""
    try:
        for piece in write(case["question"], case["language"], passages, session, coach.searcher, breaks_rules):
            if isinstance(piece, str):
                pieces += piece
            else:
                last = piece
    except ModelError as error:
        return Written(), str(error)
    return last, ""


def flat(text: str) -> str:
    """A text as its words."""
    return " ".join(words(text))


def remarked(written: Written, sentence: str, cited: set[str]) -> bool:
    """Whether a sentence is served under marks of other passages than it cited."""
    for line in written.text.split("\n"):
        for match in re.finditer(r"([^\]]+?)\s*((?:\[\d+\])+)", line):
            if flat(sentence) in flat(match[1]) or flat(match[1]) in flat(sentence):
                own = {int(number) for number in re.findall(r"\d+", match[2])}
                return not any(f"{c.document}{c.start}" in cited for c in written.citations if c.n in own)
    return False


def main() -> None:
    """Run the cases and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--show", action="store_true", help="print every sentence that went the wrong way")
    options = parser.parse_args()
    coach = Coach()
    known = sections(coach)
    tally: Counter[str] = Counter()
    stopped_by_kind: dict[str, Counter[str]] = {}
    started = time.perf_counter()
    for case in read_yaml(options.cases):
        language: Language = case["language"]
        passages = [known[(language, place)] for place in case["passages"]]
        written, reason = serve(case, passages, coach)
        served = flat(re.sub(r"\[\d+\]", " ", written.text))
        reader = Reader(language)
        claims = [*reader.feed(case["answer"]), *reader.close()]
        wrong = [flat(sentence) for sentence in case["wrong"]]
        for claim in claims:
            plain = flat(claim.text)
            if any(plain in each or each in plain for each in wrong):
                continue
            tally["sound sentences"] += 1
            if plain in served:
                tally["sound sentences passed"] += 1
            elif options.show:
                print(f"REFUSED {case['id']}: {claim.text}")
        if case["sound"]:
            tally["sound answers"] += 1
            tally["sound answers served"] += not reason
            tally["sound answers whole"] += bool(written.text) and not written.dropped.total()
        for sentence in case["wrong"]:
            kind = case["id"].rsplit("-", 1)[-1]
            counts = stopped_by_kind.setdefault(kind, Counter())
            counts["all"] += 1
            places = {f"{passage.document}{passage.start}" for passage in passages}
            cited = cited_places(claims, sentence, passages) or places
            passed = flat(sentence) in served and not (kind == "mark" and remarked(written, sentence, cited))
            counts["stopped"] += not passed
            if passed and options.show:
                print(f"PASSED  {case['id']}: {sentence}")
    report(tally, stopped_by_kind, time.perf_counter() - started)
    coach.close()


def cited_places(claims: list[Any], sentence: str, passages: list[Passage]) -> set[str]:
    """The places of the passages that a sentence of an answer cites."""
    marks = [mark for claim in claims if flat(claim.text) in flat(sentence) for mark in claim.marks]
    return {f"{passages[mark - 1].document}{passages[mark - 1].start}" for mark in marks if 0 < mark <= len(passages)}


def report(tally: Counter[str], kinds: Mapping[str, Counter[str]], seconds: float) -> None:
    """Print the figures."""
    for part, whole in (
        ("sound sentences passed", "sound sentences"),
        ("sound answers served", "sound answers"),
        ("sound answers whole", "sound answers"),
    ):
        print(f"{part}: {tally[part]} of {tally[whole]} ({tally[part] / max(1, tally[whole]):.0%})")
    stopped, every = sum(c["stopped"] for c in kinds.values()), sum(c["all"] for c in kinds.values())
    print(f"wrong sentences stopped: {stopped} of {every} ({stopped / max(1, every):.0%})")
    for kind, counts in sorted(kinds.items()):
        print(f"  {kind}: {counts['stopped']} of {counts['all']}")
    print(f"{seconds:.1f} s")


if __name__ == "__main__":
    main()
