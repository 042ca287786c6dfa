"""What lists say anew of bodies: a URL whose body is to be another one is due again.

Digests that a list has lost hold on: that is told, and no word.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.fingerprints import TASK_OF
from crawler.frontier.sql.rows.names import Names
from crawler.frontier.sql.rows.readiness import update_ready_at
from crawler.frontier.sql.rows.tasks import tally
from crawler.frontier.sql.rows.visited import BEGIN_ANEW, TASKS
from crawler.frontier.sql.states import DEAD, DONE, WAITING
from crawler.model import Seconds
from crawler.policy.checksums import BOUND, heard
from crawler.records import Seed
from crawler.urls import host_of

_THOSE = f"id IN (/* few */ SELECT {TASK_OF.replace('?', 'value')} FROM json_each(?))"
_BEFORE = f"SELECT fingerprint, extra, digest FROM task WHERE {_THOSE}"
_ENDED = f"""
SELECT id, host, url, state FROM {TASKS} WHERE {_THOSE} AND ended IS NOT NULL
AND (state IN ({DONE}, {DEAD}) OR state = {WAITING} AND failures = 0 AND due_at > ?)"""
_RENEW = f"UPDATE task SET state = {WAITING}, due_at = ?, host = ?, failures = 0 WHERE id = ?"


class Word(NamedTuple):
    """What seeds say, as it holds."""

    seeds: list[Seed]
    another: set[int]
    """Fingerprints of URLs whose bodies are to be others."""
    lost: set[int]
    """Fingerprints of URLs of which no digest is said any more."""


def hear(db: Connection, seeds: Sequence[Seed]) -> Word:
    """Compare what seeds say of bodies with what was said before."""
    checked = [seed.fingerprint for seed in seeds if _says(seed)]
    if not checked:
        return Word([*seeds], set(), set())
    rows = db.execute(_BEFORE, (json.dumps(checked),)).fetchall()
    known = {fingerprint: (extra, digest) for fingerprint, extra, digest in rows}
    word = Word([], set(), set())
    for seed in seeds:
        word.seeds.append(_heard(seed, known, word) if seed.fingerprint in known else seed)
    return word


def renew(db: Connection, names: Names, job: int, fingerprints: Iterable[int], now: Seconds) -> int:
    """Make URLs due that have ended, begun anew where they are listed; return how many.

    Those that are on their way, tried again or retired are left.
    """
    numbers = json.dumps(sorted(fingerprints))
    rows = db.execute(_ENDED, (numbers, now)).fetchall()
    keys = {host_of(url) for _, _, url, _ in rows}
    homes = {key: names.host_id(db, key, job) for key in sorted(keys)}
    due = [(now, homes[host_of(url)], number) for number, _, url, _ in rows]
    db.executemany(_RENEW, due)
    db.executemany(f"{BEGIN_ANEW} WHERE task = ?", [(number,) for number, *_ in rows])
    tally(db, Counter({(job, "+"): sum(state != WAITING for *_, state in rows)}))
    update_ready_at(db, {host for _, host, *_ in rows} | {*homes.values()}, now)
    return len(rows)


def _says(seed: Seed) -> bool:
    """Tell whether a seed says something of its body, or that it says nothing."""
    return bool(seed.extra) and f'"{BOUND}"' in str(seed.extra)


def _heard(seed: Seed, known: dict[int, tuple[str | None, bytes | None]], word: Word) -> Seed:
    """Return a seed as its word holds, and note what that is; a later line says more."""
    extra, digest = known[seed.fingerprint]
    before, says = _columns(extra), _columns(seed.extra)
    if extra == seed.extra or BOUND not in says:
        return seed
    found = heard(before.get(BOUND, ""), says[BOUND], digest.hex() if digest else "")
    if found.another:
        word.another.add(seed.fingerprint)
    if found.lost:
        word.lost.add(seed.fingerprint)
    text = json.dumps({**says, BOUND: found.text})
    known[seed.fingerprint] = text, digest
    return seed._replace(extra=text)


def _columns(extra: str | None) -> Mapping[str, str]:
    columns: dict[str, str] = json.loads(extra) if extra else {}
    return columns
