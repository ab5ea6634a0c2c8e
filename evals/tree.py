"""A YAML file as plain values with the line of each: what ruamel's nodes hold, without a second pass over the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Tree:
    """The values of a file (every scalar as the text that stands there; an empty one is None) and the line of each place.

    `doubled` holds the places of keys that stand twice; `broken` says what is wrong with the syntax, and on which line.
    """

    value: Any
    lines: Mapping[Place, int]
    doubled: tuple[Place, ...] = ()
    broken: tuple[int, str] | None = None

    def line(self, place: Place) -> int:
        """The line, from 1, of a place; of the nearest thing above it where the place itself does not stand there."""
        for length in range(len(place), -1, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return 1


@lru_cache(maxsize=500)
def read_tree(text: str) -> Tree:
    """The tree of a YAML text. Never raises for a broken file: see `Tree.broken`. Anchors and aliases are allowed."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        return Tree(None, {}, broken=((mark.line + 1) if mark else 1, str(said)))
    if node is None:
        return Tree(None, {})
    lines: dict[Place, int] = {}
    doubled: list[Place] = []
    return Tree(_plain(node, (), lines, doubled), lines, tuple(doubled))


def _plain(node: Any, place: Place, lines: dict[Place, int], doubled: list[Place]) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if node.id == "mapping":
        found: dict[str, Any] = {}
        for key, value in _pairs(node):
            spot = (*place, key.value)
            if key.value in found:
                doubled.append(spot)
            lines[spot] = key.start_mark.line + 1
            found[key.value] = _plain(value, spot, lines, doubled)
        return found
    if node.id == "sequence":
        return [_plain(item, (*place, number), lines, doubled) for number, item in enumerate(node.value)]
    return None if str(node.tag).endswith(":null") else node.value


def _pairs(node: Any) -> Iterator[tuple[Any, Any]]:
    for key, value in node.value:
        if key.id == "scalar":
            yield key, value
