"""Notices that the output folder is no longer the one in which this process began to store."""

from pathlib import Path

import gevent

from crawler.log import Log
from crawler.store.mark import LOST, seen_named
from crawler.threads import Greenlet, Native


class OutputWatch:
    """Looks whether the mark of the folder is still there, and tells the log when that changes.

    Nothing is stored meanwhile: a disk that was unmounted leaves an empty folder, in which files
    could be stored and would not be found later.
    """

    def __init__(self, output: Path, log: Log) -> None:
        self._output = output
        self._log = log
        self._named = ""
        """The ledger that the folder named when it was looked at first; '' while it named none."""
        self._lost = False
        self._looking: Greenlet | None = None

    def look(self) -> None:
        """Begin a look; a disk that hangs holds up no heartbeat."""
        if self._looking is None or self._looking.ready():
            self._looking = gevent.spawn(self._look)

    def _look(self) -> None:
        """Tell once that the mark is gone or another one, and once that it is there again."""
        with Native(1) as native:
            found = native.call(seen_named, self._output)
        if found is None:
            return
        self._named = self._named or found
        if (found != self._named) is self._lost:
            return
        self._lost = not self._lost
        if self._lost:
            cause = (
                f"{self._output}: {LOST}; nothing is stored until it is back. To begin with an "
                "empty folder, restart the daemon"
            )
            self._log.error("output.lost", cause=cause)
        else:
            self._log.info("output.found")
