"""`crawler hosts`: hosts beside each other, a line for each."""

from collections.abc import Iterator, Sequence
from typing import Any

from crawler.frontier import HostState
from crawler.frontier.hosts import HostLine, HostTable
from crawler.model import Seconds
from crawler.verbs.columns import aligned
from crawler.verbs.hosts.failures import failure, told
from crawler.verbs.hosts.state import Look, State, state_of
from crawler.verbs.words import ago, counted, span, stamp

_HEAD = ("host", "state", "waiting", "leased", "today", "well", "last well", "rests for", "why")
_SIDES = "<<>>>>><<"


def table_lines(found: HostTable, choice: str, look: Look) -> Iterator[str]:
    """Yield the lines of `crawler hosts`."""
    if not found.rows:
        yield _NONE[choice]
        return
    rows = [_row(one, state_of(one.state, look), look.now) for one in found.rows]
    yield from aligned(_HEAD, rows, _SIDES)
    if found.chosen > len(rows):
        least = "at least " if found.at_least else ""
        yield f"{len(rows)} of {least}{counted(found.chosen, 'host')}; --limit shows more"


_NONE = {
    "at_work": "no host is at work, and none waits",
    "failing": "no host fails",
    "resting": "no host rests",
    "paused": "no host is paused by its name",
}


def _row(line: HostLine, state: State, now: Seconds) -> Sequence[str]:
    host = line.state
    return (
        host.key,
        state.word,
        f"{line.waiting:,}",
        f"{line.leased:,}",
        f"{visits_today(host, now):,}",
        share(host),
        "never" if host.well_at is None else ago(host.well_at, now),
        "" if state.until is None else span(state.until - now),
        "; ".join(filter(None, [state.why, _cause(line, now)])),
    )


def _cause(line: HostLine, now: Seconds) -> str:
    """Return the newest failure of a host that is not well since."""
    last, well_at = line.last, line.state.well_at
    if last is None or (well_at is not None and well_at > last.last_at):
        return ""
    return told(last, now)


def share(host: HostState) -> str:
    """Return the share of the last visits that brought what was asked for: `97 %`."""
    return "" if host.share is None else f"{host.share:.0%}".replace("%", " %")


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
        "share_well": host.share,
        "well_at": stamp(host.well_at),
        "rests_until": stamp(state.until),
        "rests_for": state.why or None,
        "failures": host.failures,
        "failing_since": stamp(host.failing_since),
        "refusals": host.refusals,
        "delay_s": host.gap,
        "crawl_delay_s": host.crawl_delay or None,
        "latency_s": host.latency,
        "address": host.address,
        "ready_at": stamp(host.ready_at),
        "last_failure": failure(line.last) if line.last else None,
    }
