"""`crawler hosts`: hosts beside each other, a line for each."""

from collections.abc import Iterator, Sequence
from typing import Any

from crawler.frontier import HostState
from crawler.frontier.hosts import HostLine, HostTable
from crawler.model import Seconds
from crawler.verbs.columns import GAP, aligned
from crawler.verbs.hosts.asked import delays, longest, rules_word
from crawler.verbs.hosts.failures import failure, told
from crawler.verbs.hosts.state import Look, State, state_of
from crawler.verbs.words import ago, counted, span, stamp

_COLUMNS = {
    "host": "<", "state": "<", "waiting": ">", "in flight": ">", "today": ">", "rate": ">",
    "well": ">", "last well": ">", "delay": ">", "asked by": "<", "robots.txt": "<",
    "rests for": "<", "why": "<",
}  # fmt: skip
"""The columns, each with the side on which it stands."""
_LEFT_OUT = (
    "today", "robots.txt", "asked by", "in flight", "delay", "well", "rate", "waiting", "last well",
    "rests for",
)  # fmt: skip
"""Columns in the order in which a narrow terminal leaves them out; the others stay."""
_WHY_LEAST = 24
"""Width of the last column for which others are left out."""


def table_lines(
    found: HostTable, choice: str, look: Look, width: int | None = None
) -> Iterator[str]:
    """Yield the lines of `crawler hosts`, as wide as `width` where that is enough for the least."""
    if not found.rows:
        yield _NONE[choice]
        return
    rows = [_row(one, state_of(one.state, look), look) for one in found.rows]
    names = _fitting(rows, width)
    columns = [_cells(rows, name) for name in names]
    sides = "".join(map(_COLUMNS.__getitem__, names))
    yield from aligned(names, list(zip(*columns, strict=True)), sides)
    if found.chosen > len(rows):
        least = "at least " if found.at_least else ""
        yield f"{len(rows)} of {least}{counted(found.chosen, 'host')}; --limit shows more"


_NONE = {
    "at_work": "no host is at work, and none waits",
    "failing": "no host fails",
    "resting": "no host rests",
    "paused": "no host is paused by its name",
}


def _fitting(rows: Sequence[dict[str, str]], width: int | None) -> list[str]:
    """Return the names of the columns for which there is room; None is as much as is needed."""
    names = list(_COLUMNS)
    if width is None:
        return names
    wide = {name: GAP + max(len(one) for one in (name, *_cells(rows, name))) for name in names}
    wide["why"] = min(wide["why"], _WHY_LEAST)
    for name in _LEFT_OUT:
        if sum(map(wide.__getitem__, names)) <= width:
            break
        names.remove(name)
    return names


def _cells(rows: Sequence[dict[str, str]], name: str) -> list[str]:
    return [row[name] for row in rows]


def _row(line: HostLine, state: State, look: Look) -> dict[str, str]:
    host, now = line.state, look.now
    return {
        "host": host.key,
        "state": state.word,
        "waiting": f"{line.waiting:,}",
        "in flight": f"{line.leased:,}",
        "today": f"{visits_today(host, now):,}",
        "rate": pace(host.rate(now)),
        "well": share(host),
        "last well": "never" if host.well_at is None else ago(host.well_at, now),
        "delay": span(host.gap) if host.answered_at else "",
        "asked by": longest(line, look),
        "robots.txt": rules_word(line, look),
        "rests for": "" if state.until is None else span(state.until - now),
        "why": "; ".join(filter(None, [state.why, _cause(line, now)])),
    }


def _cause(line: HostLine, now: Seconds) -> str:
    """Return the newest failure of a host that is not well since."""
    last, well_at = line.last, line.state.well_at
    if last is None or (well_at is not None and well_at > last.last_at):
        return ""
    return told(last, now)


def share(host: HostState) -> str:
    """Return the share of the last visits that brought what was asked for: `97 %`."""
    return "" if host.share is None else f"{host.share:.0%}".replace("%", " %")


def pace(rate: float) -> str:
    """Return visits a second in a unit that makes a number of it: `2.5/s`, `31/min`, `4/h`."""
    for unit, seconds in (("s", 1), ("min", 60), ("h", 3600)):
        if rate * seconds >= 1:
            return f"{rate * seconds:.3g}/{unit}"
    return ""


def visits_today(host: HostState, now: Seconds) -> int:
    """Return the number of visits of this day (UTC)."""
    return host.spent if host.day == int(now // 86_400) else 0


def table_document(found: HostTable, look: Look) -> dict[str, Any]:
    """Return the JSON object of hosts."""
    return {
        "hosts": [host_document(one, look) for one in found.rows],
        "chosen": found.chosen,
        "at_least": found.at_least,
    }


def host_document(line: HostLine, look: Look) -> dict[str, Any]:
    """Return a host for programs."""
    host, state = line.state, state_of(line.state, look)
    return {
        "host": host.key,
        "state": state.word,
        "waiting": line.waiting,
        "leased": line.leased,
        "owner": host.owner,
        "visits_today": visits_today(host, look.now),
        "rate": round(host.rate(look.now), 4),
        "share_well": host.share,
        "well_at": stamp(host.well_at),
        "rests_until": stamp(state.until),
        "rests_for": state.why or None,
        "failures": host.failures,
        "failing_since": stamp(host.failed_at),
        "refusals": host.refusals,
        "delay_s": host.gap,
        "delays_asked_s": {who: round(value, 3) for who, value in delays(line, look).items()},
        "robots": rules_word(line, look),
        "robots_at": stamp(line.robots.fetched_at or None) if line.robots else None,
        "crawl_delay_s": host.crawl_delay or None,
        "latency_s": host.latency,
        "address": host.address,
        "ready_at": stamp(host.ready_at),
        "last_failure": failure(line.last) if line.last else None,
    }
