"""The commands: one JSON object with the keys of the contract, exit codes, and one line for what was foreseen."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import guidance
import pytest
from conftest import synced_in

from coach.cli import main
from coach.settings import Settings

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def programme(tmp_path_factory: pytest.TempPathFactory, warm_home: Path) -> Settings:
    """A synced index; nobody changes it."""
    return synced_in(tmp_path_factory.mktemp("commands"), warm_home, guidance.DUTCH)


@pytest.fixture
def run(programme: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on a copy of that index; gives exit code, standard output and standard error."""
    shutil.copytree(programme.home, tmp_path / "home")
    monkeypatch.setenv("COACH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COACH_KNOWLEDGE", str(programme.knowledge[0]))
    monkeypatch.chdir(tmp_path)

    def started(*arguments: str, **environment: str) -> tuple[int, str, str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["coach", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capfd.readouterr()
        return int(left.value.code or 0), out, err

    return started


OUTREACH = "Beste Sanne,\n\nWil je mijn mentor worden?\n\nGroet,\nNoor\n"
ANSWER = ["question", "language", "outcome", "answer", "citations", "composer", "notice", "timings_ms", "conversation"]
ANSWER += ["searched", "usage"]
SYNC = ["added", "changed", "removed", "unchanged", "failed", "passages", "seconds", "moved", "embedded", "notice"]
FINDING = ["rule", "severity", "start", "end", "quote", "reason", "fix", "guidance"]


@pytest.mark.parametrize(
    ("arguments", "keys", "inner"),
    [
        (["sync"], SYNC, {}),
        (["sync", "--dry-run"], SYNC, {}),
        (
            ["search", "herinnering", "-k", "2"],
            ["query", "language", "confidence", "passages", "notice"],
            {"passages": ["rank", "document", "title", "heading", "text", "start", "end", "score"]},
        ),
        (
            ["ask", "Hoe lang wacht ik met een herinnering als mijn mentor stil blijft?"],
            ANSWER,
            {"citations": ["n", "document", "title", "heading", "start", "end", "quote"]},
        ),
        (["ask", "Hoe lang wacht ik?", "--conversation", "c1"], ANSWER, {}),
        (
            ["draft", "outreach", "--field", "detail=Sanne"],
            ["kind", "language", "channel", "subject", "body", "missing", "findings", "composer", "notice", "usage"],
            {},
        ),
        (
            ["review", "outreach", "message.txt"],
            ["kind", "language", "channel", "findings", "passed", "parts"],
            {"findings": FINDING},
        ),
        (["draft", "--list"], ["kinds"], {}),
        (["conversations"], ["conversations"], {}),
        (["forget", "--all"], ["forgotten"], {}),
        (["doctor"], ["well", "checks"], {"checks": ["name", "state", "detail", "advice"]}),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
def test_json_is_one_object_with_the_keys_of_the_contract(
    run: Run, arguments: list[str], keys: list[str], inner: dict[str, list[str]]
) -> None:
    Path("message.txt").write_text(OUTREACH)
    code, out, _ = run(*arguments, "--json")
    values = json.loads(out)
    assert (code, list(values), {name: list(values[name][0]) for name in inner}) == (0, keys, inner)


def test_text_of_a_passage_is_the_span_it_names(run: Run, programme: Settings) -> None:
    found = json.loads(run("search", "herinnering", "--json")[1])["passages"]
    files = {name: (programme.knowledge[0] / name).read_text() for name in guidance.DUTCH}
    assert [one["text"] for one in found] == [files[one["document"]][one["start"] : one["end"]] for one in found]


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "words"),
    [
        (["ask", "  "], {}, 1, "The question is empty; type what you want to know."),
        (["search", "?!"], {}, 1, "The question is empty"),
        (["sync"], {"COACH_KNOWLEDGE": "/nowhere/at/all"}, 1, "COACH_KNOWLEDGE: /nowhere/at/all does not exist"),
        (["sync"], {"COACH_EMBEDDER": "magic"}, 1, "COACH_EMBEDDER='magic' is not an embedder"),
        (["ask", "x"], {"COACH_LANGUAGE": "fr"}, 1, "COACH_LANGUAGE is 'fr'"),
        (["search", "x"], {"COACH_CHROMA_URL": "http://127.0.0.1:9"}, 1, "The vector store at http://127.0.0.1:9"),
        (["sync"], {"COACH_HOME": "/proc/nothing"}, 1, "COACH_HOME: /proc/nothing cannot be written"),
        (["draft", "haiku"], {}, 1, "haiku"),
        (["draft", "outreach", "--field", "mentor_name"], {}, 1, "--field 'mentor_name': write it as name=value."),
        (["draft", "outreach", "--field", "shoe=42"], {}, 1, "shoe"),
        (["review", "outreach", "absent.txt"], {}, 1, "absent.txt cannot be read"),
        (["forget", "absent"], {}, 1, "There is no conversation 'absent'"),
    ],
)
def test_what_was_foreseen_is_said_in_one_line_that_names_it(
    run: Run, arguments: list[str], environment: dict[str, str], code: int, words: str
) -> None:
    left, out, err = run(*arguments, **environment)
    assert (left, out, err.count("\n"), words in err) == (code, "", 1, True)


@pytest.mark.parametrize(
    "arguments",
    [["search"], ["search", "x", "-k", "0"], ["nothing"], ["ask", "x", "--loud"], ["forget"], ["draft"], ["review", "outreach"]],
)
def test_a_mistake_in_the_command_is_two(run: Run, arguments: list[str]) -> None:
    code, out, err = run(*arguments)
    assert (code, out, "Usage: " in err) == (2, "", True)


def test_links_and_emphasis_of_a_page_are_plain_words_on_a_terminal(
    tmp_path: Path, warm_home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    text = 'Meld je bij **de [balie](balie.md#open "Waar dat is")** met je pas.'
    settings = synced_in(tmp_path, warm_home, {"bezoek.md": f"# Op bezoek\n\n## De balie\n\n{text}\n"})
    monkeypatch.setenv("COACH_HOME", str(settings.home))
    monkeypatch.setenv("COACH_KNOWLEDGE", str(settings.knowledge[0]))
    for command in (["ask"], ["search"], ["search", "--json"]):
        monkeypatch.setattr(sys, "argv", ["coach", *command, "Bij welke balie meld ik me met mijn pas?"])
        with pytest.raises(SystemExit):
            main()
        out = capfd.readouterr().out
        shown = json.loads(out)["passages"][0]["text"] if "--json" in command else out
        assert (text if "--json" in command else "Meld je bij de balie met je pas.") in shown


@pytest.mark.parametrize(
    "question", ["\udcff kapot", "a\x00b", "🙂 herinnering", "herinnering\n\tnu", "é" * 5_000, "--", "[1] x"]
)
def test_odd_input_is_answered(run: Run, question: str) -> None:
    code, out, err = run("ask", "--json", "--", question)
    assert (code, len(out.splitlines()) > 5 or "question is empty" in err) in {(0, True), (1, True)}


def test_a_chat_goes_on_until_an_empty_line_and_is_remembered(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "Hoe lang wacht ik met een herinnering?\nen als ze dan nog niet reageert?\n?!\n\nnooit gelezen\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))
    code, out, err = run("chat", "--conversation", "c7")
    listed = json.loads(run("conversations", "--json")[1])["conversations"]
    assert (code, "Gelezen als vervolg" in out, err.count("The question is empty"), listed[0]["turns"]) == (0, True, 1, 2)


def process(*arguments: str, programme: Settings, **streams: int) -> subprocess.Popen[bytes]:
    """A command as a process of its own."""
    environment = os.environ | {"COACH_HOME": str(programme.home), "COACH_KNOWLEDGE": str(programme.knowledge[0])}
    return subprocess.Popen([sys.executable, "-m", "coach.cli", *arguments], env=environment, stderr=subprocess.PIPE, **streams)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_reader_that_goes_away_gets_no_complaint(programme: Settings, form: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with process("draft", "--list", *form, programme=programme, stdout=writing) as started:
        os.close(writing)
        _, err = started.communicate()
    assert err == b""


def test_a_message_from_standard_input_is_reviewed(programme: Settings) -> None:
    with process(
        "review", "outreach", "-", "--json", programme=programme, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as started:
        out, _ = started.communicate(OUTREACH.encode())
    assert "asks-for-mentorship" in [finding["rule"] for finding in json.loads(out)["findings"]]
