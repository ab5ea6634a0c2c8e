"""Charts as SVG in the page itself: nothing is fetched, they print, and shape and place say what colour would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABEL, RIGHT = 720, 210, 130  # in user units; the page scales them
ROW, TOP = 30, 26


@dataclass(frozen=True)
class Bar:
    """A row: a value with its interval, from 0 to 1, and where it was before, if it was measured then."""

    label: str
    value: float
    low: float
    high: float
    shown: str
    before: float | None = None


def chart(title: str, legend: str, bars: Sequence[Bar]) -> str:
    """Values with their intervals on one scale from 0 to 100%. The rows are also told in words, for those who do not see it."""
    height = TOP + ROW * len(bars) + 34
    told = "; ".join(f"{bar.label}: {bar.shown}" for bar in bars)
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}. {escape(told)}">',
        *(_grid(percent, height) for percent in (0, 25, 50, 75, 100)),
    ]
    for number, bar in enumerate(bars):
        parts += _row(bar, TOP + ROW * number + ROW / 2)
    parts.append(f'<text x="{LABEL}" y="{height - 6}" class="small">{escape(legend)}</text></svg>')
    return "".join(parts)


def _x(value: float) -> float:
    return round(LABEL + max(0.0, min(1.0, value)) * (WIDTH - LABEL - RIGHT), 1)


def _grid(percent: int, height: int) -> str:
    x = _x(percent / 100)
    return (
        f'<line x1="{x}" y1="{TOP - 6}" x2="{x}" y2="{height - 26}" class="grid"/>'
        f'<text x="{x}" y="{TOP - 10}" class="small" text-anchor="middle">{percent}%</text>'
    )


def _row(bar: Bar, y: float) -> list[str]:
    low, high, x = _x(bar.low), _x(bar.high), _x(bar.value)
    parts = [
        f'<text x="{LABEL - 12}" y="{y + 4}" text-anchor="end">{escape(bar.label)}</text>',
        f'<line x1="{low}" y1="{y}" x2="{high}" y2="{y}" class="interval"/>',
        f'<line x1="{low}" y1="{y - 5}" x2="{low}" y2="{y + 5}" class="interval"/>',
        f'<line x1="{high}" y1="{y - 5}" x2="{high}" y2="{y + 5}" class="interval"/>',
        f'<circle cx="{x}" cy="{y}" r="4" class="dot"/>',
        f'<text x="{WIDTH - RIGHT + 14}" y="{y + 4}">{escape(bar.shown)}</text>',
    ]
    if bar.before is not None:
        b = _x(bar.before)
        parts.append(f'<path d="M{b} {y - 8}L{b + 8} {y}L{b} {y + 8}L{b - 8} {y}Z" class="before"/>')
    return parts
