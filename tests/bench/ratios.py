"""The suite in one picture: how many times as fast as each peer, on a logarithmic scale."""

from html import escape
from math import ceil, floor, log10
from typing import Any

WIDTH, LEFT, RIGHT, ROW, GAP = 760, 230, 70, 18, 30
FASTER, SLOWER, INK, PALE, TARGET = "#1b6ca8", "#c98a4b", "#222", "#ddd", "#b3261e"
Pair = tuple[str, float, float | None]
"""Against whom, how many times as fast, and what it was to be."""


def drawn(cases: list[dict[str, Any]]) -> str:
    """Return an SVG: a bar for each peer of each case, to the right where the crawler is faster."""
    many = [case for case in cases if case["urls"] > 1]  # how fast one file comes says nothing
    panels = [(case, pairs) for case in many if (pairs := _pairs(case))]
    if not panels:
        return _whole(40, [_text(8, 24, "nothing to compare")])
    place = _Scale([ratio for _, pairs in panels for _, ratio, _ in pairs])
    parts, top = [], 62
    for case, pairs in panels:
        parts.append(_text(8, top, case["title"], bold=True))
        for at, pair in enumerate(pairs):
            parts += _bar(pair, top + 6 + ROW * at, place)
        top += GAP + ROW * len(pairs)
    return _whole(top - 6, [*_axis(place, top - GAP + 8), *parts])


class _Scale:
    """Where on the picture a ratio is."""

    def __init__(self, ratios: list[float]) -> None:
        self.low = min(0, floor(log10(min(ratios)) * 2) / 2)
        self.high = max(1, ceil(log10(max(ratios)) * 2) / 2)

    def __call__(self, ratio: float) -> float:
        share = (log10(ratio) - self.low) / (self.high - self.low)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def marks(self) -> list[float]:
        """Return the round ratios within it."""
        steps = [base * 10.0**power for power in range(-3, 5) for base in (1, 2, 5)]
        return [step for step in steps if self.low <= log10(step) <= self.high]


def _pairs(case: dict[str, Any]) -> list[Pair]:
    """Return the ratios of a case: of the first of ours, and of others where a target says so."""
    times = {row["name"]: row["median"]["work_s"] for row in case["rows"] if "median" in row}
    titles = {row["name"]: row["title"] for row in case["rows"]}
    asked = {tuple(one["pair"]): one["at_least"] for one in case["targets"] if one.get("pair")}
    first = next((row["name"] for row in case["rows"] if row["ours"]), None)
    peers = [row["name"] for row in case["rows"] if not row["ours"]]
    wanted = [*((first, peer) for peer in peers), *(pair for pair in asked if pair[0] != first)]
    pairs: list[Pair] = []
    for ours, theirs in wanted:
        if ours in times and theirs in times:
            ratio = times[theirs] / times[ours]
            pairs.append((_label(titles, ours, theirs, first), ratio, asked.get((ours, theirs))))
    return pairs


def _label(titles: dict[str, str], ours: str, theirs: str, first: str | None) -> str:
    own = titles[ours].rpartition(", ")[2]
    other = "one process" if theirs == first else titles[theirs]
    return f"× {other}" if ours == first else f"{own} × {other}"


def _bar(pair: Pair, y: float, place: _Scale) -> list[str]:
    name, ratio, target = pair
    one, end = place(1), place(ratio)
    left, right = min(one, end), max(one, end)
    text = f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.3g}"
    size = f'width="{max(1.0, right - left):.1f}" height="{ROW - 6}"'
    colour = FASTER if ratio >= 1 else SLOWER
    parts = [
        _text(LEFT - 8, y + 13, name, end=True),
        f'<rect x="{left:.1f}" y="{y + 3}" {size} fill="{colour}"/>',
    ]
    if target:
        at = place(target)
        parts.append(f'<path d="M{at:.1f} {y}v{ROW}" stroke="{TARGET}" stroke-width="2"/>')
    beside = max(right, place(target) if target else 0.0)
    return [*parts, _text(beside + 6, y + 13, f"{text} ×")]


def _axis(place: _Scale, bottom: float) -> list[str]:
    parts = [
        _text(8, 20, "How many times as fast crawler run is", size=14),
        _text(WIDTH - 8, 20, "red: the target", end=True),
    ]
    for mark in place.marks():
        x = place(mark)
        colour = INK if mark == 1 else PALE
        parts.append(f'<path d="M{x:.1f} 44V{bottom}" stroke="{colour}"/>')
        parts.append(f'<text x="{x:.1f}" y="40" text-anchor="middle" fill="{INK}">{mark:g}</text>')
    return parts


def _whole(height: float, parts: list[str]) -> str:
    size = f'width="{WIDTH}" height="{height:.0f}"'
    style = 'font-family="sans-serif" font-size="12"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>'
    return "\n".join([head, f'<rect {size} fill="white"/>', *parts, "</svg>\n"])


def _text(
    x: float, y: float, text: str, *, end: bool = False, bold: bool = False, size: int = 12
) -> str:
    more = ' text-anchor="end"' if end else ""
    more += ' font-weight="bold"' if bold else ""
    more += f' font-size="{size}"' if size != 12 else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{more} fill="{INK}">{escape(text)}</text>'
