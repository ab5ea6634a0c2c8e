"""The house stands as the README draws it, and its imports point one way."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import coach

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "coach").rglob("*.py"))
NAMES = [path.relative_to(ROOT).as_posix() for path in FILES]
GUESTS = [path for house in ("evals", "ui") for path in sorted((ROOT / house).rglob("*.py"))]
GUEST_NAMES = [path.relative_to(ROOT).as_posix() for path in GUESTS]
# The rooms in order: each may import from those on earlier lines and from its own name.
FLOORS = [
    {"errors", "records", "settings"},
    {"languages"},
    {"files"},
    {"privacy", "facts"},
    {"model"},
    {"library"},
    {"answers", "drafts"},
    {"health"},
    {"coach"},
    {"__init__"},
    {"cli"},
]
FLOOR = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}


def room(path: Path) -> str:
    """The room of a module: its folder, or its own name where it stands at the front door."""
    return path.relative_to(ROOT / "coach").parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> Iterator[str]:
    """Every dotted name that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def tree(path: Path) -> ast.Module:
    """The parsed module, without what only a type checker reads and without the names `coach/__init__.py` forwards to."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    module.body = [node for node in module.body if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))]
    return module


def uses(path: Path, pattern: str) -> bool:
    """Whether a module imports or calls a name."""
    module = tree(path)
    called = (ast.unparse(node.func) for node in ast.walk(module) if isinstance(node, ast.Call))
    read = (ast.unparse(node) for node in ast.walk(module) if isinstance(node, ast.Attribute))
    return any(re.fullmatch(pattern, name) for name in (*imports(module), *called, *read))


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_imports_point_one_way(path: Path) -> None:
    own = room(path)
    entered = {name.split(".")[1] for name in imports(tree(path)) if name.startswith("coach.")} - {own}
    assert own in FLOOR and not [other for other in entered if FLOOR.get(other, len(FLOORS)) >= FLOOR[own]
                                 and {own, other} - FLOORS[0]]  # fmt: skip


@pytest.mark.parametrize("path", GUESTS, ids=GUEST_NAMES)
def test_guests_enter_by_the_front_door(path: Path) -> None:
    public = {f"coach.{name}" for name in coach.__all__}
    assert {name for name in imports(ast.parse(path.read_text("utf-8"))) if name.split(".")[0] == "coach"} <= public


@pytest.mark.parametrize(
    ("pattern", "allowed"),
    [
        (r"chromadb(\..*)?", {"coach/library/store.py"}),
        (r"os\.(environ|getenv)(\..*)?", {"coach/settings.py"}),
        (r"print|(sys\.)?exit|sys\.std(out|err)(\..*)?", {"coach/cli.py", "evals/commands.py"}),
        (r"(langchain_community|langchain\.agents)(\..*)?", set()),
    ],
)
def test_one_place_each(pattern: str, allowed: set[str]) -> None:
    assert {path.relative_to(ROOT).as_posix() for path in (*FILES, *GUESTS) if uses(path, pattern)} <= allowed


def drawn() -> set[str]:
    """The modules in the tree of the README: the fenced block with a line `coach/`, indented two or more a level."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    (block,) = [block for block in blocks if re.search(r"^\s*coach/", block, re.M) and "cli.py" in block]
    found, folders = set(), list[tuple[int, str]]()
    for line in block.splitlines():
        entry = re.match(r"[\s│├└─|`-]*", line)
        depth = entry.end() if entry else 0
        for name in re.findall(r"[\w./*{},-]+(?:\.py|/)(?=\s|,|$)", line[depth:].split("  ")[0]):
            folders = [(level, folder) for level, folder in folders if level < depth]
            path = "".join(folder for _, folder in folders) + name
            if name.endswith("/"):
                folders.append((depth, name))
            elif path.startswith(("coach/", "evals/", "ui/")):
                found.add(path)
    return found


def test_the_tree_in_the_readme_names_every_module_and_no_other() -> None:
    modules = {name for name in NAMES + GUEST_NAMES if Path(name).name != "__init__.py"}
    named = {name for name in drawn() if not name.endswith("__init__.py")}
    assert (modules - named, named - modules) == (set(), set())
