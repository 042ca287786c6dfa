"""Whether the file is whole, within a time: SQLite's own look at every page."""

import sqlite3
import time

from crawler.frontier.answers import Soundness
from crawler.frontier.questions import Integrity
from crawler.frontier.sqlite.file.procedures import Connection

MAX_PROBLEMS = 10
_STEPS = 10_000
"""Steps of SQLite's machine between two looks at the clock: about a millisecond."""


def soundness(db: Connection, question: Integrity) -> Soundness:
    """Look at the file (PRAGMA quick_check), for as long as the question says."""
    within = question.within
    until = time.monotonic() + within if within is not None else None
    db.set_progress_handler(lambda: until is not None and time.monotonic() > until, _STEPS)
    try:
        found = db.execute(f"PRAGMA quick_check({MAX_PROBLEMS})").fetchall()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return Soundness((), whole=False)
    finally:
        db.set_progress_handler(None, 0)
    return Soundness(tuple(text for (text,) in found if text != "ok"), whole=True)
