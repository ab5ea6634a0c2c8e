"""A real model's answers and drafts, sentence by sentence: what it wrote, what the gate let through, and how long it took.

    COACH_MODEL=openai:local OPENAI_BASE_URL=http://127.0.0.1:8091/v1 COACH_MODEL_TIMEOUT=300 \\
        python -m benchmarks.model benchmarks/answers/questions.yaml --out answers.md

`--out` writes the answers with and without the model side by side, as a user sees them; standard output has every sentence with
the gate's verdict, to be read.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import machine, percentile
from coach.answers.gate import Gate, Verdict
from coach.answers.reading import Claim
from coach.coach import Coach
from coach.languages import read_yaml
from coach.model.prompts import Prompt
from coach.model.session import Session
from coach.records import Answer
from coach.settings import load_settings

_judge, _ask = Gate.judge, Session.ask


def main() -> None:
    """Ask every question twice and write every draft twice, with the model and without."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--out", type=Path, help="write both answers to each question here, as Markdown")
    options = parser.parse_args()
    tally: Counter[str] = Counter()
    _watch(tally)
    settings = load_settings()
    coach, plain = Coach(settings), Coach(load_settings(**(settings.model_dump() | {"model": ""})))
    cases, seconds, pages = read_yaml(options.cases), [], []
    for question in cases["questions"]:
        print(f"\n## {question}")
        started = time.perf_counter()
        answer = coach.ask(question)
        seconds.append(time.perf_counter() - started)
        tally[f"answers by {answer.composer}, {answer.outcome}"] += 1
        print(f"-- {answer.composer} in {seconds[-1]:.0f} s. {answer.notice}")
        pages.append(_page(question, plain.ask(question), answer))
    for case in cases["drafts"]:
        print(f"\n## draft {case['kind']}")
        started = time.perf_counter()
        draft = coach.draft(case["kind"], case["fields"])
        tally[f"drafts by {draft.composer}"] += 1
        print(f"-- {draft.composer} in {time.perf_counter() - started:.0f} s. {draft.notice}\n{draft.body}")
    if options.out:
        options.out.write_text("\n".join(pages), encoding="utf-8")
    print(f"\n{dict(tally)}")
    print(f"seconds an answer: p50 {percentile(seconds, 0.5):.0f}, worst {max(seconds):.0f}; {machine()}")
    coach.close()
    plain.close()


def _watch(tally: Counter[str]) -> None:
    """Print what the model writes and what the gate makes of it."""

    def ask(self: Session, prompt: Prompt, values: dict[str, str]) -> Iterator[str]:
        text = ""
        for piece in _ask(self, prompt, values):
            text += piece
            yield piece
        if prompt.id != "answer":
            print(f"[{prompt.id}] {text}")

    def judge(self: Gate, claim: Claim) -> Verdict:
        verdict = _judge(self, claim)
        tally[f"sentences: {verdict.reason or 'passed'}"] += 1
        print(f"{verdict.reason or 'PASSED':9s} {claim.text} {list(claim.marks)}")
        return verdict

    patched: Any = Gate
    patched.judge = judge
    patched = Session
    patched.ask = ask


def _page(question: str, quoted: Answer, written: Answer) -> str:
    """A question with both answers."""
    parts = [f"### {question}\n"]
    for name, answer in (("Quoted", quoted), ("With the model", written)):
        parts.append(f"**{name}**" + (f" — *{answer.notice}*" if answer.notice else ""))
        if answer is written and written.answer == quoted.answer:
            parts.append("\nThe same answer.\n")
            continue
        parts.append(f"\n{answer.answer}\n")
        parts.extend(f"[{c.n}] {' › '.join(filter(None, (c.title, c.heading)))}  " for c in answer.citations)
        parts.append("")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
