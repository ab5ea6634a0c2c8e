"""A trainer's work on the cases: one edited in a form, a reader's remark made into one, judgements labelled."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from coach import CoachError, Exchange, Language
from ui import prose
from ui.parts import draw, say
from ui.session import coach, language, t

if TYPE_CHECKING:
    from evals import CaseSet, RunResult
    from evals.cases import Case

SUITES = ("answers", "drafts", "reviews", "safety")
EXPECTED = ("answer", "abstain", "refer")
LEVELS = ("must", "nice")
LABELS = ("", "yes", "no")
A_SITTING = 10  # judgements that are shown at once
_NAME = re.compile(r"[\w-]{1,30}")


def cases() -> CaseSet:
    """The cases as they stand in their files. Raises `CaseError` with what is wrong in them."""
    from evals.loading import CASES

    files = [path for folder in (CASES, *coach().settings.knowledge) for path in sorted(folder.rglob("*.*"))]
    stamps = tuple((str(path), path.stat().st_mtime_ns) for path in files if path.suffix in (".yaml", ".md"))
    with st.spinner(t("case.loading")):
        return _loaded(language(), stamps)


@st.cache_resource(show_spinner=False, max_entries=2)
def _loaded(spoken: Language, stamps: tuple[tuple[str, int], ...]) -> CaseSet:
    """The cases, read and checked again only when a file of theirs or of the guidance has changed."""
    from evals import load_cases

    del stamps  # what makes them other cases
    return load_cases(None, spoken, coach().settings)


def edit() -> None:
    """A case in a form; nothing is written unless all cases are right afterwards."""
    known = cases()
    if said := st.session_state.pop("case_saved", None):
        st.success(t("case.saved", id=prose.safe_markdown(said)), icon=":material/check_circle:")
    suite = st.segmented_control(
        t("evals.suites"),
        SUITES,
        default=SUITES[0],
        required=True,
        format_func=lambda name: t(f"evals.suite.{name}"),
        key="case_suite",
    )
    ordered = sorted(known.cases, key=lambda case: case.language != language())  # those of the page's language first
    of_suite = {case.id: case for case in ordered if case.suite == suite}
    chosen = st.selectbox(
        t("case.choose", count=len(of_suite)),
        list(of_suite),
        format_func=lambda one: f"{of_suite[one].shown} ({one})",
        key=f"case_{suite}",
    )
    if chosen is None:
        return
    case = of_suite[chosen]
    file, line = known.places[case.id]
    st.caption(t("case.place", file=prose.safe_markdown(file), line=line))
    with st.form(f"edit_{case.id}"):
        changes = _fields(case, known)
        if st.form_submit_button(t("case.save"), type="primary"):
            _save(case.id, {key: value for key, value in changes.items() if value != case.to_dict().get(key)})


def _save(identifier: str, changes: Mapping[str, Any]) -> None:
    from evals import edit_case

    if not changes:
        st.info(t("case.same"))
        return
    try:
        edit_case(None, identifier, changes, language())
    except CoachError as error:
        _mistakes(error)
        return
    st.session_state["case_saved"] = identifier
    st.rerun()


def _mistakes(error: CoachError) -> None:
    """What would be wrong with a case, each with what to do."""
    for mistake in getattr(error, "mistakes", ()):
        st.error(f"{prose.safe_markdown(mistake.message)} {prose.safe_markdown(mistake.suggestion)}", icon=":material/error:")
    if not getattr(error, "mistakes", ()):
        say(error)
    st.caption(t("case.unwritten"))


def _fields(case: Case, cases: CaseSet) -> dict[str, Any]:
    """Every part of a case, each with the widget for its kind; an empty one is left out of the file."""
    now = case.to_dict()
    values: dict[str, Any] = {}
    for name in type(case).model_fields:
        if name in ("suite", "language", "id"):
            continue
        values[name] = _widget(case, name, now.get(name), cases)
    return {name: value if value not in ("", [], {}) or name in now else None for name, value in values.items()}


def _widget(case: Case, name: str, value: Any, cases: CaseSet) -> Any:
    label, key = t(f"case.{name}"), f"{case.id}_{name}"
    choices = _choices(case, name)
    if name == "sources":
        known = cases.guidance.sources(case.language)
        return st.multiselect(label, known, default=[one for one in value or () if one in known], key=key)
    if choices:
        index = choices.index(value) if value in choices else None
        return st.selectbox(label, choices, index=index, format_func=_choice, key=key)
    if name in ("key_points", "rubric", "must_not_say", "bad", "flaws"):
        return _list(label, key, value or [], PARTS[name])
    if name == "fields":
        return {one: st.text_input(f"{label}: {one}", words, key=f"{key}_{one}") for one, words in (value or {}).items()}
    if name == "must_say":
        typed = st.text_area(label, "\n".join(" | ".join(ways) for ways in value or ()), help=t("case.ways"), key=key)
        return [[way.strip() for way in line.split("|") if way.strip()] for line in typed.splitlines() if line.strip()]
    if name == "blanks":
        return [one.strip() for one in st.text_input(label, ", ".join(value or ()), key=key).split(",") if one.strip()]
    if name == "max_words":
        return st.number_input(label, 1, 2_000, value, key=key)
    if name == "document":
        return value
    if name in ("good", "text", "why"):
        return st.text_area(label, value or "", key=key)
    return st.text_input(label, value or "", key=key)


def _choices(case: Case, name: str) -> Sequence[str]:
    """What a part may be, where its schema lists it."""
    schema = type(case).model_json_schema()["properties"][name]
    for one in (schema, *schema.get("anyOf", ())):
        if "enum" in one:
            return list(one["enum"])
    return ()


def _choice(value: str) -> str:
    return t(f"case.choice.{value}")


# The parts of a list in a case: for each, its keys, and whether a key holds one text, several (a line each) or a level.
PARTS: Mapping[str, Mapping[str, str]] = {
    "key_points": {"id": "text", "level": "level", "say": "lines"},
    "rubric": {"id": "text", "level": "level", "say": "lines", "not_say": "lines"},
    "must_not_say": {"say": "lines", "why": "text"},
    "bad": {"say": "text", "why": "text"},
    "flaws": {"rule": "text", "quote": "text"},
}


def _list(label: str, key: str, items: Sequence[Mapping[str, Any]], parts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The items of a list and one to add; an item whose texts are all emptied goes."""
    st.markdown(f"**{label}**")
    made = []
    for number, item in enumerate([*items, {}]):
        with st.container(border=True):
            if not item:
                st.caption(t("case.another"))
            values = {part: _part(part, kind, item.get(part), f"{key}_{number}_{part}") for part, kind in parts.items()}
        if any(value for part, value in values.items() if parts[part] != "level"):
            made.append({part: value for part, value in values.items() if value or part in item})
    return made


def _part(part: str, kind: str, value: Any, key: str) -> Any:
    label = t(f"case.part.{part}")
    if kind == "level":
        return st.selectbox(
            label, LEVELS, index=LEVELS.index(value or "must"), format_func=lambda one: t(f"case.level.{one}"), key=key
        )
    if kind == "lines":
        typed = st.text_area(label, "\n".join(value or ()), help=t("case.lines"), key=key)
        return [line.strip() for line in typed.splitlines() if line.strip()]
    return st.text_input(label, value or "", key=key)


def proposals() -> None:
    """Answers that readers rated, each to be made into a case."""
    rated = coach().history.rated()
    if said := st.session_state.pop("case_added", None):
        st.success(t("case.added", id=prose.safe_markdown(said)), icon=":material/check_circle:")
    if not rated:
        st.info(t("proposal.none"), icon=":material/thumbs_up_down:")
        return
    st.markdown(t("proposal.intro"))
    for exchange in rated:
        good = bool(exchange.rating and exchange.rating.good)
        icon = ":material/thumb_up:" if good else ":material/thumb_down:"
        with st.expander(prose.safe_markdown(exchange.answer.question), icon=icon):
            _proposal(exchange)


def _proposal(exchange: Exchange) -> None:
    from evals.guidance import read_guidance

    answer, reason = exchange.answer, exchange.rating.reason if exchange.rating else ""
    st.markdown(f"**{t('proposal.reason')}**: {prose.safe_markdown(reason) or t('proposal.no_reason')}")
    draw(prose.message(answer.answer, []), f"proposal_{exchange.number}", spoken=answer.language)
    guidance = read_guidance(coach().settings)
    places = [guidance.at(citation.document, citation.start) for citation in answer.citations]
    cited = list(dict.fromkeys(place.source for place in places if place is not None))
    known = guidance.sources(answer.language)
    key = f"proposal_{exchange.number}"
    with st.form(key, border=False):
        identifier = st.text_input(
            t("case.id"), f"reader-{exchange.number}.{answer.language}", help=t("case.id.help"), key=f"{key}_id"
        )
        first = 0 if answer.citations else 1
        expect = st.selectbox(t("case.expect"), EXPECTED, index=first, format_func=_choice, key=f"{key}_expect")
        sources = st.multiselect(t("case.sources"), known, [one for one in cited if one in known], key=f"{key}_sources")
        points = st.text_area(t("proposal.points"), help=t("proposal.points.help"), key=f"{key}_points")
        why = st.text_input(t("case.why"), reason, key=f"{key}_why")
        if st.form_submit_button(t("proposal.add"), type="primary"):
            case = _made(exchange, identifier, expect, sources, points, why)
            _add(exchange, case)


def _made(exchange: Exchange, identifier: str, expect: str, sources: Sequence[str], points: str, why: str) -> dict[str, Any]:
    """The case as it will stand in its file."""
    answer = exchange.answer
    case: dict[str, Any] = {"id": identifier, "question": answer.question, "expect": expect}
    if why.strip():
        case["why"] = why.strip()
    if expect != "answer":
        return case | {"about": "neighbouring"}
    ways = [[way.strip() for way in line.split("|") if way.strip()] for line in points.splitlines() if line.strip()]
    case |= {"topic": sources[0].partition("#")[0] if sources else None, "sources": list(sources)}
    case["key_points"] = [{"id": f"point-{number}", "level": "must", "say": say} for number, say in enumerate(ways, start=1)]
    return {key: value for key, value in case.items() if value is not None}


def _add(exchange: Exchange, case: Mapping[str, Any]) -> None:
    from evals import add_case

    try:
        add_case(None, "answers", exchange.answer.language, case, language=language())
    except CoachError as error:
        _mistakes(error)
        return
    coach().history.rate(exchange.number, None)
    st.session_state["case_added"] = case["id"]
    st.rerun()


def labels(run: RunResult | None) -> None:
    """What the judge was asked, answered by people too; two of them tell whether the judge can be trusted."""
    from evals.agreement import to_label

    st.markdown(t("label.intro"))
    rows = to_label(run) if run else []
    if not rows:
        st.info(t("label.none"), icon=":material/gavel:")
        return
    name = st.text_input(t("label.name"), key="label_name", persist_state="session")
    if not _NAME.fullmatch(name or ""):
        st.caption(t("label.name.help"))
        return
    sheet = _sheet(name)
    kept = _read(sheet)
    open_rows = [row for row in rows if (row["item"], row["criterion"]) not in kept]
    st.progress(1 - len(open_rows) / len(rows), text=t("label.progress", done=len(rows) - len(open_rows), total=len(rows)))
    with st.form("labels"):
        for number, row in enumerate(open_rows[:A_SITTING]):
            st.markdown(f"**{prose.safe_markdown(row['question'])}**")
            st.caption(t("label.asked", asked=prose.safe_markdown(row["asked"])))
            draw(prose.message(row["text"], []), f"label_text_{number}", spoken=row["language"])
            if row["guidance"]:
                with st.expander(t("label.guidance")):
                    draw(prose.message(row["guidance"], []), f"label_guidance_{number}", spoken=row["language"])
            row["label"] = st.radio(
                t("label.answer"), LABELS, format_func=lambda one: t(f"label.{one or 'skip'}"), horizontal=True,
                key=f"label_{row['item']}_{row['criterion']}",
            )  # fmt: skip
        if st.form_submit_button(t("label.save"), type="primary") and open_rows:
            _write(sheet, [*kept.values(), *(row for row in open_rows[:A_SITTING] if row["label"])])
            st.rerun()
    _agreement(run)


def _sheet(name: str) -> Path:
    return coach().settings.home / "evals" / "labels" / f"{name}.csv"


def _read(sheet: Path) -> dict[tuple[str, str], dict[str, str]]:
    if not sheet.is_file():
        return {}
    with sheet.open(encoding="utf-8", newline="") as stream:
        return {(row["item"], row["criterion"]): row for row in csv.DictReader(stream)}


def _write(sheet: Path, rows: Sequence[Mapping[str, str]]) -> None:
    sheet.parent.mkdir(parents=True, exist_ok=True)
    with sheet.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ("item", "criterion", "language", "label"), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


def _agreement(run: RunResult | None) -> None:
    """How far the first two people agree with each other and with the judge, once both have labelled."""
    from evals.agreement import agreements, keep, told, verdicts

    people = sorted((coach().settings.home / "evals" / "labels").glob("*.csv"))[:2]
    if len(people) < 2:
        st.caption(t("label.second"))
        return
    first, second = (_read(sheet) for sheet in people)
    rows = [
        {**row, "person_1": row["label"], "person_2": second[place]["label"]} for place, row in first.items() if place in second
    ]
    found = agreements(rows, verdicts(run))
    keep(found, coach().settings.home)
    for one in found:
        st.markdown(f"- {prose.safe_markdown(told(one, language()))}")
