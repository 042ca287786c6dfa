"""Rows of words under each other, as wide as their widest; the last column is as long as it is."""

from collections.abc import Iterator, Sequence

GAP = 2


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: str) -> Iterator[str]:
    """Yield a head and rows; `numbers` has `>` for each column that stands right, else `<`."""
    everything = [head, *rows]
    wide = [max(len(row[at]) for row in everything) for at in range(len(head))]
    for row in everything:
        cells = [
            f"{cell:{side}{width}}" for cell, side, width in zip(row, numbers, wide, strict=True)
        ]
        yield (" " * GAP).join(cells).rstrip()
