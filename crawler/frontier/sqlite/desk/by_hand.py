"""`crawler add`: URLs that an operator gives by hand stand on a list of their own.

It is one of the lists that only add, so that no reading of the others takes them away. Each URL is
a chunk of it, by its fingerprint.
"""

from collections import Counter

from crawler.errors import UsageError
from crawler.frontier.actions import AddUrls
from crawler.frontier.answers import Changed
from crawler.frontier.list_values import ReadChunk
from crawler.frontier.sqlite.desk.slices import File
from crawler.frontier.sqlite.file.statefile import Connection
from crawler.frontier.sqlite.lists.chunks import write_chunk
from crawler.frontier.sqlite.lists.new_urls import enlist
from crawler.frontier.sqlite.lists.retiring import revive, unlist
from crawler.model import Seconds
from crawler.records import Seed

NAME = "inbox:by hand"
"""Of the source; lists of an inbox only add (`sync.INBOX`)."""
_KNOWN = "SELECT 1 FROM chunk WHERE source = ? AND anchor = ?"
_SOURCE = "SELECT id FROM source WHERE job = ? AND name = ?"


def add(file: File, action: AddUrls, now: Seconds) -> Changed:
    """Put URLs on the list, which are not there yet, and make those known that are new."""
    db = file.db
    with file.locked():
        number = _job(db, action.job)
        source = _source(db, number)
        seeds = {seed.fingerprint: seed for seed in action.seeds}
        new = [one for one in seeds.values() if not db.execute(_KNOWN, (source, one[0])).fetchone()]
        for seed in new:
            write_chunk(db, source, ReadChunk(seed.fingerprint, seed.fingerprint, [seed]))
        came, back = _known(file, number, new, now)
        db.execute(
            "UPDATE source SET listed = listed + ?, synced_at = ? WHERE id = ?",
            (len(new), now, source),
        )
    return Changed(Counter({"new": came, "back": back, "known": len(seeds) - came - back}))


def take_off(db: Connection, job: int, fingerprint: int) -> bool:
    """Take a URL off the list; return whether it stood there."""
    found = db.execute(_SOURCE, (job, NAME)).fetchone()
    gone = found and db.execute(
        "DELETE FROM chunk WHERE source = ? AND anchor = ?", (found[0], fingerprint)
    )
    if not gone or not gone.rowcount:
        return False
    db.execute("UPDATE source SET listed = listed - 1 WHERE id = ?", found)
    unlist(db, [fingerprint])
    return True


def _known(file: File, job: int, new: list[Seed], now: Seconds) -> tuple[int, int]:
    """Make URLs known and due; return how many are new, and how many were retired."""
    came = enlist(file.db, file.names, job, new, now)
    return came, revive(file.db, job, [seed.fingerprint for seed in new], now)


def _job(db: Connection, name: str) -> int:
    """Return the number of a job of the configuration.

    Raises:
        UsageError: there is no such job.
    """
    row = db.execute("SELECT id FROM job WHERE name = ? AND active AND id != 0", (name,)).fetchone()
    if row is None:
        raise UsageError(f"the ledger does not know the job {name} yet: start the daemon with it")
    return int(row[0])


def _source(db: Connection, job: int) -> int:
    db.execute("INSERT OR IGNORE INTO source (job, name) VALUES (?, ?)", (job, NAME))
    return int(db.execute(_SOURCE, (job, NAME)).fetchone()[0])
