"""A reload: the whole configuration is read and checked, then applied as a difference, or not.

A problem anywhere leaves everything as it is. Visits under way end under the options with which
they began; the next lease of a URL has the new ones.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from gevent.lock import Semaphore

from crawler.config import Job, load
from crawler.daemon.configuration import Configuration
from crawler.daemon.difference import Difference, check, difference, log_fields
from crawler.errors import ConfigError, UsageError
from crawler.log import Log
from crawler.threads import Native


class Reloader:
    """Reads the configuration again, one reload after another.

    `open_job` makes what a job's visits need, and raises UsageError where it cannot; `apply` tells
    the daemon's parts of a configuration that is in force.
    """

    def __init__(
        self,
        file: Path | None,
        configuration: Configuration,
        open_job: Callable[[Job], None],
        apply: Callable[[Difference], None],
        log: Log,
    ) -> None:
        self._file = file
        self._configuration = configuration
        self._open_job = open_job
        self._apply = apply
        self._log = log
        self._one_at_a_time = Semaphore()

    def reload(self) -> None:
        """Read the configuration again; apply its changes, or, if anything is wrong, nothing."""
        if self._file is None:
            return
        with self._one_at_a_time:
            try:
                found = self._read(self._file)
            except UsageError as error:
                problems = error.problems if isinstance(error, ConfigError) else [error]
                self._log.error("config.rejected", problems=[str(one) for one in problems])
                return
            self._apply(found)
            self._log.info("config.reloaded", **log_fields(found))

    def _read(self, file: Path) -> Difference:
        with Native(1) as native:  # a big YAML file takes its time
            settings = native.call(load, file)
        found = difference(self._configuration.settings, settings)
        check(str(file), found)
        for job in settings.jobs:
            self._open_job(job)
        self._configuration.take_up(settings)
        return found


class ConfigWatch:
    """Looks for changes of the configuration file, where its option `watch` is set."""

    def __init__(
        self, file: Path | None, configuration: Configuration, changed: Callable[[], None]
    ) -> None:
        self._file = file
        self._configuration = configuration
        self._changed = changed
        self._version = _version(file)

    def look(self) -> bool:
        """Return whether lists are watched; call `changed` if the file has changed."""
        if not self._configuration.settings.crawler.watch or self._file is None:
            return False
        version = _version(self._file)
        if version != self._version:
            self._version = version
            self._changed()
        return True


def _version(file: Path | None) -> tuple[int, ...]:
    """Return size, time and inode of a file, which differ between two versions of it."""
    with suppress(OSError):
        found = file.stat() if file else None
        return (found.st_size, found.st_mtime_ns, found.st_ino) if found else ()
    return ()
