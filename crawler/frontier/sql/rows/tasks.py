"""Between rows and values: tasks as they are leased, and the rows of their settlements."""

import json
from collections import Counter
from typing import Any, NamedTuple

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.visited import columns
from crawler.frontier.sql.states import DEAD, DONE, LEASED, RETIRED, WAITING
from crawler.model import FIRST_STORE, Kept, Kind, Outcome, Seconds, Task, Validators
from crawler.policy.checksums import BOUND
from crawler.policy.retry import end_of, host_asked_for_it, is_hosts_word, state_of
from crawler.records import Again, Dead, Done, Hop, Settlement, Verdict
from crawler.urls import host_of

COLUMNS = columns(
    "id, fingerprint, job, host, url, location, path, attempt, failures, hops, "
    "put_off, etag, last_modified, part, part_etag, part_modified, part_total, "
    "due_at, ended, digest, every, extra, listed, store, part_store, cookies, via"
)
_TALLY = """
INSERT INTO tally VALUES (?, ?, ?)
ON CONFLICT (job, kind) DO UPDATE SET n = tally.n + excluded.n"""
_NO_VALIDATORS = Validators()
_NO_COLUMNS: tuple[None, str] = (None, "")
_End = tuple[str | None, int | None, int | None]
_NO_END: _End = (None, None, None)
ENDS = (Done, Dead)
"""A tuple: a union is made anew, and asked slowly, for every row."""


def task_of(
    row: tuple[Any, ...],
    job: str,
    key: str | None = None,
    rules_version: int = 0,
    store: int | None = None,
) -> Task:
    """Return the task of a row of COLUMNS; `key` is name:port of its host, where that is known.

    What lies in another store than `store` is nothing to go on from; None is of no store.
    """
    (
        number, fingerprint, _, host, url, location, path, attempt, failures, hops, put_off, etag,
        last_modified, part, part_etag, part_modified, part_total, due_at, ended, digest, every,
        extra, listed, file_store, part_store, cookies, via,
    ) = row  # fmt: skip
    there = location or url
    here = not digest or _lies_in(store, file_store)
    columns, checks = _columns(extra) if extra else _NO_COLUMNS
    has_part = part and _lies_in(store, part_store)
    return Task(
        id=number,
        job=job,
        url=url,
        location=there,
        host=key or host_of(there),
        host_id=host,
        fingerprint=fingerprint,
        attempt=attempt,
        failures=failures,
        put_off=put_off,
        hops=hops,
        path=path,
        stored=_stored(etag, last_modified) if here else None,
        kept=Kept(part, Validators(part_etag, part_modified), part_total) if has_part else None,
        robots=via is not None,
        rules_version=rules_version,
        due_at=due_at,
        ended=ended,
        digest=digest.hex() if digest else "",
        every=every,
        extra=columns,
        listed=via is None or listed > 0,
        here=here,
        checks=checks,
        jar=cookies,
    )


def _columns(extra: str) -> tuple[dict[str, str] | None, str]:
    """Return the columns that headers use, and what the list says of the body."""
    columns = json.loads(extra)
    checks = columns.pop(BOUND, "")
    return columns or None, checks


def _lies_in(store: int | None, where: int | None) -> bool:
    return store in {None, where or FIRST_STORE}


def _stored(etag: str | None, last_modified: str | None) -> Validators | None:
    return Validators(etag, last_modified) if etag or last_modified else None


SETTLED = (
    "id", "state", "due_at", "host", "location", "path", "attempt", "failures", "hops", "kind",
    "status", "size", "digest", "finished_at", "reason", "etag", "last_modified", "ended",
    "directives", "final", "success_at", "changed_at", "every", "unverified", "put_off",
    "host_asked", "cleared", "media_type", "charset", "away", "cookies",
)  # fmt: skip
"""Columns that a settlement writes over the row of its task, or that say how.

Suspected no more is what is `cleared`. What is `away` has its file in another store, and keeps it.
"""


def row_of(settled: Settlement) -> tuple[Any, ...]:
    """Return the values of SETTLED. After a hop the `host` is the caller's to set."""
    task, outcome, verdict = settled.task, settled.outcome, settled.verdict
    now, kind = settled.finished_at, outcome.kind
    then = _then(task, outcome, verdict, now)
    ended = isinstance(verdict, ENDS)
    final, success_at, changed_at = _end(task, outcome, int(now)) if ended else _NO_END
    validators = outcome.validators or task.stored or _NO_VALIDATORS
    location = None if then.location == task.url else then.location
    asked = isinstance(verdict, Again) and is_hosts_word(outcome, verdict.at - now)
    return (
        task.id, then.state, then.due_at, task.host_id, location, outcome.path, task.attempt,
        then.failures, then.hops, kind._value_, outcome.status, outcome.size,
        bytes.fromhex(outcome.digest) or None, now, outcome.reason or None, validators.etag,
        validators.last_modified, not (isinstance(verdict, Again) and verdict.keeps),
        outcome.directives or None, final, success_at, changed_at, then.every, outcome.unverified,
        then.put_off, asked, state_of(outcome) == "well", outcome.media_type, outcome.charset,
        _stays_away(task, outcome), then.jar,
    )  # fmt: skip


def _stays_away(task: Task, outcome: Outcome) -> bool:
    return not (task.here or outcome.digest)


class _Then(NamedTuple):
    """State of a task from a verdict on."""

    state: int
    due_at: Seconds
    location: str
    failures: int
    hops: int
    every: Seconds | None
    put_off: int = 0
    jar: str | None = None
    """Cookies that the visit goes on with, as long as it has not ended."""


def _then(task: Task, outcome: Outcome, verdict: Verdict, now: Seconds) -> _Then:
    if isinstance(verdict, Done):
        return _ended(DONE, task, verdict, now)
    if isinstance(verdict, Again):
        failures = task.failures + verdict.charged
        put_off = task.put_off + host_asked_for_it(outcome)
        there, hops, jar = task.location, task.hops, task.jar
        if verdict.location:
            there, hops, jar = verdict.location, 0, None
        return _Then(WAITING, verdict.at, there, failures, hops, task.every, put_off, jar)
    if isinstance(verdict, Hop):
        then = now, verdict.location, task.failures, task.hops + 1, task.every, 0, outcome.jar
        return _Then(WAITING, *then)
    return _ended(DEAD, task, verdict, now)


def _ended(state: int, task: Task, verdict: Done | Dead, now: Seconds) -> _Then:
    """Return how a task stays after its end, or how it begins anew at a later time."""
    if verdict.next_at:
        return _Then(WAITING, verdict.next_at, task.url, 0, 0, verdict.every)
    return _Then(state, now, task.location, task.failures, task.hops, verdict.every)


def _end(task: Task, outcome: Outcome, now: int) -> _End:
    """Return what an end is counted as, and when it succeeded and brought other content if so."""
    kind = end_of(task, outcome)._value_
    if outcome.kind is Kind.UNCHANGED:
        return kind, now, None
    if outcome.kind is Kind.STORED:
        return kind, now, now if outcome.digest != task.digest else None
    return kind, None, None


def tally(db: Connection, sums: Counter[tuple[int, str]]) -> None:
    """Add numbers of URLs to the sums of the ledger, by (job, kind)."""
    db.executemany(_TALLY, [(job, kind, n) for (job, kind), n in sums.items() if n])


def counted_as(job: int, state: int, ended: str | None) -> list[tuple[int, str]]:
    """Return what a task is counted as in the sums, beside being known."""
    if state == RETIRED:
        return [(job, "retired")]
    again = [(job, "+")] if ended and state in {WAITING, LEASED} else []
    return [*again, (job, ended)] if ended else []
