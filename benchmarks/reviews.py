"""How well the review rules do on labelled messages: flaws found, false flags by rule, spans that miss, and time.

python benchmarks/reviews.py [evals/messages/dev.yaml ...] [--verbose]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coach.drafts.kinds import kind_named
from coach.drafts.review import review
from coach.languages import read_yaml
from coach.records import Finding

DEVELOPMENT = Path(__file__).resolve().parent.parent / "evals" / "messages" / "dev.yaml"


@dataclass
class Tally:
    """Counts by rule over all messages."""

    wanted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    chances: Counter[str] = field(default_factory=Counter)
    sound_flags: int = 0
    sound_chances: int = 0
    wrong_spans: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


def overlaps(finding: Finding, case: dict[str, Any], quote: str) -> bool:
    """Whether the finding's span shares at least half of the shorter of the two with the labelled words."""
    if not quote or finding.rule == "no-subject":
        return True
    start = case["text"].find(quote)
    if start < 0:
        return quote in str(case.get("subject") or "")
    shared = min(finding.end, start + len(quote)) - max(finding.start, start)
    return bool(shared >= 0.5 * min(len(quote), max(1, finding.end - finding.start)))


def judge(case: dict[str, Any], tally: Tally) -> None:
    """Add one message to the tally: a flaw is found when its rule flags the message; a flag without a label is false."""
    rules = kind_named(case["kind"]).rules
    flaws = [flaw for flaw in case["flaws"] if flaw["rule"] in rules]
    tally.notes += [
        f"{case['id']}: {flaw['rule']} is not a rule of {case['kind']}" for flaw in case["flaws"] if flaw["rule"] not in rules
    ]
    started = time.perf_counter()
    findings = review(
        case["kind"], case["text"], channel=case["channel"], language=case["language"], subject=case.get("subject")
    ).findings
    tally.seconds.append(time.perf_counter() - started)
    for name in rules:
        labelled = [flaw["quote"] for flaw in flaws if flaw["rule"] == name]
        flagged = [finding for finding in findings if finding.rule == name]
        tally.chances[name] += not labelled
        tally.sound_chances += not case["flaws"]
        if not labelled and flagged:
            tally.false[name] += 1
            tally.sound_flags += not case["flaws"]
            tally.notes.append(f"{case['id']}: FALSE {name}: {flagged[0].quote!r}")
        for quote in labelled:
            tally.wanted[name] += 1
            if not flagged:
                tally.notes.append(f"{case['id']}: MISSED {name}: {quote!r}")
                continue
            tally.found[name] += 1
            if not any(overlaps(finding, case, quote) for finding in flagged):
                tally.wrong_spans.append(
                    f"{case['id']}: SPAN {name}: {quote!r} is not in {[finding.quote for finding in flagged]}"
                )


def report(tally: Tally, messages: int, *, verbose: bool) -> None:
    """Print the table."""
    print(f"{'rule':<22}{'flaws':>6}{'found':>6}{'sound':>7}{'false':>6}")
    for name in sorted(set(tally.wanted) | set(tally.chances)):
        print(f"{name:<22}{tally.wanted[name]:>6}{tally.found[name]:>6}{tally.chances[name]:>7}{tally.false[name]:>6}")
    wanted, found, false, chances = (sum(counts.values()) for counts in (tally.wanted, tally.found, tally.false, tally.chances))
    print(f"\n{messages} messages: {found} of {wanted} flaws found ({found / max(1, wanted):.1%})")
    print(f"false flags: {false} of {chances} rules that should pass ({false / max(1, chances):.1%});", end=" ")
    print(
        f"in sound messages {tally.sound_flags} of {tally.sound_chances} ({tally.sound_flags / max(1, tally.sound_chances):.1%})"
    )
    print(f"wrong spans: {len(tally.wrong_spans)} of {found}")
    ordered = sorted(tally.seconds)
    median, longest = 1000 * ordered[len(ordered) // 2], 1000 * ordered[-1]
    print(f"a review: median {median:.0f} ms, longest {longest:.0f} ms (the first one loads the words)")
    if verbose:
        print("\n".join([*tally.notes, *tally.wrong_spans]))


def main() -> None:
    """Read the arguments, judge every message, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[DEVELOPMENT])
    parser.add_argument("--verbose", action="store_true", help="name every miss, false flag and wrong span")
    arguments = parser.parse_args()
    tally, cases = Tally(), [case for file in arguments.files for case in read_yaml(file)]
    for case in cases:
        judge(case, tally)
    report(tally, len(cases), verbose=arguments.verbose)


if __name__ == "__main__":
    main()
