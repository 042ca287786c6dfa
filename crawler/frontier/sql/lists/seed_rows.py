"""Seeds as rows of temporary tables, which a transaction then adds.

All that needs no look at the file is done here, before its lock is taken.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.rows.names import Names, is_obeyed, obeys_of
from crawler.records import Seed
from crawler.urls import bucket_of

HOSTS = "nth >= :first_host AND nth < :end_host"
"""Condition on the staged hosts of a batch: those whose numbers are not remembered."""
_SEED = ("fingerprint", "host", "url", "path", "extra", "times")
_HOST = ("key", "bucket", "obeys")
_LEARNED = f"SELECT key, id FROM temp.seed_host WHERE {HOSTS}"
_OBEY = "UPDATE temp.seed_host SET obeys = ? WHERE nth = ?"


class Batch(NamedTuple):
    """Seeds of one job that are staged, each URL once."""

    seeds: Sequence[Seed]
    places: Mapping[str, int]
    """Its rows in `temp.seed` and `temp.seed_host`, each from the first to before the end."""


class _Rows:
    """The rows of batches, as they are made."""

    def __init__(self) -> None:
        self.seeds: list[tuple[Any, ...]] = []
        self.hosts: list[tuple[Any, ...]] = []
        """Of the columns _SEED and _HOST."""

    def add(
        self, seeds: Sequence[Seed], said: Mapping[str, bool | None], numbers: Mapping[str, int]
    ) -> Batch:
        """Add the rows of a batch; the first line that names a URL says its file and columns.

        The host of a row is a place among those that are staged, or below 0: minus its number,
        where that is remembered.
        """
        rows, first, first_host = self.seeds, len(self.seeds), len(self.hosts)
        hosts: dict[str, int] = {}
        places: dict[int, int] = {}
        again: Counter[int] = Counter()
        for fingerprint, url, host, path, extra, _ in seeds:
            if places.setdefault(fingerprint, len(rows)) < len(rows):
                again[places[fingerprint]] += 1
                continue
            known = numbers.get(host)
            number = -known if known else hosts.setdefault(host, first_host + len(hosts))
            rows.append((fingerprint, number, url, path, extra, 1))
        self.hosts += [(host, bucket_of(host), is_obeyed(said, host)) for host in hosts]
        for nth, more in again.items():
            rows[nth] = (*rows[nth][:-1], 1 + more)
        ends = {"end": len(rows), "end_host": len(self.hosts)}
        return Batch(seeds, {"first": first, "first_host": first_host, **ends})


class Staged(NamedTuple):
    """Batches that are staged."""

    batches: Sequence[Batch]
    said: Mapping[str, bool | None]
    """What the configuration said of robots.txt."""
    hosts: Sequence[str]
    remembered: bool
    """Whether numbers of hosts are among the rows."""


def stage(
    db: Connection,
    names: Names,
    batches: Iterable[tuple[str, Sequence[Seed]]],
    said: Mapping[str, bool | None],
) -> Staged:
    """Make the rows of seeds, by job, and of their hosts; `said` is what `obeys_of` just told."""
    rows = _Rows()
    found = [rows.add(seeds, said, names.known_hosts(job)) for job, seeds in batches]
    db.number({"seed": (_SEED, rows.seeds), "seed_host": (_HOST, rows.hosts)})
    remembered = any(number < 0 for _, number, *_ in rows.seeds)
    return Staged(found, said, [host for host, *_ in rows.hosts], remembered)


def agree(db: Connection, names: Names, staged: Staged) -> bool:
    """See that the rows still agree with the ledger; if not they are to be staged anew.

    Remembered hosts may have been forgotten. New hosts learn what is said of robots.txt now:
    perhaps it was put in force just now. The first thing in the transaction.
    """
    if not names.check(db) and staged.remembered:
        return False
    said = obeys_of(db)
    if said != staged.said:
        rows = [(is_obeyed(said, host), nth) for nth, host in enumerate(staged.hosts)]
        db.executemany(_OBEY, rows)
    return True


def remember(db: Connection, names: Names, job: str, batch: Batch) -> None:
    """Remember the numbers of hosts that a job's URLs have brought, after the transaction."""
    names.remember(job, db.execute(_LEARNED, batch.places).fetchall())
