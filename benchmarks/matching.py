"""How often the evals' matcher agrees with people: key points on labelled pairs, wording support on labelled answers.

python -m benchmarks.matching [dev] [held_out] [--verbose]

The pairs stand in `benchmarks/pairs/`, the answers (of the kind a chat model gives, each wrong sentence labelled) in
`benchmarks/answers/`. A matcher can err on both sides, so both are told: of what it finds, how much is there (precision), and of
what is there, how much it finds (recall).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from coach import load_settings, read_yaml
from evals.guidance import read_guidance
from evals.matching import find, support
from evals.metrics import cited

HERE = Path(__file__).resolve().parent


def pairs(part: str) -> Iterator[tuple[bool, bool, str]]:
    """Each pair: whether it is said, whether it is found, and the pair."""
    for row in read_yaml(HERE / "pairs" / f"{part}.yaml"):
        yield row["said"], find([row["say"]], row["text"], row["language"]) is not None, f"{row['say']} | {row['text']}"


def sentences(part: str) -> Iterator[tuple[bool, bool, str]]:
    """Each cited sentence of the answers: whether it may be served, whether its wording is supported, and the sentence."""
    guidance = read_guidance(load_settings())
    for row in read_yaml(HERE / "answers" / f"{part}.yaml"):
        quotes = {n: guidance.sections[row["language"], name].text for n, name in enumerate(row["passages"], 1)}
        wrong = {" ".join(sentence.split()) for sentence in row["wrong"]}
        for sentence in cited(row["answer"], quotes, row["language"]):
            if sentence.quotes:
                found = support(sentence.text, tuple(sentence.quotes.values()), row["language"]).supported
                yield " ".join(sentence.text.split()) not in wrong, found, sentence.text


def tell(name: str, judged: list[tuple[bool, bool, str]], *, verbose: bool) -> None:
    """Print precision and recall of one set."""
    true = sum(there and found for there, found, _ in judged)
    found, there = sum(found for _, found, _ in judged), sum(there for there, _, _ in judged)
    print(f"{name:<28}{len(judged):>5}   precision {true / max(1, found):.3f}   recall {true / max(1, there):.3f}")
    if verbose:
        for is_there, is_found, text in judged:
            if is_there != is_found:
                print(f"    {'MISSED' if is_there else 'FALSE '} {text}")


def main() -> None:
    """Read the arguments, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["dev"])
    parser.add_argument("--verbose", action="store_true", help="name every error")
    arguments = parser.parse_args()
    for part in arguments.parts:
        tell(f"key points, {part}", list(pairs(part)), verbose=arguments.verbose)
        tell(f"wording support, {part}", list(sentences(part)), verbose=arguments.verbose)


if __name__ == "__main__":
    main()
