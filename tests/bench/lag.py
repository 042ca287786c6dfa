"""Reads what `wrapped` wrote: percentiles of the hub's lag, for the whole run or a part of it."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Line = dict[str, Any]


def read(files: Iterable[Path]) -> list[Line]:
    """Return the lines of all files; of one that was cut off, the whole ones."""
    lines = []
    for file in files:
        for text in file.read_text().splitlines():
            try:
                lines.append(json.loads(text))
            except ValueError:  # the process was killed over it
                break
    return lines


def percentiles(
    lines: Iterable[Line], begin: float = 0.0, end: float = float("inf")
) -> dict[str, float]:
    """Return the lag in ms in a stretch of wall time; a line tells of the second before it."""
    late: Counter[float] = Counter()
    for line in lines:
        if "late" in line and begin + 1 <= line["at"] <= end:
            for text, number in line["late"].items():
                late[float(text)] += number
    total = late.total()
    if not total:
        return {}
    return {
        "p50": _at(late, total * 0.5),
        "p99": _at(late, total * 0.99),
        "max": max(late),
        "ticks": total,
    }


def _at(late: Counter[float], rank: float) -> float:
    passed = 0
    for value in sorted(late):
        passed += late[value]
        if passed >= rank:
            return value
    return 0.0
