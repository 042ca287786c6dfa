"""What was read of lists, taken in.

What can be made ready without the file is, before its lock is taken.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crawler.errors import PassLostError
from crawler.frontier.list_values import NewList, Pass, Portion, SourceState, Synced
from crawler.frontier.sql.connection import Connection
from crawler.frontier.sql.lists.checking import hear, renew
from crawler.frontier.sql.lists.chunks import Changes, changes, rows_of, write
from crawler.frontier.sql.lists.finding import Sight, look
from crawler.frontier.sql.lists.freshening import freshen
from crawler.frontier.sql.lists.meaning import say
from crawler.frontier.sql.lists.new_urls import enlist
from crawler.frontier.sql.lists.passes import begin_pass, check, note, note_dropped
from crawler.frontier.sql.lists.retiring import check_owner, revive
from crawler.frontier.sql.lists.seed_rows import Batch, Staged, agree, remember, stage
from crawler.frontier.sql.rows.file import Transactions
from crawler.frontier.sql.rows.names import Names, obeys_of
from crawler.model import Seconds
from crawler.records import Seed

_KNOWN = """
SELECT name FROM job WHERE (
    EXISTS (SELECT 1 FROM source WHERE source.job = job.id)
    OR EXISTS (SELECT 1 FROM tally WHERE tally.job = job.id))"""


class _Read(NamedTuple):
    """What was read of a list, made ready while nobody waits for the file."""

    read: Portion | NewList
    changed: Changes
    said: list[Seed]
    """Those of its seeds of which its lines say more than the URL."""
    dated: list[Seed]
    """Those of its seeds of which a sitemap says when they changed."""


def put(
    file: Transactions, owner: int, read: Sequence[Portion | NewList], now: Seconds
) -> list[Synced | None]:
    """Take in what was read of lists; return how many URLs came, and came back, with each."""
    file.make_room()
    while (synced := _put_all(file, owner, read, now)) is None:
        """Another program has changed a chunk, or forgotten a host, just now."""
    return synced


def _put_all(
    file: Transactions, owner: int, read: Sequence[Portion | NewList], now: Seconds
) -> list[Synced | None] | None:
    """Take all in; None if chunks or hosts are others by now than when rows were made of them."""
    db = file.db
    with file.locked(write=False):
        said, known = obeys_of(db), [_known(db, one) for one in read]
    ready = list(map(_made_ready, read, known))
    staged, sight = _staged(file, ready, said)
    with file.locked():
        check_owner(db, owner)
        if known != [_known(db, one) for one in read]:
            return None
        if not agree(db, file.names, staged):
            return None
        synced = [
            _taken_in(db, file.names, owner, one, batch, sight, now)
            for one, batch in zip(ready, staged.batches, strict=True)
        ]
    for one, batch, taken in zip(read, staged.batches, synced, strict=True):
        if taken is not None:
            remember(db, file.names, _job_of(one), batch)
    return synced


def _staged(
    file: Transactions, ready: Sequence[_Read], said: Mapping[str, bool | None]
) -> tuple[Staged, Sight | None]:
    """Stage what comes with each list, and look for it."""
    came = [(_job_of(one.read), [*one.changed.came]) for one in ready]
    staged = stage(file.db, file.names, came, said)
    return staged, look(file) if len(ready) == 1 else None  # others come after what the first adds


def _job_of(read: Portion | NewList) -> str:
    return read.job if isinstance(read, NewList) else read.one.job


def _known(db: Connection, read: Portion | NewList) -> dict[int, bytes]:
    """Return what is known of the chunks that were read; of a new list nothing is."""
    if isinstance(read, NewList):
        return {}
    return rows_of(db, read.one.source, (chunk.anchor for chunk in read.chunks))


def _made_ready(read: Portion | NewList, known: dict[int, bytes]) -> _Read:
    chunks = read.read if isinstance(read, NewList) else read.chunks
    said = [seed for chunk in chunks for seed in chunk.seeds if seed.path or seed.extra]
    dated = [seed for chunk in chunks for seed in chunk.seeds if seed.modified is not None]
    return _Read(read, changes(known, chunks), said, dated)


def _taken_in(
    db: Connection,
    names: Names,
    owner: int,
    one: _Read,
    batch: Batch,
    sight: Sight | None,
    now: Seconds,
) -> Synced | None:
    if isinstance(one.read, NewList):
        return _take_in(db, names, owner, one, batch, now)
    if one.read.one.owner != owner:
        raise PassLostError("this reading is another process's; it is given up here")
    return _put(db, names, one.read.one, one, batch, now, sight)


def _put(
    db: Connection,
    names: Names,
    of: Pass,
    read: _Read,
    batch: Batch,
    now: Seconds,
    sight: Sight | None = None,
) -> Synced:
    """Take in chunks that are new or changed."""
    check(db, of)
    job_id = names.job_id(db, of.job)
    word = hear(db, read.said)
    say(db, word.seeds)
    write(db, of.source, read.changed)
    db.execute("UPDATE source SET version = '' WHERE id = ? AND version != ''", (of.source,))
    fresh = enlist(db, names, job_id, batch, now, sight)
    revived = revive(db, job_id, read.changed.came, now)
    freshen(db, names, job_id, read.dated, now)
    renewed = renew(db, names, job_id, word.another, now) if word.another else 0
    note_dropped(db, of.source, sum((one.gone for one in read.changed.all), Counter()))
    return Synced(fresh, revived, renewed, len(word.lost))


def _take_in(
    db: Connection, names: Names, owner: int, one: _Read, batch: Batch, now: Seconds
) -> Synced | None:
    """Take in the only list of a job in a whole pass; None for a job that is known."""
    read = one.read
    assert isinstance(read, NewList)
    if db.execute(f"{_KNOWN} AND name = ?", (read.job,)).fetchone():
        return None
    of = begin_pass(db, names, owner, read.job, read.name)
    if of is None:
        return None
    synced = _put(db, names, of, one, batch, now)
    note(db, of, _state(of, read), now)
    if read.schedule:
        db.execute(
            "UPDATE job SET schedule = ? WHERE id = ?",
            (read.schedule, names.job_id(db, read.job)),
        )
    return synced


def _state(of: Pass, read: NewList) -> SourceState:
    return SourceState(
        of.source,
        read.version,
        read.listed,
        read.bad,
        filtered=read.filtered,
        filter_mark=read.filter_mark,
    )
