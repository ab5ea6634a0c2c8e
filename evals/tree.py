"""A YAML file as plain values with the line of each: what ruamel's nodes hold, without a second pass over the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Tree:
    """The values of a file (every scalar as the text that stands there; an empty one is None) and the line of each place.

    `doubled` holds the places of keys that stand twice; `broken` says on which line the syntax is wrong, and in what way (the
    end of a key `mistake.syntax.…` of the texts).
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

    lines: dict[Place, int] = {}
    doubled: list[Place] = []
    try:
        node = YAML(typ="safe", pure=True).compose(text)
        if node is None:
            return Tree(None, {})
        return Tree(_plain(node, (), lines, doubled), lines, tuple(doubled))
    except YAMLError as error:
        return Tree(None, {}, broken=_broken(error, text))
    except RecursionError:  # a part that holds itself, or thousands of brackets
        return Tree(None, {}, broken=(1, "alias"))


# What ruamel says, in English and for programmers, and which way of going wrong that is; the first that fits.
_WAYS = (
    ("another document", "document"),
    ("alias", "alias"),
    ("special characters are not allowed", "sign"),
    ("'\\t'", "tab"),
    ("mapping values are not allowed", "colon"),
    ("quoted scalar", "quote"),
    ("',' or", "bracket"),
    ("could not find expected ':'", "key"),
    ("block", "indent"),
)


def _broken(error: Any, text: str) -> tuple[int, str]:
    """The line where a file breaks, and the way it does; of a quotation mark left open, the line where it stands."""
    mark, said = getattr(error, "problem_mark", None), str(error)
    way = next((way for words, way in _WAYS if words in said), "other")
    line = mark.line + 1 if mark else text.count("\n", 0, getattr(error, "position", 0)) + 1
    odd = [number for number, each in enumerate(text.splitlines(), 1) if each.replace('\\"', "").count('"') % 2]
    return (odd[0], "quote") if way in ("indent", "quote", "key", "bracket") and len(odd) == 1 else (line, way)


def _plain(node: Any, place: Place, lines: dict[Place, int], doubled: list[Place]) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if node.id == "mapping":
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value if key.id == "scalar" else "{ }"  # a name in braces or brackets: no key, and told as one
            spot = (*place, name)
            if name in found:
                doubled.append(spot)
            lines[spot] = key.start_mark.line + 1
            found[name] = _plain(value, spot, lines, doubled)
        return found
    if node.id == "sequence":
        return [_plain(item, (*place, number), lines, doubled) for number, item in enumerate(node.value)]
    return None if str(node.tag).endswith(":null") else node.value
