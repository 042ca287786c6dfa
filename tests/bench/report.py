"""The tables of a suite, as docs/benchmarks.md has them."""

from typing import Any

from tests.bench.interpreter import said


def head(result: dict[str, Any]) -> str:
    """Return where and when it was measured, and with what."""
    versions = ", ".join(
        f"{name} {number}" for name, number in result["versions"].items() if name != "python"
    )
    ours, theirs = result["python"], result["peers_python"]
    pythons = f"Python {said(ours)}" + (f", peers' {said(theirs)}" if theirs != ours else "")
    return (
        f"\nMeasured on {result['date']} UTC: {result['cores']} cores ({result['cpu']}), Linux "
        f"{result['kernel']}, load {result['load_before']} before and "
        f"{result['load_after']} after; served from "
        f"{result['served_from']}, written to {result['written_to']} (durable: {result['disk']}); "
        f"{result['repeat']} runs of each in turn; servers on the first core, clients on the last. "
        f"{pythons}; {versions}.\n"
    )


def table(case: dict[str, Any]) -> str:
    """Return one case: medians, from the least to the most in brackets, the ratio to the first."""
    unit = case["unit"]
    names = f"| {unit} | against the first | first request to last file | whole process: wall, CPU "
    lines = [
        f"\n**{case['name']}**: {case['title']}; {case['urls']:,} URLs\n",
        f"| {names}| CPU per file | peak RSS | also |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    first = next((row["median"]["rate"] for row in case["rows"] if "median" in row), None)
    lines += [_line(case, row, first) for row in case["rows"]]
    lines += [f"| {name} | not run: {why} | | | | | | |" for name, why in case["missing"].items()]
    return "\n".join(lines)


def _line(case: dict[str, Any], row: dict[str, Any], first: float | None) -> str:
    void = "; ".join(dict.fromkeys(row["void"])).replace("\n", " ").replace("|", "/")[:200]
    if "median" not in row:
        return f"| {row['title']} | void: {void} | | | | | | |"
    middle, least, most = row["median"], row["least"], row["most"]
    lost = f"; {len(row['void'])} void: {void}" if void else ""
    return (
        f"| {row['title']} | {_number(middle['rate'])} "
        f"({_number(least['rate'])}–{_number(most['rate'])}) "
        f"| {middle['rate'] / first if first else 0:.2f} × "
        f"| {middle['work_s']:.2f} s ({least['work_s']:.2f}–{most['work_s']:.2f}) "
        f"| {middle['wall_s']:.2f} s, {middle['cpu_s']:.2f} s (starts in {middle['start_s']:.2f}) "
        f"| {_cpu(middle['cpu_s'] / case['urls'])} | {middle['peak_mb']:.0f} MB "
        f"| {_also(middle)}{lost} |"
    )


_ALSO = {
    "lines_lost": "{:.0f} log lines lost",
    "lag_p99": "hub lag p99 {:.1f} ms",
    "hold_lag_p99": "hub lag p99 while held {:.1f} ms",
    "all_lag_p99": "p99 in all {:.1f} ms",
    "held": "{:.0f} held at once",
    "share": "{:.1f} % of the ideal",
    "pace": "{:.1f} % for a host",
    "least_gap": "shortest gap {:.3f} s",
    "fetch_share": "fetch {:.0f} %",
    "hub_share": "hub {:.0f} %",
    "rest_share": "rest {:.0f} %",
    "native_share": "SQLite and files {:.0f} %",
    "status_cpu_s": "crawler status {:.2f} s CPU",
    "help_cpu_s": "--help {:.2f} s CPU",
    "visit_us": "{:.0f} µs CPU a visit",
}


def _also(middle: dict[str, float]) -> str:
    return ", ".join(text.format(middle[key]) for key, text in _ALSO.items() if _tells(key, middle))


def _tells(key: str, middle: dict[str, float]) -> bool:
    return key in middle and (key != "lines_lost" or middle[key] > 0)


def targets(result: dict[str, Any]) -> str:
    """Return what the cases were to show, and whether they do; smaller sizes are not judged."""
    lines = ["| case | | target | measured | |", "|---|---|---:|---:|---|"]
    for case in result["cases"]:
        for target in case["targets"]:
            value = f"{_number(target['value'])} {target['unit']}".rstrip()
            word = "met" if target["met"] else "**not met**"
            wanted = _wanted(target)
            if not wanted or not result["full_size"]:
                word = "" if not wanted else "smaller sizes"
            lines.append(f"| {case['name']} | {target['text']} | {wanted} | {value} | {word} |")
    return "\n".join(lines)


def _wanted(target: dict[str, Any]) -> str:
    for sign, bound in (("≥", target["at_least"]), ("≤", target["at_most"])):
        if bound is not None:
            return f"{sign} {bound:g} {target['unit']}".rstrip()
    return ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _cpu(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs" if seconds < 0.01 else f"{seconds:.2f} s"
