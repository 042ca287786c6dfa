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
