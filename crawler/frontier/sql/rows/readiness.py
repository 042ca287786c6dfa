"""When a host is ready, and its rest until then."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.procedures import OWN
from crawler.frontier.sql.rows import staging
from crawler.frontier.sql.rows.addresses import NOTE_RESTS
from crawler.frontier.sql.rows.pauses import HOST_PAUSED, JOB_PAUSED
from crawler.frontier.sql.rows.woken import MEND_UNHEARD
from crawler.frontier.sql.states import RANKS, ROBOTS_JOB, USUAL, WAITING
from crawler.model import Seconds
from crawler.records import HostRecord

_NEVER = "9e999"
_DUE_AT = f"""
SELECT due_at FROM task WHERE host = host.id AND job = {{job}} AND state = {WAITING}
AND rank = {{rank}} ORDER BY due_at LIMIT 1"""
_FIRST_OF_ALL = "nullif(min({}), {})".format(
    ", ".join(f"ifnull(({_DUE_AT.format(job='job.id', rank=rank)}), {_NEVER})" for rank in RANKS),
    _NEVER,
)
_FIRST = f"""
CASE WHEN ranked THEN {_FIRST_OF_ALL} ELSE ({_DUE_AT.format(job="job.id", rank=USUAL)}) END"""
"""Due time of a job's first task. Tasks of other ranks are apart in the index."""
_FIRST_OF_ROBOTS = _DUE_AT.format(job=ROBOTS_JOB, rank=USUAL)
_AWAITED = "rules_until <= :now AND asked_until > :now"
_OF_JOBS = f"""
min(iif({JOB_PAUSED} OR {_AWAITED} AND ifnull(host.obeys, job.obeys), NULL, {_FIRST}))"""
_OF_ROBOTS = f"""
iif(max(NOT {JOB_PAUSED}),
    ifnull(({_FIRST_OF_ROBOTS}), iif({_AWAITED}, asked_until, NULL)), NULL)"""
"""None where no job that visits a host goes on; so it is without such jobs."""


def _times(rests: str) -> str:
    """Return the part of an UPDATE that computes them; no host is ready before `rests`."""
    return f"""(ready_at, class) = (SELECT
        iif({HOST_PAUSED}, NULL, max({rests}, nullif(min(
            ifnull({_OF_JOBS}, {_NEVER}), ifnull({_OF_ROBOTS}, {_NEVER})), {_NEVER}))),
        ifnull(max(weight), host.class)
    FROM host_job JOIN job ON job.id = host_job.job AND active WHERE host_job.host = host.id)"""


_TIMES = _times("host.next_at, host.opens_at")
_READY_AT = f"UPDATE host SET {_TIMES} WHERE id IN (/* few */ {{hosts}}) AND owner IS NULL"
_FREE = f"UPDATE host SET owner = NULL, {_TIMES} WHERE id IN (/* few */ {{hosts}}) AND {OWN}"
_NUMBERS = "SELECT value FROM json_each(:numbers)"
OWED = f"""
UPDATE host SET {
    ", ".join(f"{name} = ?" for name in staging.OWED).replace(
        "address = ?", "address = ifnull(?, address)"
    )
} WHERE id = ?"""
_VALUES = f"""({", ".join(staging.OWED)}) = (
    SELECT {", ".join(staging.OWED).replace(" address", " ifnull(owed.address, host.address)")}
    FROM temp.owed WHERE owed.id = host.id)"""
_HOME = """
store = ifnull((SELECT nullif(process.store, 0) FROM process
    WHERE process.id = :owner AND EXISTS (SELECT 1 FROM store WHERE store.id > 1)), host.store)"""
"""Notes where the files lie that visits of `:owner` have brought, in a ledger of several stores.

A host that leaves has been recorded with its last visit already.
"""
_WOKEN = "EXISTS (SELECT 1 FROM woken WHERE woken.host = owed.id)"
_OWED_TIMES = _times("""
(SELECT max(owed.next_at, owed.opens_at) FROM temp.owed WHERE owed.id = host.id)""")
LEAVE = f"""
UPDATE host SET owner = NULL, {_VALUES}, {_OWED_TIMES}
WHERE id IN (/* few */ SELECT id FROM temp.owed WHERE leaves AND NOT {_WOKEN})
AND {OWN}"""
"""Records what hosts are owed that leave `:owner`, and at `:now` when they are ready.

All at once: each time that a host is written its indexes are too. Those that were woken are mended
in between; `LEFT` selects them.
"""
LEFT = f"SELECT id FROM temp.owed WHERE leaves AND {_WOKEN}"
_OWE = f"""
UPDATE host SET {_VALUES}, {_HOME}
WHERE id IN (/* few */ SELECT id FROM temp.owed WHERE NOT leaves OR {_WOKEN}) AND {OWN}"""
OWE_ALL = (NOTE_RESTS, _OWE, MEND_UNHEARD)
"""Statements that record rests and health of the staged hosts that `:owner` has."""


def ready_at_of(hosts: str) -> str:
    """Return what computes anew at `:now` when hosts are ready; `hosts` selects their numbers."""
    return _READY_AT.format(hosts=hosts)


def free(hosts: str) -> str:
    """Return what takes hosts from `:owner`, and computes at `:now` when they are ready."""
    return _FREE.format(hosts=hosts)


def update_ready_at(db: Connection, hosts: Iterable[int] | str, now: Seconds) -> None:
    """Compute anew when each of these hosts is ready; a text selects their numbers.

    Hosts with an owner are skipped: the owner keeps their times in memory. While the robots.txt of
    a host is asked for, only that visit counts, and the jobs that do not obey robots.txt. Nothing
    waits that is paused.
    """
    if isinstance(hosts, str):
        db.execute(_READY_AT.format(hosts=hosts), {"now": now})
    elif numbers := list(hosts):
        values = {"now": now, "numbers": json.dumps(numbers)}
        db.execute(_READY_AT.format(hosts=_NUMBERS), values)


def owed_rows(
    hosts: Sequence[HostRecord], leaving: Sequence[HostRecord] = ()
) -> dict[str, Iterable[tuple[Any, ...]]]:
    """Return the staged rows of hosts that OWE_ALL records; some are `leaving`."""
    rests = (rest for host in (*hosts, *leaving) for rest in host.address_rests)
    rows = [
        (one.id, *owed(one), leaves)
        for leaves, some in ((False, hosts), (True, leaving))
        for one in some
    ]
    return {"owed": rows, "rested": dict(rests).items()}


def owed(host: HostRecord) -> tuple[Any, ...]:
    """Return the values of the columns `staging.OWED`: what a host is owed."""
    health, rest = host.health, host.rest
    return (
        host.next_at, host.opens_at, host.gap, host.address, health.backoff, health.failures,
        health.failing_since, health.silent, health.latency, health.spent, health.day,
        rest.answered_at, rest.failed_until, rest.put_off_until, rest.turn_at,
        health.refusals, health.refused_path, health.refused_since,
        health.well_at, health.share, health.first_failed_at, health.spacing,
        host.per_day,
    )  # fmt: skip
