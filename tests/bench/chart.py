"""The suite as a picture: a panel for each case, a bar for each contender, drawn by hand."""

from html import escape
from typing import Any

WIDTH, LEFT, BAR, GAP = 760, 210, 18, 44
HEIGHT = 90
OURS, THEIRS, INK, PALE = "#1b6ca8", "#b8c4cc", "#222", "#ddd"


def drawn(cases: list[dict[str, Any]]) -> str:
    """Return an SVG: medians as bars, from the least to the most as a line across them."""
    panels, top = [], 16
    for case in cases:
        rows = [row for row in case["rows"] if "median" in row]
        if rows:
            panels.append(_panel(case, rows, top))
            top += GAP + BAR * len(rows)
    return "\n".join([*_head(top + 8), *panels, "</svg>\n"])


def _panel(case: dict[str, Any], rows: list[dict[str, Any]], top: float) -> str:
    longest = max(row["most"]["rate"] for row in rows)
    scale = (WIDTH - LEFT - 110) / longest
    title = f"{case['title']} ({case['unit']}, {case['urls']:,} URLs)"
    lines = [_text(8, top + 8, title)]
    for at, row in enumerate(rows):
        lines += _bar(row, top + 18 + BAR * at, scale)
    return "\n".join(lines)


def _bar(row: dict[str, Any], y: float, scale: float) -> list[str]:
    rate, least, most = (row[key]["rate"] for key in ("median", "least", "most"))
    middle = y + BAR / 2
    colour = OURS if row["ours"] else THEIRS
    end = LEFT + most * scale + 6
    text = f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
    long, begin, stop = rate * scale, LEFT + least * scale, LEFT + most * scale
    return [
        _text(LEFT - 8, middle + 4, row["title"], end=True),
        f'<rect x="{LEFT}" y="{y + 2}" width="{long:.1f}" height="{BAR - 4}" fill="{colour}"/>',
        f'<path d="M{begin:.1f} {middle}H{stop:.1f}" stroke="{INK}"/>',
        _text(end, middle + 4, text),
    ]


def lines(title: str, panels: dict[str, list[tuple[float, float]]]) -> str:
    """Return an SVG with a line for each panel, each from 0 to its own highest value."""
    text = [*_head(40 + len(panels) * (HEIGHT + 36)), _text(8, 22, title)]
    for at, (name, points) in enumerate(panels.items()):
        text += _line(name, points, 54 + at * (HEIGHT + 36))
    return "\n".join([*text, "</svg>\n"])


def _line(name: str, points: list[tuple[float, float]], top: float) -> list[str]:
    left, width, bottom = 90, WIDTH - 110, top + HEIGHT
    high = max((y for _, y in points), default=0) or 1
    far = max((x for x, _ in points), default=0) or 1
    places = " ".join(
        f"{left + width * x / far:.1f},{bottom - HEIGHT * y / high:.1f}" for x, y in points
    )
    return [
        _text(8, top - 6, name),
        _text(left - 6, top + 8, f"{high:,.4g}", end=True),
        _text(left - 6, bottom, "0", end=True),
        f'<path d="M{left} {bottom}h{width}M{left} {top}h{width}" stroke="{PALE}"/>',
        f'<polyline points="{places}" fill="none" stroke="{OURS}" stroke-width="1.5"/>',
    ]


def _head(height: float) -> list[str]:
    size = f'width="{WIDTH}" height="{height}"'
    style = 'font-family="sans-serif" font-size="12"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>'
    return [svg, f'<rect {size} fill="white"/>']


def _text(x: float, y: float, text: str, *, end: bool = False) -> str:
    anchor = ' text-anchor="end"' if end else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{anchor} fill="{INK}">{escape(text)}</text>'
