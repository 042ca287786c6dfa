"""The log of the daemon: standard output, perhaps a file beside it, and what a reload changes."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress

import gevent

from crawler.config import CrawlerOptions, LogOptions
from crawler.errors import LOCAL_FAULTS, UsageError
from crawler.log import FileLines, RotatingFile, open_log
from crawler.model import Seconds
from crawler.policy.masking import Mask
from crawler.value import value

CLOSING_S: Seconds = 10.0
"""How long a file that a reload gave up may take for its last lines."""


@value
class LogControls:
    """What is done with a log beside writing to it; by default nothing is."""

    together: Callable[[], AbstractContextManager[None]] = nullcontext
    """Has the lines of a block written at once."""
    come_from: Callable[[int], None] = lambda _: None
    """Takes the number of this process in the ledger, for every line."""
    check: Callable[[LogOptions], None] = lambda _: None
    """Raises UsageError where options cannot be put in force."""
    adjust: Callable[[LogOptions], None] = lambda _: None
    """Takes the options of a configuration that is newly in force."""
    reopen: Callable[[], bool] = lambda: False
    """Opens the file anew; tells whether there is one."""
    lost: Callable[[], int] = lambda: 0
    """Returns how many lines found no reader, or no room in the file, so far."""


class DaemonLog:
    """Writes to standard output, and to `log.file` where that is set.

    Raises:
        UsageError: the file cannot be written to, and not for a fault that may pass.
    """

    def __init__(self, options: CrawlerOptions) -> None:
        self._mask = Mask(options.redact_query)
        self.log, self._lines = open_log(options.log.level, options.log.format, mask=self._mask)
        self._shown = self.log.without_file()
        self._file: FileLines | None = None
        self._lost_before = 0
        """Lines that files lost which a reload gave up."""
        self._place: tuple[object, ...] = ()
        self._process = 0
        self.come_from(0)
        self.adjust(options.log)

    def controls(self) -> LogControls:
        """Return what the daemon needs of it."""
        return LogControls(
            self._lines.together, self.come_from, check_log, self.adjust, self.reopen, self._lost
        )

    def come_from(self, process: int) -> None:
        """Name the process in every line."""
        self._process = process
        self.log.come_from(process)
        self._shown.come_from(process)
        if self._file:
            self._file.origin = {"process": process}

    def adjust(self, options: LogOptions) -> None:
        """Put options in force; another file begins with the next line."""
        self.log.set_levels(options.level, options.levels)
        place = (options.file, options.file_size, options.file_count)
        if place == self._place:
            return
        self._place, before = place, self._file
        self._file, self.log.file = None, None
        if before:
            self._lost_before += before.lost
            gevent.spawn(before.close, CLOSING_S)
        if options.file:
            file = RotatingFile(options.file, options.file_size, options.file_count)
            self._file = FileLines(file, self._shown)
            self._file.origin = {"process": self._process}
            self.log.file = self._file.put

    def reopen(self) -> bool:
        """Have the file opened anew with the next line; tell whether there is one."""
        if self._file is None:
            return False
        self._file.file.stale = True
        return True

    def _lost(self) -> int:
        return self._lines.lost + self._lost_before + (self._file.lost if self._file else 0)

    def close(self, timeout: Seconds) -> None:
        """Write what waits, each for so many seconds at the most."""
        if self._file:
            self._file.close(timeout)
        self._lines.close(timeout)


def check_log(options: LogOptions) -> None:
    """See that the file of the log can be written to.

    Raises:
        UsageError: it cannot, and not for a fault of this machine that may pass.
    """
    if options.file is None:
        return
    file = RotatingFile(options.file, options.file_size, options.file_count)
    try:
        file.open()
    except OSError as error:
        if error.errno not in LOCAL_FAULTS:
            cause = error.strerror or error
            raise UsageError(f"crawler.log.file: {options.file}: {cause}") from error
    finally:
        with suppress(OSError):
            file.close()
