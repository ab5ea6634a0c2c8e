"""The commands; the only place that prints or exits.

Each takes `--json`: one object on standard output and nothing else there. Messages and progress go to standard error. Exit
codes: 0 done, 1 a failure that was foreseen (one line says what is wrong and what to do), 2 a mistake in the command.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from coach.errors import CoachError, DraftError, ModelError
from coach.records import Answer, Disclosure, Finding, Language, Outgoing

app = typer.Typer(
    name="coach",
    help="A mentoring coach that knows a programme's own guidance.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
ChannelOption = Annotated[str | None, typer.Option("--channel", help="Where it will be sent; see 'coach draft --list'.")]
LanguageOption = Annotated[Literal["nl", "en"] | None, typer.Option("--language", help="nl or en; default: the text's own.")]


def main() -> NoReturn:
    """Run a command; foreseen failures end in one line and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app()
    except CoachError as error:
        _say(f"coach: {error}")
        raise SystemExit(1) from None
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away, which is its right
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        _say("coach: stopped.")
        raise SystemExit(130) from None
    raise SystemExit(0)


def _say(text: str) -> None:
    typer.echo(" ".join(text.split()), err=True)


def _print_json(values: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(values, ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if total:
                task = tasks.setdefault(what, None) or bars.add_task(what, total=total)
                tasks[what] = task
                bars.update(task, completed=done, total=total)

        yield show


def _waiting(holder: str) -> None:
    _say(f"Waiting for {holder} to finish with the index ...")


def _ready() -> Any:
    """A coach whose index exists and is of the folders in the settings; made first where it is not."""
    from coach.coach import Coach

    coach = Coach()
    if coach.needs_sync():
        _say("The folders have not been read yet; reading them once.")
        with _progress() as progress:
            report = coach.sync(progress=progress, waiting=_waiting)
        _say_failures(report.failed)
    return coach


def _say_failures(failures: Sequence[Any]) -> None:
    for failure in failures:
        _say(f"not read: {failure.path}: {failure.reason}")


@app.command()
def sync(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen, change nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the index match the folders of guidance."""
    from coach.coach import Coach

    with _progress() as progress:
        report = Coach().sync(dry_run=dry_run, progress=progress, waiting=_waiting)
    if as_json:
        _print_json(report.to_dict())
        return
    counts = ("added", "changed", "moved", "removed", "unchanged")
    typer.echo(", ".join(f"{getattr(report, name)} {name}" for name in counts) + f"; {len(report.failed)} not read")
    typer.echo(f"{report.passages:,} passages, {report.embedded:,} newly embedded, in {report.seconds:.1f} s")
    if report.notice:
        typer.echo(report.notice)
    _say_failures(report.failed)


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="What to look for.")],
    k: Annotated[int, typer.Option("-k", help="How many passages.", min=1, max=200)] = 8,
    as_json: AsJson = False,
) -> None:
    """Find the passages that fit a text best."""
    from coach.library.reading import plain

    result = _ready().search(text, k)
    if as_json:
        _print_json(result.to_dict())
        return
    if result.notice:
        typer.echo(result.notice + "\n")
    for hit in result.hits:
        passage = hit.passage
        typer.echo(f"{hit.rank}. {' › '.join((passage.title, *passage.heading))}  ({passage.document}, {hit.score:.2f})")
        typer.echo(f"{plain(passage.text)}\n")
    typer.echo(f"confidence {result.confidence:.2f}")


@app.command()
def ask(
    text: Annotated[str, typer.Argument(help="Your question, in Dutch or English.")],
    conversation: Annotated[str | None, typer.Option("--conversation", help="Continue the conversation with this id.")] = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from the guidance, with its sources."""
    coach = _ready()
    if as_json:
        _print_json(coach.ask(text, conversation).to_dict())
        return
    _ask_consent(coach, text)
    _show_as_it_comes(coach, text, conversation)


def _show_as_it_comes(coach: Any, text: str, conversation: str | None) -> None:
    """On a terminal the verified sentences of a model as they come, then the sources; else the whole at once."""
    if not (coach.settings.model and sys.stdout.isatty()):
        _show(coach.ask(text, conversation))
        return
    from coach.library.reading import plain

    shown = ""
    for piece in coach.stream(text, conversation):
        if isinstance(piece, Answer):
            answer = piece
        else:
            shown += piece
            typer.echo(plain(piece), nl=False)
    typer.echo("\n")
    if shown.strip() != answer.answer.strip():
        _show(answer)
        return
    if answer.notice:
        typer.echo(answer.notice + "\n")
    _show_sources(answer)


def _ask_consent(coach: Any, text: str) -> None:
    """Before anything is sent to a model elsewhere, and only on a terminal: show what it would be, and ask once."""
    from coach.languages import detect

    if not (coach.settings.model and sys.stdin.isatty() and sys.stdout.isatty()):
        return
    try:
        disclosure = coach.disclosure(detect(text))
        if disclosure is None or disclosure.refused:
            return
        _show_disclosure(disclosure, coach.outgoing(text))
    except ModelError:
        return  # the answer will say what is wrong with the settings
    coach.allow(typer.confirm(disclosure.question, default=False))


def _show_disclosure(disclosure: Disclosure, messages: Sequence[Outgoing] = ()) -> None:
    typer.echo(disclosure.summary)
    for message in messages:
        typer.echo(f"\n--- {message.role} ---\n{message.text}")
    typer.echo()


@app.command()
def consent(
    yes: Annotated[bool, typer.Option("--yes", help="Allow it.")] = False,
    no: Annotated[bool, typer.Option("--no", help="Refuse it.")] = False,
    text: Annotated[str, typer.Option("--example", help="Show exactly what asking this question would send.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show what would be sent to the model of the settings, and allow or refuse it."""
    from coach.coach import Coach

    if yes and no:
        raise typer.BadParameter("choose --yes or --no")
    coach = _ready() if text else Coach()
    if yes or no:
        coach.allow(yes)
    disclosure = coach.disclosure()
    messages = coach.outgoing(text) if text else ()
    if as_json:
        shown = disclosure.to_dict() if disclosure else None
        _print_json({"disclosure": shown, "outgoing": [vars(message) for message in messages]})
        return
    if disclosure is None:
        typer.echo("Nothing to ask: no model is set, it runs on this machine, or you allowed it.")
    else:
        _show_disclosure(disclosure)
    for message in messages:
        typer.echo(f"--- {message.role} ---\n{message.text}\n")


def _show(answer: Answer) -> None:
    from coach.library.reading import plain

    if answer.notice:
        typer.echo(answer.notice + "\n")
    typer.echo(plain(answer.answer))
    if answer.citations:
        typer.echo()
    _show_sources(answer)


def _show_sources(answer: Answer) -> None:
    from coach.languages import language_data

    if answer.searched:
        _say(answer.searched)
    if answer.citations:
        typer.echo(f"{language_data(answer.language).texts.sources}:")
        for citation in answer.citations:
            typer.echo(f"[{citation.n}] {' › '.join(filter(None, (citation.title, citation.heading)))} ({citation.document})")


@app.command()
def chat(
    conversation: Annotated[str | None, typer.Option("--conversation", help="Continue the conversation with this id.")] = None,
) -> None:
    """Ask in a conversation; an empty line ends it."""
    coach = _ready()
    current = conversation or coach.history.new()
    _say(f"Conversation {current}; an empty line ends it, 'coach forget {current}' removes it.")
    while True:
        if sys.stdin.isatty():
            typer.echo("> ", nl=False)
        line = sys.stdin.readline()
        if not line.strip():
            return
        try:
            _ask_consent(coach, line)
            _show_as_it_comes(coach, line, current)
        except CoachError as error:
            _say(f"coach: {error}")
        typer.echo()


@app.command()
def conversations(as_json: AsJson = False) -> None:
    """List the conversations that are kept on this machine."""
    from datetime import datetime

    from coach.coach import Coach

    found = Coach().conversations()
    if as_json:
        _print_json({"conversations": [vars(summary) for summary in found]})
        return
    for summary in found:
        when = datetime.fromtimestamp(summary.last).strftime("%Y-%m-%d %H:%M")
        typer.echo(f"{summary.conversation}  {when}  {summary.turns:3d} turns  {summary.first_question}")
    if not found:
        typer.echo("No conversations are kept.")


@app.command()
def forget(
    conversation: Annotated[str | None, typer.Argument(help="The conversation's id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Forget every conversation and every reply of a model.")] = False,
    replies: Annotated[bool, typer.Option("--replies", help="Only empty the cache of a model's replies.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a conversation, or with --all every one, from this machine."""
    from coach.coach import Coach

    if [bool(conversation), everything, replies].count(True) != 1:
        raise typer.BadParameter("give one conversation's id, --all, or --replies")
    coach = Coach()
    count = coach.forget_replies() if replies else coach.forget(conversation)
    if as_json:
        _print_json({"forgotten": count})
    else:
        typer.echo(f"Forgotten: {count} {'replies' if replies else 'turns'}.")


@app.command()
def draft(
    kind: Annotated[str | None, typer.Argument(help="The kind of message.")] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--field", help="A fact, as name=value; may be given more than once.")
    ] = None,
    channel: ChannelOption = None,
    variant: Annotated[str | None, typer.Option("--variant", help="shorter, warmer or more_direct.")] = None,
    style: Annotated[str | None, typer.Option("--style", help="For feedback: direct or gentle.")] = None,
    language: LanguageOption = None,
    ics: Annotated[Path | None, typer.Option("--ics", help="For session_agenda: write a calendar invitation here.")] = None,
    list_kinds: Annotated[bool, typer.Option("--list", help="List the kinds with their fields.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a message from your facts; what you leave out stays a visible blank."""
    if list_kinds:
        _list_kinds(as_json)
        return
    if kind is None:
        raise typer.BadParameter("name a kind of message; 'coach draft --list' shows them")
    from coach.coach import Coach

    given = dict(_field(entry) for entry in fields or ())
    made = Coach().draft(kind, given, channel, variant, language, style)
    if ics:
        _write_invitation(kind, given, language, ics)
    if as_json:
        _print_json(made.to_dict())
        return
    if made.subject:
        typer.echo(f"{'Onderwerp' if made.language == 'nl' else 'Subject'}: {made.subject}\n")
    typer.echo(made.body)
    if made.missing:
        _say(f"To fill in: {', '.join(made.missing)}.")
    if made.notice:
        _say(made.notice)
    for finding in made.findings:
        _say(f"{finding.severity}: {finding.reason} {finding.fix}")


def _field(entry: str) -> tuple[str, str]:
    name, sign, value = entry.partition("=")
    if not sign or not name.strip():
        raise DraftError(f"--field {entry!r}: write it as name=value.")
    return name.strip(), value


def _write_invitation(kind: str, fields: dict[str, str], language: Language | None, path: Path) -> None:
    from coach.drafts.calendar import invitation

    if kind != "session_agenda":
        raise DraftError(f"--ics goes with session_agenda, not with {kind}.")
    content = invitation(fields, language=language)
    try:
        path.write_bytes(content)
    except OSError as error:
        raise DraftError(f"{path} cannot be written ({error.strerror}); choose another place.") from None
    _say(f"Invitation written to {path}.")


def _list_kinds(as_json: bool) -> None:
    from coach.drafts.kinds import load_kinds
    from coach.settings import load_settings

    kinds = load_kinds()
    if as_json:
        _print_json({"kinds": [kind.model_dump(mode="json", exclude={"templates", "examples"}) for kind in kinds.values()]})
        return
    spoken = "en" if load_settings().language == "en" else "nl"
    for kind in kinds.values():
        typer.echo(f"{kind.id}: {getattr(kind.title, spoken)}")
        for one in kind.fields:
            typer.echo(f"    {one.name}{' *' if one.required else ''}: {getattr(one.label, spoken)}")
    typer.echo(
        "* " + ("gevraagd; leeg blijft het een zichtbare open plek" if spoken == "nl" else "asked for; empty, it stays a blank")
    )


@app.command()
def review(
    kind: Annotated[str, typer.Argument(help="The kind of message.")],
    file: Annotated[str, typer.Argument(help="A file with the message, or - for standard input.")],
    channel: ChannelOption = None,
    language: LanguageOption = None,
    subject: Annotated[str | None, typer.Option("--subject", help="The subject line, if there is one.")] = None,
    model: Annotated[Literal["sbi", "4g"], typer.Option("--model", help="For feedback: the parts to look for.")] = "sbi",
    as_json: AsJson = False,
) -> None:
    """Check a message by the rules of its kind."""
    from coach.coach import Coach

    found = Coach().review(kind, _read_message(file), channel, language, subject, model)
    if as_json:
        _print_json(found.to_dict())
        return
    for finding in found.findings:
        _show_finding(finding)
    if not found.findings:
        clear = "Geen opmerkingen: alle regels zijn gevolgd." if found.language == "nl" else "No findings: every rule is kept."
        typer.echo(clear)
    typer.echo(("In orde: " if found.language == "nl" else "In order: ") + ", ".join(found.passed))
    for part in found.parts:
        typer.echo(f"{part['part']}: {part['quote'] or '-'}")


def _show_finding(finding: Finding) -> None:
    where = f"“{finding.quote}”" if finding.quote else f"@ {finding.start}"
    typer.echo(f"{finding.severity.upper()} {finding.rule} {where}\n  {finding.reason}\n  → {finding.fix}")
    typer.echo(f"  ({finding.guidance.document}: {finding.guidance.heading})\n")


def _read_message(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    try:
        from coach.library.loaders import decode

        return decode(Path(file).read_bytes())
    except OSError as error:
        raise DraftError(f"{file} cannot be read ({error.strerror}); name a text file, or - for standard input.") from None


@app.command()
def ui(port: Annotated[int, typer.Option("--port", help="Port on this machine.", min=1, max=65_535)] = 8501) -> None:
    """Serve the page for mentees, mentors and trainers on this machine."""
    from ui.serve import ADDRESS, command, serve

    wanted = command(port)
    _ready()
    _say(f"The page is at http://{ADDRESS}:{port}; Ctrl+C stops it.")
    serve(wanted)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Look at index, embedder, folders and model, and say what to do about each."""
    from coach.coach import Coach

    health = Coach().doctor()
    if as_json:
        _print_json(health.to_dict())
    else:
        for check in health.checks:
            typer.echo(f"{check.state:8s} {check.name}: {check.detail}" + (f"; {check.advice}" if check.advice else ""))
    if not health.well:
        raise typer.Exit(1)


@app.command(
    name="eval",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)
def evaluate(context: typer.Context) -> None:
    """Put the reference cases to the coach: what got worse, what got better, what to mend. 'coach eval --help' says more."""
    from evals.commands import main as run_evals

    run_evals(context.args)


if __name__ == "__main__":
    main()
