"""Fit the weights of confidence, and show the trade-off between false answers and false refusals.

    python -m benchmarks.confidence SEEDS [--fit]

The questions are those of `benchmarks/questions/`, asked of two libraries: the articles in SEEDS and the handbook that ships with
the coach, which covers what the articles cover. The weights are fitted on the development questions only; the held-out ones
are printed beside them and never fitted on.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.retrieval import HERE, Question, questions
from coach.library import confidence
from coach.library.confidence import Evidence
from coach.library.search import Searcher
from coach.library.sync import sync
from coach.settings import data_folder, load_settings

SIGNALS = tuple(confidence.KNOWN)


@dataclass(frozen=True)
class Case:
    """A question, the signals in standard deviations above noise, and the confidence they give today."""

    question: Question
    signals: tuple[float, ...]
    confidence: float


def cases(asked: Sequence[Question], searcher: Searcher) -> list[Case]:
    """The signals of each question over a library."""
    view = searcher.view()
    found = []
    for question in asked:
        evidence: Evidence = searcher.evidence(question.text, question.language)  # type: ignore[arg-type]
        scaled = view.calibration.apply(evidence)
        found.append(Case(question, tuple(scaled[name] for name in SIGNALS), confidence.confidence(evidence, view.calibration)))
    return found


def fit(data: Sequence[Case]) -> tuple[float, dict[str, float]]:
    """Logistic regression with a small ridge; neighbouring and off-topic questions weigh as much as the answerable ones."""
    x = np.array([[1.0, *case.signals] for case in data])
    y = np.array([bool(case.question.answers) for case in data], float)
    balance = np.where(y == 1, 0.5 / y.mean(), 0.5 / (1 - y.mean()))
    weights = np.zeros(x.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        ridge = np.r_[0.0, np.full(x.shape[1] - 1, 1.0)]
        gradient = x.T @ (balance * (p - y)) + ridge * weights
        hessian = (x * (balance * p * (1 - p))[:, None]).T @ x + np.diag(ridge + 1e-6)
        weights = weights - np.linalg.solve(hessian, gradient)
    return float(weights[0]), dict(zip(SIGNALS, map(float, weights[1:]), strict=True))


def report(name: str, data: Sequence[Case]) -> None:
    """Print how each sort of question fares."""
    print(name)
    for kind in ("answered", "neighbouring", "off_topic"):
        own = [case.confidence for case in data if case.question.kind == kind]
        outcomes = [confidence.outcome(value) for value in own]
        counts = ((what, outcomes.count(what) / max(1, len(own))) for what in ("answered", "related", "not_covered"))
        shares = "   ".join(f"{what} {share:6.1%}" for what, share in counts)
        print(f"    {kind:13s} n={len(own):3d}   {shares}")


def trade_off(data: Sequence[Case]) -> None:
    """Print, for some thresholds, the share of wrong answers against the share of wrong refusals."""
    good = np.array([case.confidence for case in data if case.question.answers])
    bad = np.array([case.confidence for case in data if not case.question.answers])
    for threshold in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        passed, failed = np.mean(bad >= threshold), np.mean(good < threshold)
        print(f"    at {threshold:.2f}: {passed:6.1%} of the unanswerable pass, {failed:6.1%} of the covered fail")


def main() -> None:
    """Print what the thresholds do; with --fit also new weights."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--fit", action="store_true")
    given = arguments.parse_args()
    libraries = {"articles": given.folder.absolute(), "handbook": data_folder("knowledge")}
    development: list[Case] = []
    for name, folder in libraries.items():
        with tempfile.TemporaryDirectory() as home:
            settings = load_settings(home=Path(home), knowledge=(folder,), chroma_url="", embedder="bundled")
            sync(settings)
            searcher = Searcher(settings)
            for part in ("seeds_dev", "seeds_held_out"):
                data = cases(questions(HERE / "questions" / f"{part}.yaml", given.folder), searcher)
                report(f"{name}, {part}", data)
                if part == "seeds_dev":
                    development += data
                    trade_off(data)
            searcher.close()
    if given.fit:
        bias, weights = fit(development)
        print("BIAS =", round(bias, 2), "WEIGHTS =", {name: round(value, 2) for name, value in weights.items()})


if __name__ == "__main__":
    main()
