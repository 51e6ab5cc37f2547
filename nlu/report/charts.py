"""Plots as SVG text: pure functions of what an evaluation found.

Colours are the page's (CSS variables with a fallback for plots that stand alone). Each plot has
a title for those who cannot see it; the page says the same in tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from nlu.report.measures import Bin, Point

_STYLE = {
    "paper": "fill:var(--paper,#fff)",
    "ink": "fill:var(--ink,#1b2430)",
    "soft": "fill:var(--soft,#4d5a6b)",
    "a": "fill:var(--a,#1f6fb2)",
    "b": "fill:var(--b,#b4540a)",
    "band": "fill:var(--a,#1f6fb2);opacity:.2",
    "grid": "stroke:var(--line,#d3dae3);fill:none",
    "line-a": "stroke:var(--a,#1f6fb2);fill:none;stroke-width:2",
    "line-b": "stroke:var(--b,#b4540a);fill:none;stroke-width:2;stroke-dasharray:6 3",
    "line-ideal": "stroke:var(--soft,#4d5a6b);fill:none;stroke-dasharray:3 4",
}
_CELL = 30
_ROW = 22
_LABELS = 210
_BUCKETS = 24
_DARK = 0.45
"""From this share of a row on a cell is dark enough for light figures."""


def bars(
    title: str,
    rows: Sequence[tuple[str, float, int]],
    others: Mapping[str, float] | None = None,
) -> str:
    """Draw a bar from 0 to 1 for each (name, value, sentences); `others` are marks on it."""
    wide, span = 640, 640 - _LABELS - 110
    parts = [
        _line(_LABELS + span * at, 0, _LABELS + span * at, _ROW * len(rows)) for at in (0, 0.5, 1)
    ]
    for at, (name, value, sentences) in enumerate(rows):
        top = at * _ROW
        parts += [
            _text(_LABELS - 8, top + 15, name, "ink", "end"),
            _rect(_LABELS, top + 4, span * value, _ROW - 8, "a"),
            _text(_LABELS + span + 8, top + 15, f"{value:.2f}  n={sentences}", "soft"),
        ]
        if others is not None and name in others:
            parts.append(_rect(_LABELS + span * others[name] - 2, top + 1, 4, _ROW - 2, "b"))
    return _svg(title, wide, _ROW * len(rows) + 4, parts)


def matrix(title: str, names: Sequence[str], counts: Mapping[tuple[str, str], int]) -> str:
    """Draw a heat map: a row for what was expected, a column for what was understood."""
    head, size = 180, len(names) * _CELL
    parts: list[str] = []
    for at, name in enumerate(names):
        middle = at * _CELL + _CELL / 2
        parts += [
            _text(_LABELS - 8, head + middle + 4, name, "ink", "end"),
            _turned(_LABELS + middle + 4, head - 6, name),
        ]
        total = sum(counts.get((name, other), 0) for other in names)
        for column, other in enumerate(names):
            number = counts.get((name, other), 0)
            corner = (_LABELS + column * _CELL, head + at * _CELL)
            parts += _cell(*corner, number, number / total if total else 0.0, right=at == column)
    return _svg(title, _LABELS + size + 4, head + size + 4, parts)


def _cell(left: float, top: float, number: int, part: float, *, right: bool) -> list[str]:
    frame = (
        f'<rect x="{left}" y="{top}" width="{_CELL}" height="{_CELL}" style="{_STYLE["grid"]}"/>'
    )
    if not number:
        return [frame]
    opacity = 0.9 + 0.1 * part if part >= _DARK else 0.15 + 0.5 * part
    shade = f"{_STYLE['a' if right else 'b']};opacity:{opacity:.2f}"
    fill = f'<rect x="{left}" y="{top}" width="{_CELL}" height="{_CELL}" style="{shade}"/>'
    ink = _STYLE["paper" if part >= _DARK else "ink"]
    figure = (
        f'<text x="{left + _CELL / 2}" y="{top + 19}" text-anchor="middle" style="{ink}">'
        f"{number}</text>"
    )
    return [fill, frame, figure]


def reliability(title: str, bins: Sequence[Bin], others: Sequence[Bin] = ()) -> str:
    """Draw how often answers were right against how sure they were; circles grow with number."""
    axes = _Axes("confidence", "share right")
    total = sum(each.sentences for each in bins)
    parts = [*axes.frame(_percent), _path([axes.at(0, 0), axes.at(1, 1)], "line-ideal")]
    if others:
        parts.append(_path([axes.at(each.confidence, each.right) for each in others], "line-b"))
    parts.append(_path([axes.at(each.confidence, each.right) for each in bins], "line-a"))
    for each in bins:
        x, y = axes.at(each.confidence, each.right)
        radius = 3 + 14 * (each.sentences / total) ** 0.5
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" style="{_STYLE["band"]}"/>'
        )
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" style="{_STYLE["a"]}"/>')
    return _svg(title, axes.wide, axes.high, parts)


def roc(title: str, points: Sequence[Point], others: Sequence[Point] = ()) -> str:
    """Draw found sentences against false alarms over all thresholds."""
    axes = _Axes("ours, taken for out of scope", "out of scope, found")
    parts = [*axes.frame(_percent), _path([axes.at(0, 0), axes.at(1, 1)], "line-ideal")]
    for line, style in ((others, "line-b"), (points, "line-a")):
        if line:
            parts.append(_path([axes.at(each.false_alarms, each.found) for each in line], style))
    return _svg(title, axes.wide, axes.high, parts)


def histogram(title: str, values: Sequence[float], upto: float) -> str:
    """Draw how many of the values lie where between 0 and `upto`; larger ones are in the last."""
    counts = [0] * _BUCKETS
    for value in values:
        counts[min(int(value / upto * _BUCKETS), _BUCKETS - 1)] += 1
    axes = _Axes("milliseconds", "sentences", right=upto, top=max(counts))
    parts = axes.frame(lambda value: f"{value:.3g}", "{:.0f}".format)
    for at, count in enumerate(counts):
        left, high = axes.at(at * upto / _BUCKETS, count)
        low_right, low = axes.at((at + 1) * upto / _BUCKETS, 0)
        parts.append(_rect(left + 0.5, high, low_right - left - 1, low - high, "a"))
    return _svg(title, axes.wide, axes.high, parts)


def curve(
    title: str, steps: Sequence[str], lines: Mapping[str, Sequence[tuple[float, float, float]]]
) -> str:
    """Draw two lines at most, the upper one first: (mean, lowest, highest) at each step."""
    lowest = min(low for line in lines.values() for _, low, _ in line)
    bottom = min(int(lowest * 10) / 10, 0.9)
    last = len(steps) - 1
    axes = _Axes("sentences of each intent", "", last, bottom=bottom, high=380, wide=640)
    # A plot that stands alone brings its paper: nobody knows what it will lie on.
    parts = [f'<rect width="100%" height="100%" style="{_STYLE["paper"]}"/>']
    parts += axes.frame(lambda value: steps[round(value)], _percent, last)
    for (name, line), kind in zip(lines.items(), ("a", "b"), strict=False):
        means = [axes.at(at, mean) for at, (mean, _, _) in enumerate(line)]
        lows = [axes.at(at, low) for at, (_, low, _) in enumerate(line)]
        highs = [axes.at(at, high) for at, (_, _, high) in enumerate(line)]
        band = " ".join(f"{x:.1f},{y:.1f}" for x, y in [*lows, *reversed(highs)])
        parts.append(f'<polygon points="{band}" style="{_STYLE[kind]};opacity:.2"/>')
        parts.append(_path(means, f"line-{kind}"))
        x, y = axes.at(last / 2, line[len(line) // 2][2 if kind == "a" else 1])
        parts.append(_text(x, y - 14 if kind == "a" else y + 26, name, kind, "middle"))
    return _svg(title, axes.wide, axes.high, parts)


@dataclass(frozen=True, slots=True)
class _Axes:
    """A frame with a scale: where a pair of values stands on the paper."""

    across: str
    along: str
    right: float = 1.0
    top: float = 1.0
    bottom: float = 0.0
    wide: int = 420
    high: int = 340

    def at(self, x: float, y: float) -> tuple[float, float]:
        across = 52 + (self.wide - 76) * x / self.right
        return across, 12 + (self.high - 62) * (self.top - y) / (self.top - self.bottom)

    def frame(
        self,
        show_x: Callable[[float], str],
        show_y: Callable[[float], str] | None = None,
        ticks: int = 4,
    ) -> list[str]:
        parts: list[str] = []
        for tick in range(ticks + 1):
            value = self.right * tick / ticks
            (x, top), (_, bottom) = self.at(value, self.top), self.at(value, self.bottom)
            parts += [
                _line(x, top, x, bottom),
                _text(x, bottom + 18, show_x(value), "soft", "middle"),
            ]
        for tick in range(5):
            value = self.bottom + (self.top - self.bottom) * tick / 4
            (left, y), (right, _) = self.at(0, value), self.at(self.right, value)
            label = (show_y or show_x)(value)
            parts += [_line(left, y, right, y), _text(left - 6, y + 4, label, "soft", "end")]
        middle, bottom = self.at(self.right / 2, self.bottom)
        parts.append(_text(middle, bottom + 38, self.across, "ink", "middle"))
        parts.append(_turned(12, (self.high + 80) / 2, self.along))
        return parts


def _percent(value: float) -> str:
    return f"{value:.0%}"


def _svg(title: str, wide: float, high: float, parts: Iterable[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {wide:.0f} {high:.0f}" '
        f'width="{wide:.0f}" height="{high:.0f}" font-family="system-ui,sans-serif" '
        f'font-size="12"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<path d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}" style="{_STYLE["grid"]}"/>'


def _path(points: Iterable[tuple[float, float]], style: str) -> str:
    drawn = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path d="M{drawn}" style="{_STYLE[style]}"/>'


def _rect(x: float, y: float, wide: float, high: float, style: str) -> str:
    size = f'width="{max(wide, 0):.1f}" height="{max(high, 0):.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} style="{_STYLE[style]}"/>'


def _text(x: float, y: float, words: str, style: str, anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} style="{_STYLE[style]}">{escape(words)}</text>'


def _turned(x: float, y: float, words: str) -> str:
    place = f'transform="translate({x:.1f} {y:.1f}) rotate(-90)"'
    return f'<text {place} style="{_STYLE["ink"]}">{escape(words)}</text>'
