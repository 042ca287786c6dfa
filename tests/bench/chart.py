"""The suite as a picture: a panel for each case, a bar for each contender, drawn by hand."""

from html import escape
from typing import Any

WIDTH, LEFT, BAR, GAP = 760, 210, 18, 44
OURS, THEIRS, INK, PALE = "#1b6ca8", "#b8c4cc", "#222", "#ddd"


def drawn(cases: list[dict[str, Any]]) -> str:
    """Return an SVG: medians as bars, from the least to the most as a line across them."""
    panels, top = [], 16
    for case in cases:
        rows = [row for row in case["rows"] if "median" in row]
        if rows:
            panels.append(_panel(case, rows, top))
            top += GAP + BAR * len(rows)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top + 8}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{top + 8}" fill="white"/>',
        *panels,
        "</svg>\n",
    ])  # fmt: skip


def _panel(case: dict[str, Any], rows: list[dict[str, Any]], top: float) -> str:
    longest = max(row["most"]["rate"] for row in rows)
    scale = (WIDTH - LEFT - 110) / longest
    title = f"{case['title']} ({case['unit']}, {case['urls']:,} URLs)"
    lines = [f'<text x="8" y="{top + 8}" font-size="14" fill="{INK}">{escape(title)}</text>']
    for at, row in enumerate(rows):
        lines += _bar(row, top + 18 + BAR * at, scale)
    return "\n".join(lines)


def _bar(row: dict[str, Any], y: float, scale: float) -> list[str]:
    rate, least, most = (row[key]["rate"] for key in ("median", "least", "most"))
    middle = y + BAR / 2
    colour = OURS if row["ours"] else THEIRS
    end = LEFT + most * scale + 6
    text = f"{rate:,.0f}" if rate >= 100 else f"{rate:.3g}"
    return [
        f'<text x="{LEFT - 8}" y="{middle + 4}" text-anchor="end" fill="{INK}">'
        f"{escape(row['title'])}</text>",
        f'<rect x="{LEFT}" y="{y + 2}" width="{rate * scale:.1f}" height="{BAR - 4}" '
        f'fill="{colour}"/>',
        f'<path d="M{LEFT + least * scale:.1f} {middle}H{LEFT + most * scale:.1f}" '
        f'stroke="{INK}"/>',
        f'<text x="{end:.1f}" y="{middle + 4}" fill="{INK}">{text}</text>',
    ]


def lines(title: str, panels: dict[str, list[tuple[float, float]]]) -> str:
    """Return an SVG with a line for each panel, each from 0 to its own highest value."""
    height, left, width = 90, 90, WIDTH - 110
    whole = 40 + len(panels) * (height + 36)
    text = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{whole}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{whole}" fill="white"/>',
        f'<text x="8" y="22" font-size="14" fill="{INK}">{escape(title)}</text>',
    ]
    for at, (name, points) in enumerate(panels.items()):
        bottom = 54 + at * (height + 36) + height
        high, far = max((y for _, y in points), default=0) or 1, max((x for x, _ in points), default=1)
        places = " ".join(
            f"{left + width * x / (far or 1):.1f},{bottom - height * y / high:.1f}"
            for x, y in points
        )
        text += [
            f'<text x="8" y="{bottom - height - 6}" fill="{INK}">{escape(name)}</text>',
            f'<text x="{left - 6}" y="{bottom - height + 8}" text-anchor="end">{high:,.4g}</text>',
            f'<text x="{left - 6}" y="{bottom}" text-anchor="end">0</text>',
            f'<path d="M{left} {bottom}h{width}M{left} {bottom - height}h{width}" '
            f'stroke="{PALE}"/>',
            f'<polyline points="{places}" fill="none" stroke="{OURS}" stroke-width="1.5"/>',
        ]
    return "\n".join([*text, "</svg>\n"])
