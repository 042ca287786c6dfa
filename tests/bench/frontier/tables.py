"""What was found, as tables, and held against the targets."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Row = dict[str, Any]
URLS_FOR_WRITERS = 100_000
"""Fewer are visited at once."""


def drawn(result: dict[str, Any]) -> str:
    """Return all tables."""
    rows = result["rows"]
    parts = [_head(result), _imports(rows), _disk(rows), _leases(rows), _reloads(rows)]
    return "\n\n".join([*parts, _writers(rows), _holds(rows), _targets(rows)])


def _head(result: dict[str, Any]) -> str:
    versions = ", ".join(
        f"{name} {result['versions'][name]}"
        for name in ("python", "crawlerd", "gevent")
        if name in result["versions"]
    )
    return (
        f"Measured on {result['date']} UTC: {result['cores']} cores ({result['cpu']}), Linux "
        f"{result['kernel']}, ledgers on {result['disk']}, load {result['load_before']} before and "
        f"{result['load_after']} after; {versions}, SQLite {sqlite3.sqlite_version}."
    )


def _table(names: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = "|".join(["---:"] * len(names))
    return "\n".join([f"| {' | '.join(names)} |", f"|{rule}|"] + [
        f"| {' | '.join(line)} |" for line in lines
    ])  # fmt: skip


def _size(row: Row) -> list[str]:
    return [f"{row['urls']:,}", f"{row['hosts']:,}"]


def _imports(rows: Sequence[Row]) -> str:
    names = ["URLs", "hosts", "import", "CPU a URL", "peak RSS", "disk beyond the URL"]
    lines = [
        [*_size(row), f"{one['per_s']:,.0f}/s", f"{one['cpu_us']:.1f} µs",
         f"{one['peak_mb']:.0f} MB", f"{one['disk_b']['beyond the URL']:.0f} B"]
        for row in rows for one in [row["import"]]
    ]  # fmt: skip
    return _table(names, lines)


def _disk(rows: Sequence[Row]) -> str:
    """Return bytes a URL by table and index; a column for each size."""
    parts = dict.fromkeys(part for row in rows for part in row["import"]["disk_b"])
    found = [(part, [row["import"]["disk_b"].get(part) for row in rows]) for part in parts]
    found.sort(key=lambda one: -(one[1][-1] or 0))
    lines = [[part, *(f"{b:.1f}" if b is not None else "" for b in bs)] for part, bs in found]
    return _table(["bytes a URL", *_columns(rows)], lines)


def _columns(rows: Sequence[Row]) -> list[str]:
    return [f"{row['urls']:,} / {row['hosts']:,}" for row in rows]


def _leases(rows: Sequence[Row]) -> str:
    names = ["URLs", "hosts", "processes", "lease, all rest", "all elsewhere",
             "parking, the most", "a host parked", "64 at one address", "of"]  # fmt: skip
    lines = [
        [*_size(row), str(number), f"{one['resting_ms']:.2f} ms", f"{one['elsewhere_ms']:.2f} ms",
         f"{one['parking_most_ms']:.1f} ms", f"{one['parking_us']:.1f} µs",
         f"{one['taken_ms']:.1f} ms", f"{one['taken_of']:,}"]
        for row in rows for number, one in row["leases"].items()
    ]  # fmt: skip
    return _table(names, lines)


def _reloads(rows: Sequence[Row]) -> str:
    names = ["URLs", "hosts", "closed", "leased in vain by a reload", "the reload, CPU a host"]
    lines = [
        [*_size(row), f"{one['closed']:,}", f"{one['in_vain']:,}", f"{one['host_us']:.1f} µs"]
        for row in rows for one in [row["reload"]]
    ]  # fmt: skip
    return _table(names, lines)


def _writers(rows: Sequence[Row]) -> str:
    names = ["URLs", "hosts", "writers", "visits/s", "CPU a visit", "lock held a visit",
             "of it CPU", "waited a visit"]  # fmt: skip
    lines = [
        [*_size(row), str(number), f"{one['per_s']:,.0f}", f"{one['cpu_us']:.1f} µs",
         f"{one['held_us']:.1f} µs", f"{one['held_cpu_us']:.1f} µs", f"{one['waited_us']:.1f} µs"]
        for row in rows for number, one in row["writers"].items()
    ]  # fmt: skip
    return _table(names, lines)


def _holds(rows: Sequence[Row]) -> str:
    """Return the longest hold of each verb: CPU, and the time of the clock."""
    verbs = dict.fromkeys(verb for row in rows for verb in row["holds"])
    lines = [[verb, *(_hold(row["holds"].get(verb)) for row in rows)] for verb in verbs]
    lines.insert(0, ["put, of the import", *(
        f"{row['import']['put_cpu_ms']:.1f} ({row['import']['put_wall_ms']:.0f})" for row in rows
    )])  # fmt: skip
    return _table(["longest hold, ms of CPU (of the clock)", *_columns(rows)], lines)


def _hold(one: dict[str, float] | None) -> str:
    return f"{one['cpu_ms']:.1f} ({one['wall_ms']:.0f})" if one else ""


def _targets(rows: Sequence[Row]) -> str:
    """Return the worst of all sizes beside what it is to be."""
    names = ["target", "wanted", "measured", ""]
    lines = []
    for text, unit, bound, least, found in _TARGETS:
        values = list(found(rows))
        if values:
            value = min(values) if least else max(values)
            met = value >= bound if least else value <= bound
            wanted = f"{'≥' if least else '≤'} {bound:,g} {unit}".strip()
            measured = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
            lines.append([text, wanted, f"{measured} {unit}".strip(),
                          "met" if met else "**not met**"])  # fmt: skip
    return _table(names, lines)


def _of(group: str, key: str) -> Callable[[Sequence[Row]], Iterator[float]]:
    def found(rows: Sequence[Row]) -> Iterator[float]:
        return (one[key] for row in rows for one in row[group].values())

    return found


def _alone(rows: Sequence[Row], key: str, chosen: Callable[[list[float]], float]) -> list[float]:
    """Return one value for each size at which processes write for long enough."""
    found = [[one[key] for one in row["writers"].values()] for row in rows
             if row["urls"] >= URLS_FOR_WRITERS]  # fmt: skip
    return [chosen(values) for values in found if values]


def _held(rows: Sequence[Row]) -> Iterator[float]:
    yield from _of("holds", "cpu_ms")(rows)
    yield from (row["import"]["put_cpu_ms"] for row in rows)


def _disk_of_hosts(rows: Sequence[Row]) -> Iterator[float]:
    for row in rows:
        if row["urls"] == row["hosts"]:
            yield row["import"]["disk_b"]["beyond the URL"]


_TARGETS: list[tuple[str, str, float, bool, Callable[[Sequence[Row]], Iterator[float]]]] = [
    ("a lease that finds nothing, all rest, CPU", "ms", 0.2, False, _of("leases", "resting_ms")),
    ("a lease that finds nothing, all elsewhere, CPU", "ms", 0.2, False,
     _of("leases", "elsewhere_ms")),
    ("64 hosts of many at one address, CPU", "ms", 5, False, _of("leases", "taken_ms")),
    ("longest hold of the lock, CPU", "ms", 50, False, _held),
    ("leased in vain by a reload", "", 100, False,
     lambda rows: (row["reload"]["in_vain"] for row in rows)),
    ("lock held a visit, CPU", "µs", 20, False, lambda rows: _alone(rows, "held_cpu_us", max)),
    ("ledger alone, visits a second, by as many writers as are best", "", 45_000, True,
     lambda rows: _alone(rows, "per_s", max)),
    ("peak RSS of an import", "MB", 200, False,
     lambda rows: (row["import"]["peak_mb"] for row in rows)),
    ("disk beyond a URL, a host for each", "B", 160, False, _disk_of_hosts),
]  # fmt: skip
"""What it is called, its unit, the bound, whether that is the least, and where the values are."""
