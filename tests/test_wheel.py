"""A wheel, installed away from the checkout, answers from the handbook that it carries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CARRIED = ["pyproject.toml", "README.md", "LICENSE", "coach", "evals", "ui", "knowledge", "prompts"]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel, and borrows only its dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in CARRIED:  # a copy, since a build leaves files behind
        path = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(path, source / name, ignore=ignored) if path.is_dir() else shutil.copy(path, source / name)
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source))
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    packages = Path(run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(packages), str(wheel))
    borrowed = folder / "borrowed"
    borrowed.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "mentoring" not in path.name and not path.name.startswith(("_editable", "__editable", "_mentoring")):
            (borrowed / path.name).symlink_to(path)
    (packages / "borrowed.pth").write_text(str(borrowed))
    shutil.rmtree(source)
    return python


def run(*command: str, **environment: str) -> str:
    """Run a command away from the checkout and give what it prints."""
    done = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": ""} | environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_prompts_and_knowledge_come_from_inside_the_wheel(installed: Path) -> None:
    script = (
        "import coach.settings as s; from pathlib import Path; inside = Path(s.__file__).parent;"
        "print([s.data_folder(n).relative_to(inside).as_posix() for n in ('knowledge', 'prompts')])"
    )
    assert run(str(installed), "-c", script) == "['data/knowledge', 'data/prompts']\n"


def test_the_page_is_in_the_wheel_with_its_texts_and_looks(installed: Path) -> None:
    script = (
        "import ui.serve as s; from pathlib import Path; c = s.command(0); page = Path(c[4]);"
        "print(page.is_file(), sorted(p.name for p in page.parent.glob('*/*') if p.suffix in ('.yaml', '.js', '.css', '.png')))"
    )
    here = sorted(path.name for folder in ("assets", "texts") for path in (ROOT / "ui" / folder).iterdir())
    assert run(str(installed), "-c", script) == f"True {here}\n"


def test_it_answers_a_question_outside_the_checkout(installed: Path, tmp_path: Path) -> None:
    question = "Mag ik in mijn eerste bericht meteen vragen of iemand mijn mentor wil worden?"
    printed = run(str(installed), "-m", "coach.cli", "ask", "--json", question, COACH_HOME=str(tmp_path / "home"))
    answer = json.loads(printed)
    assert (answer["outcome"], answer["citations"][0]["document"], "niet" in answer["answer"].split("[1]")[0]) == (
        "answered",
        "nl/first-message.md",
        True,
    )


def test_it_carries_the_reference_cases(installed: Path, tmp_path: Path) -> None:
    table = run(str(installed), "-m", "coach.cli", "eval", "coverage", COACH_HOME=str(tmp_path / "home"))
    assert table.startswith("| topic |") and "| first-message |" in table
