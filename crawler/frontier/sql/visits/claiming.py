"""Files are reserved for tasks before they are written, for good."""

import json
from collections.abc import Collection, Iterator, Sequence
from itertools import count

from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.visits.owners import renew
from crawler.policy.naming import path_key, suffixed

_WANTED = """
SELECT json_extract(value, '$[0]') AS wanted, json_extract(value, '$[1]') AS claimant
FROM json_each(/* pairs */ ?)"""
_CLAIM = f"INSERT OR IGNORE INTO file (key, task) {_WANTED} WHERE true RETURNING key, task"
_CLAIMED = f"""
SELECT wanted, task FROM ({_WANTED}) CROSS JOIN file ON key = wanted AND task = claimant"""


def claim(
    db: Connection,
    paths: Sequence[tuple[int, str, str]],
    owner: int | None,
    store: int,
    fixed: Collection[int] = (),
) -> list[str]:
    """Reserve a file for each (task, first, second choice), or the second with a number added.

    Tasks of `fixed` that have no file have that one from now on.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    if owner is not None:
        renew(db, owner, 0.0)
    firsts = [(path_key(path, store), task) for task, path, _ in paths]
    mine = _claim_all(db, firsts)
    found = [
        path
        if first in mine
        else next(one for one in _others(task, second) if _claim_one(db, task, one, store))
        for first, (task, path, second) in zip(firsts, paths, strict=True)
    ]
    names = [(path, task) for (task, *_), path in zip(paths, found, strict=True) if task in fixed]
    if names:
        db.executemany("UPDATE task SET path = ? WHERE id = ? AND path IS NULL", names)
    return found


def _claim_all(db: Connection, firsts: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """Reserve the free ones of the first choices, each with its task; return those that are had.

    All in a statement or two: after every one the thread has to win the interpreter back.
    """
    mine = set(db.execute(_CLAIM, (json.dumps(firsts),)))
    others = [first for first in firsts if first not in mine]
    if others:
        mine.update(db.execute(_CLAIMED, (json.dumps(others),)))
    return mine


def _others(task: int, second: str) -> Iterator[str]:
    yield second
    for number in count(task):
        yield suffixed(second, number)


def _claim_one(db: Connection, task: int, path: str, store: int) -> bool:
    key = path_key(path, store)
    db.execute("INSERT OR IGNORE INTO file (key, task) VALUES (?, ?)", (key, task))
    (owner,) = db.execute("SELECT task FROM file WHERE key = ?", (key,)).fetchone()
    return bool(owner == task)
