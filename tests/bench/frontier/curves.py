"""What was found, as curves, both axes logarithmic: what grows with the size is a slope."""

from collections.abc import Callable
from html import escape
from math import ceil, floor, log10
from typing import Any

Row = dict[str, Any]
Points = dict[str, list[tuple[float, float]]]
WIDTH, HEIGHT, LEFT, TOP = 300, 150, 60, 30
COLUMNS = 2
INK, PALE = "#222", "#ddd"
COLOURS = ("#1b6ca8", "#c0392b", "#2e8b57", "#8e5ea2", "#d08700", "#5b6770")
FLOOR = 1e-3
"""The least value that is drawn; 0 has no logarithm."""


def drawn(result: dict[str, Any]) -> str:
    """Return an SVG with a panel for each question."""
    panels = [(name, along(result["rows"])) for name, along in _PANELS]
    high = TOP + -(-len(panels) // COLUMNS) * (HEIGHT + 80)
    size = f'width="{COLUMNS * (WIDTH + 190)}" height="{high}"'
    text = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="11">',
        f'<rect {size} fill="white"/>',
    ]
    for at, (name, points) in enumerate(panels):
        left, top = LEFT + at % COLUMNS * (WIDTH + 190), TOP + at // COLUMNS * (HEIGHT + 80)
        text += _panel(name, points, left, top)
    return "\n".join([*text, "</svg>\n"])


def _panel(name: str, series: Points, left: float, top: float) -> list[str]:
    places = [point for points in series.values() for point in points]
    text = [f'<text x="{left}" y="{top - 10}" font-size="12">{escape(name)}</text>']
    if not places:
        return text
    (x0, x1), (y0, y1) = (_decades(values) for values in zip(*places, strict=True))

    def x(value: float) -> float:
        return left + WIDTH * (log10(value) - x0) / (x1 - x0)

    def y(value: float) -> float:
        return top + HEIGHT * (1 - (log10(max(value, FLOOR)) - y0) / (y1 - y0))

    for power in range(x0, x1 + 1):
        text += [_text(x(10**power), top + HEIGHT + 16, f"{10**power:,}", "middle")]
    for power in range(y0, y1 + 1):
        text.append(f'<path d="M{left} {y(10.0**power):.1f}h{WIDTH}" stroke="{PALE}"/>')
        text.append(_text(left - 6, y(10.0**power) + 4, f"{10.0**power:,g}", "end"))
    for number, (title, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        line = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in sorted(points))
        text.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        text += [
            f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{colour}"/>' for a, b in points
        ]
        text.append(_text(left + WIDTH + 10, top + 12 + 16 * number, title, "start", colour))
    return text


def _decades(values: tuple[float, ...]) -> tuple[int, int]:
    """Return powers of ten around all values, two different ones."""
    logs = [log10(max(value, FLOOR)) for value in values]
    least, most = floor(min(logs)), ceil(max(logs))
    return least, max(most, least + 1)


def _text(x: float, y: float, text: str, anchor: str, colour: str = INK) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} fill="{colour}">{escape(text)}</text>'


def _by_hosts(key: str) -> Callable[[list[Row]], Points]:
    """Return points of leases by number of hosts, a line for each number of processes."""

    def found(rows: list[Row]) -> Points:
        series: Points = {}
        for row in sorted(rows, key=lambda row: row["hosts"]):
            for number, one in row["leases"].items():
                series.setdefault(f"{number} processes", []).append((row["hosts"], one[key]))
        return series

    return found


def _kind(row: Row) -> str:
    return {1: "a host each", 100: "a host for 100"}.get(row["urls"] // row["hosts"], "10 hosts")


def _by_urls(value: Callable[[Row], float]) -> Callable[[list[Row]], Points]:
    """Return points by number of URLs, a line for each number of URLs a host."""

    def found(rows: list[Row]) -> Points:
        series: Points = {}
        for row in rows:
            series.setdefault(_kind(row), []).append((row["urls"], value(row)))
        return series

    return found


def _writers(key: str) -> Callable[[list[Row]], Points]:
    def found(rows: list[Row]) -> Points:
        series: Points = {}
        for row in rows:
            title = f"{row['urls']:,} / {row['hosts']:,}"
            points = [(number, one[key]) for number, one in row["writers"].items()]
            if points:
                series[title] = points
        return series

    return found


def _longest(rows: list[Row]) -> Points:
    """Return the verbs that hold the lock for longest."""
    series: Points = {}
    for row in rows:
        if row["urls"] == row["hosts"]:
            for verb, one in row["holds"].items():
                series.setdefault(verb, []).append((row["urls"], one["cpu_ms"]))
    most = sorted(series, key=lambda verb: -max(value for _, value in series[verb]))
    return {verb: series[verb] for verb in most[: len(COLOURS)]}


_PANELS: list[tuple[str, Callable[[list[Row]], Points]]] = [
    ("lease, all hosts rest: ms of CPU, by hosts", _by_hosts("resting_ms")),
    ("lease, all at an address of another: ms of CPU, by hosts", _by_hosts("elsewhere_ms")),
    ("64 hosts at one address: ms of CPU, by hosts", _by_hosts("taken_ms")),
    ("longest hold of the lock: ms of CPU, by URLs, a host each", _longest),
    ("ledger alone: visits/s, by writers", _writers("per_s")),
    ("lock held a visit: µs, by writers", _writers("held_us")),
    ("import: µs of CPU a URL, by URLs", _by_urls(lambda row: row["import"]["cpu_us"])),
    ("disk beyond a URL: bytes, by URLs",
     _by_urls(lambda row: row["import"]["disk_b"]["beyond the URL"])),
]  # fmt: skip
