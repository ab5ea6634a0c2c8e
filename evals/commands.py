"""The commands of `coach eval`: run, check, accept, agreement, export, import, coverage.

Messages go to standard error; with `--json` one object goes to standard output and nothing else. Exit codes: 0 done, 1 the gate
does not pass or a foreseen failure, 2 a mistake in the command.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from coach import Coach, CoachError, Language, Settings, load_settings
from evals.cases import SUITES, CaseSet, Suite
from evals.loading import CASES, load_cases
from evals.mistakes import CaseError
from evals.records import RunResult, read_run, write_json, write_text
from evals.wordings import require_extra, spoken, texts

app = typer.Typer(name="coach eval", add_completion=False, pretty_exceptions_enable=False, no_args_is_help=False)

CasesOption = Annotated[
    Path | None, typer.Option("--cases", help="A folder with cases; default: those that come with the coach.")
]
LanguageOption = Annotated[Literal["nl", "en"] | None, typer.Option("--language", help="Language of the report and of messages.")]
BaselineOption = Annotated[Path | None, typer.Option("--baseline", help="The run to compare with; default: the accepted one.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def main(arguments: Sequence[str]) -> None:
    """What `coach eval` does with its arguments; without the name of a command it runs."""
    known = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    given = list(arguments)
    require_extra(spoken(load_settings()))
    code = app(given if given and given[0] in known else ["run", *given], prog_name="coach eval", standalone_mode=False)
    if isinstance(code, int) and code:
        raise typer.Exit(code)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _print_json(values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(values, ensure_ascii=False, indent=2) + "\n")


def _language(chosen: Language | None, settings: Settings) -> Language:
    return chosen or spoken(settings)


def _last(settings: Settings) -> Path:
    return settings.home / "evals" / "last.json"


def baseline_path(folder: Path | None) -> Path:
    """Where the accepted run of a folder of cases stands."""
    return CASES.parent / "baseline.json" if folder is None or folder.resolve() == CASES else folder / "baseline.json"


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _done, _total, _label: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(label),
        TimeRemainingColumn(),
        TextColumn("{task.description}", style="dim"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=None)
        yield lambda done, total, label: bars.update(task, completed=done, total=total, description=label[:50])


def _opened(folder: Path | None, language: Language | None = None) -> tuple[Settings, Language, CaseSet]:
    """What nearly every command begins with: settings, language and cases; it ends there if the cases have mistakes."""
    settings = load_settings()
    chosen = _language(language, settings)
    try:
        return settings, chosen, load_cases(folder, chosen, settings)
    except CaseError as error:
        _tell(error, chosen)


def _synced(coach: Coach, language: Language) -> Coach:
    if coach.needs_sync():
        _say(texts(language)("command.reading"))
        coach.sync()
    return coach


@app.command()
def run(
    suites: Annotated[list[str] | None, typer.Argument(help=f"What to run: {', '.join(SUITES)}; default: all.")] = None,
    cases: CasesOption = None,
    baseline: BaselineOption = None,
    gate: Annotated[bool, typer.Option("--gate", help="Exit with 1 if anything is demonstrably worse, or breaks.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the report here (HTML); JSON, CSV and JUnit beside it.")
    ] = None,
    judge: Annotated[bool, typer.Option("--judge", help="Ask a language model's opinion as well (COACH_MODEL).")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the judge's calls.")] = False,
    vs: Annotated[
        str | None, typer.Option("--vs", help="Compare with another setting, as NAME=VALUE, instead of a baseline.")
    ] = None,
    price: Annotated[
        str | None, typer.Option("--price", help="Of a million tokens, sent/received, for instance 0.4/1.6.")
    ] = None,
    language: LanguageOption = None,
    as_json: AsJson = False,
) -> None:
    """Put the reference cases to the coach, and say what got worse, what got better and what to mend first.

    Other commands: coach eval check, accept, agreement, export, import, coverage.
    """
    from evals.comparing import compare
    from evals.report import chance, floor, verdict, write_report
    from evals.running import run as run_cases
    from evals.workshop import variant

    wanted = _suites(suites)
    settings, chosen, loaded = _opened(cases, language)
    other = variant(settings, vs) if vs is not None else None
    coach = _synced(Coach(settings), chosen)
    held = _held(baseline, cases, needed=gate and vs is None, language=chosen)
    prices = _prices(price)
    if judge:
        _announce_judge(coach, loaded.only(wanted), chosen, yes=yes)
    with _progress(texts(chosen)("command.progress")) as progress:
        result = run_cases(coach, loaded, wanted, judge=judge, progress=progress, prices=prices)
        if other is not None:
            _say(texts(chosen)("command.vs", setting=vs))
            held, result = result, run_cases(_synced(other, chosen), loaded, wanted, progress=progress)
    comparison = compare(result, held, whole=wanted is None)
    if vs is None:
        write_json(result.to_dict() | {"suites": list(wanted or SUITES)}, _last(settings), small=True)
    target = report or settings.home / "evals" / "report.html"
    write_report(result, comparison, target, chosen, loaded)
    if as_json:
        values = result.to_dict()
        told = {name: values[name] for name in ("metrics", "cases", "settings", "seconds", "judge")}
        _print_json({"verdict": comparison.verdict, "comparison": comparison.to_dict(), "report": str(target)} | told)
    else:
        _summary(result, chosen)
        typer.echo(f"\n{verdict(result, comparison, chosen)}\n{floor(comparison, chosen)}\n{chance(result, comparison, chosen)}")
        for name, each in comparison.breaks:
            typer.echo(f"  {name}: " * bool(name) + texts(chosen)(f"break.{each.reason}", words=each.words))
        for heading, names in (("worse", comparison.worse), ("better", comparison.better)):
            if names:
                typer.echo(f"{texts(chosen)(f'heading.{heading}')}: {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}")
    _say(texts(chosen)("command.saved", path=target))
    if gate and comparison.verdict == "fail":
        raise typer.Exit(1)


def _suites(names: Sequence[str] | None) -> tuple[Suite, ...] | None:
    for name in names or ():
        if name not in SUITES:
            raise typer.BadParameter(f"there is no suite '{name}'; choose from: {', '.join(SUITES)}")
    return tuple(suite for suite in SUITES if suite in names) if names else None


def _held(path: Path | None, folder: Path | None, *, needed: bool, language: Language) -> RunResult | None:
    """The run to compare with; a gate cannot do without one."""
    place = path or baseline_path(folder)
    if path is None and not place.exists():
        if needed:
            raise CoachError(f"{place}: {texts(language)('verdict.none')} {texts(language)('verdict.none-advice')}")
        return None
    return read_run(place)


def _prices(text: str | None) -> Any:
    from evals.summary import Prices

    if text is None:
        return None
    try:
        sent, received = (float(part.replace(",", ".")) for part in text.split("/"))
        return Prices(sent, received)
    except ValueError:
        raise typer.BadParameter("write --price as sent/received, for instance 0.4/1.6") from None


def _summary(result: RunResult, language: Language) -> None:
    say = texts(language)
    from evals.report import figure, percent

    for metric in result.metrics:
        if metric.language != "all" or metric.suite == "operations" or not metric.measured:
            continue
        key = f"metric.{metric.suite}.{metric.name}" if metric.suite != "judge" else f"criterion.{metric.name}"
        value = figure(metric, language)
        interval = f"{percent(metric.low, language)} – {percent(metric.high, language)}" if metric.name != "crag" else ""
        typer.echo(f"{say(f'suite.{metric.suite}'):<28} {say(key):<28} {value:>7}  {interval:<17} n={metric.n}")


def _announce_judge(coach: Coach, cases: CaseSet, language: Language, *, yes: bool) -> None:
    """Say what judging will take, and on a terminal ask whether to go on."""
    from evals.judge import estimate
    from evals.report import amount

    if not coach.settings.model:
        raise CoachError(texts(language)("judge.no-model"))
    planned = estimate(cases)
    _say(texts(language)("judge.estimate", calls=planned.calls, tokens=amount(planned.tokens, language)))
    if not yes and sys.stdin.isatty() and not typer.confirm(texts(language)("judge.confirm"), err=True):
        raise typer.Exit(0)


@app.command()
def check(cases: CasesOption = None, language: LanguageOption = None) -> None:
    """Look the cases over without asking the coach anything."""
    _, chosen, loaded = _opened(cases, language)
    _say(texts(chosen)("command.checked", count=len(loaded.cases)))


@app.command()
def accept(
    run_file: Annotated[Path | None, typer.Argument(metavar="[RUN.json]", help="The run; default: the last one.")] = None,
    cases: CasesOption = None,
    baseline: Annotated[Path | None, typer.Option("--baseline", help="Where the accepted run stands.")] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Replace only the suites that the run has.")] = False,
    language: LanguageOption = None,
) -> None:
    """Make a run the one that later runs are held against. Nothing else changes the baseline."""
    from evals.comparing import accept as accept_run

    settings = load_settings()
    chosen = _language(language, settings)
    source = run_file or _last(settings)
    if run_file is None and not source.exists():
        raise CoachError(texts(chosen)("command.no-run"))
    result = read_run(source)
    target = baseline or baseline_path(cases)
    had = {case.suite for case in result.cases}
    if had != set(SUITES):
        if not partial:
            raise CoachError(texts(chosen)("command.partial", suites=", ".join(sorted(had))))
        if target.exists():
            before = read_run(target)
            kept = tuple(case for case in before.cases if case.suite not in had)
            result = replace(result, cases=(*result.cases, *kept))
    accept_run(result, target)
    _say(texts(chosen)("command.accepted", path=target, cases=len(result.cases)))


@app.command()
def coverage(cases: CasesOption = None) -> None:
    """Print which topics the cases cover, as a Markdown table."""
    from evals.coverage import markdown

    typer.echo(markdown(_opened(cases)[2]), nl=False)


@app.command(name="export")
def export_to(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A .xlsx or .csv file to write.")],
    cases: CasesOption = None,
    language: LanguageOption = None,
) -> None:
    """Write the cases to a spreadsheet."""
    from evals.sheets import export_cases

    _, chosen, loaded = _opened(cases, language)
    export_cases(loaded, path, chosen)
    _say(texts(chosen)("command.exported", count=len(loaded.cases), path=path))


@app.command(name="import")
def import_from(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A .xlsx or .csv file to read.")],
    cases: CasesOption = None,
    language: LanguageOption = None,
) -> None:
    """Put the rows of a spreadsheet into the case files; comments in them stay."""
    from evals.sheets import import_cases

    _, chosen, loaded = _opened(cases, language)
    try:
        added, changed, same = import_cases(path, cases, loaded, chosen)
    except CaseError as error:
        _tell(error, chosen)
    _say(texts(chosen)("command.imported", added=added, changed=changed, same=same))


@app.command()
def agreement(
    sheets: Annotated[
        list[Path] | None, typer.Argument(metavar="[SHEET ...]", help="One sheet with both people, or one each.")
    ] = None,
    sheet: Annotated[Path | None, typer.Option("--sheet", help="Write the last run's judged items here, to be labelled.")] = None,
    language: LanguageOption = None,
    as_json: AsJson = False,
) -> None:
    """Say how far two people agree with each other, and with the judge of the last run."""
    from evals import agreement as agreeing

    settings = load_settings()
    chosen = _language(language, settings)
    last = read_run(_last(settings)) if _last(settings).exists() else None
    if sheet is not None:
        if last is None or last.judge is None:
            raise CoachError(texts(chosen)("agreement.no-judge"))
        rows = agreeing.to_label(last)
        write_text(agreeing.as_sheet(rows), sheet)
        _say(texts(chosen)("agreement.sheet", count=len(rows), path=sheet))
        return
    if not sheets or len(sheets) > 2:
        raise typer.BadParameter("name one sheet with labels of two people, or two sheets; or --sheet to make one")
    found = agreeing.agreements(agreeing.read_labels(sheets, chosen), agreeing.verdicts(last))
    if not found:
        raise CoachError(texts(chosen)("agreement.none"))
    agreeing.keep(found, settings.home)
    if as_json:
        _print_json({"agreements": [asdict(each) | {"enough": each.enough} for each in found]})
        return
    for each in found:
        typer.echo(agreeing.told(each, chosen))


def _tell(error: CaseError, language: Language) -> NoReturn:
    _say(texts(language)("command.mistakes", count=len(error.mistakes)))
    for line in str(error).splitlines():
        _say(f"  {line}")
    raise typer.Exit(1)


@app.command()
def mutations(
    cases: CasesOption = None, step: Annotated[int, typer.Option("--step", min=1, help="Take each STEP-th case only.")] = 1
) -> None:
    """Test the metrics themselves: what is right is spoilt in one way at a time, and each metric must fall. Prints a table."""
    from evals.mutations import markdown, mutate

    typer.echo(markdown(mutate(_opened(cases)[2], step)), nl=False)
