"""Evals: whether the coach repeats the guidance faithfully, measured on reference cases that a trainer keeps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import streamlit as st

from coach import SettingsError
from ui import cases_forms, prose
from ui.parts import masthead, ready
from ui.session import coach, desk, language, t

if TYPE_CHECKING:
    from evals import Comparison, RunResult
    from evals.cases import Suite
    from ui.answering import Evaluating

PARTS = ("run", "cases", "proposals", "labels")
SUITES = ("answers", "drafts", "reviews", "safety")
LISTED = 12  # cases in each list of a comparison


def page() -> None:
    """Draw the page."""
    masthead("evals.title", "evals.intro")
    try:
        import evals.metrics  # noqa: F401  its libraries are an extra
    except ImportError:
        raise SettingsError("The evals need libraries of their own; run: pip install 'mentoring-coach[evals]'.") from None
    ready()
    part = st.segmented_control(
        t("evals.parts"), PARTS, default=PARTS[0], required=True, format_func=lambda name: t(f"evals.tab.{name}"),
        key="evals_part", label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    if part == "run":
        _run()
    elif part == "cases":
        cases_forms.edit()
    elif part == "proposals":
        cases_forms.proposals()
    else:
        cases_forms.labels(_last_run())


def _place() -> Path:
    return coach().settings.home / "evals" / "last.json"


def _last_run() -> RunResult | None:
    from evals import read_run

    return read_run(_place()) if _place().is_file() else None


def _run() -> None:
    """Choose and run, with progress; then what the last run found."""
    chosen = st.pills(
        t("evals.suites"), SUITES, selection_mode="multi", default=SUITES, format_func=lambda name: t(f"evals.suite.{name}")
    )
    judge = bool(coach().settings.model) and st.checkbox(t("evals.judge"), help=t("evals.judge.help"))
    suites = None if set(chosen) == set(SUITES) else cast("tuple[Suite, ...]", tuple(chosen))
    job = desk().evaluations.now()
    if st.button(t("evals.run"), type="primary", icon=":material/play_arrow:", disabled=not chosen or job is not None):
        job = desk().evaluations.begin(suites, judge=judge)
    if job is not None:
        _follow(job)
    result = _last_run()
    if result is None:
        st.info(t("evals.none"), icon=":material/fact_check:")
        return
    _told(result)


def _follow(job: Evaluating) -> None:
    from evals.records import write_json

    with st.status(t("evals.busy"), expanded=True) as status:
        bar = st.progress(0.0)
        for _ in job.follow(every=0.5):
            done, total = job.at
            bar.progress(done / total if total else 0.0, text=t("evals.progress", done=done, total=total))
        bar.empty()
        if job.fault is not None:
            raise job.fault
        if job.error is not None:
            status.update(state="error")
            raise job.error
        status.update(label=t("evals.done"), state="complete", expanded=False)
    if job.result is not None:
        write_json(job.result.to_dict() | {"suites": list(job.suites or SUITES)}, _place(), small=True)
        st.session_state["whole_run"] = job.suites is None
    st.rerun()


def _told(result: RunResult) -> None:
    """The verdict first, then what got worse and better, and the whole report."""
    from evals import accept, compare, read_run
    from evals.commands import baseline_path
    from evals.report import html, verdict

    path = baseline_path(None)
    baseline = read_run(path) if path.is_file() else None
    comparison = compare(result, baseline, whole={case.suite for case in result.cases} == set(SUITES))
    st.header(t("evals.result"), anchor=False)
    st.caption(t("evals.made", made=result.made[:16].replace("T", " "), count=len(result.cases), seconds=f"{result.seconds:.0f}"))
    looks = {"pass": st.success, "fail": st.error}
    looks.get(comparison.verdict, st.info)(prose.safe_markdown(verdict(result, comparison, language())))
    _changes(comparison)
    whole = html(result, comparison, language(), cases_forms.cases())
    with st.container(horizontal=True):
        st.download_button(
            t("evals.report"), whole, file_name="evals.html", mime="text/html", icon=":material/download:", on_click="ignore"
        )
        with st.popover(t("evals.accept"), icon=":material/flag:"):
            st.markdown(t("evals.accept.why"))
            if st.button(t("evals.accept.sure"), type="primary"):
                accept(result, path)
                st.rerun()
    st.iframe(whole, height=1_000)


def _changes(comparison: Comparison) -> None:
    worse, better, mend = st.columns(3, gap="large")
    lists: Sequence[tuple[str, Sequence[str]]] = (
        ("worse", comparison.worse),
        ("better", comparison.better),
        ("mend", comparison.mend),
    )
    for column, (name, found) in zip((worse, better, mend), lists, strict=True):
        with column:
            st.markdown(f"**{t(f'evals.{name}', count=len(found))}**")
            st.markdown("\n".join(f"- {prose.safe_markdown(case)}" for case in found[:LISTED]) or t("evals.nothing"))
