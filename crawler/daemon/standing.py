"""Whether what this process has in force is what the ledger says: crawler, configuration, text.

Of several processes with one configuration the newest start or reload wins. A process that has an
older text leaves to the others the jobs that mean something else by now, and reloads by itself if
its own file has become the newest text.
"""

from collections.abc import Callable
from pathlib import Path

from crawler.config import load
from crawler.config.digests import job_digests, text_digest
from crawler.daemon.configuration import Configuration
from crawler.daemon.text_version import TextVersion
from crawler.errors import ConfigError, OutdatedError
from crawler.frontier import Beat, InForce
from crawler.log import Log
from crawler.threads import Native


class Standing:
    """Looks after each heartbeat.

    `stop` asks for a drain, with the cause in words, and `reload` for a reload; `give_back` has
    all hosts leave.
    """

    def __init__(
        self,
        file: Path | None,
        configuration: Configuration,
        log: Log,
        *,
        stop: Callable[[str], None],
        reload: Callable[[], None],
        give_back: Callable[[], None],
    ) -> None:
        self._file = file
        self._configuration = configuration
        self._log = log
        self._stop = stop
        self._reload = reload
        self._give_back = give_back
        self._version = TextVersion(file, configuration.text.include)
        self._ended = ""
        """Why this process is to end; '' while it is not."""
        self._told = ""
        """Digest of the newest text that the log was told of."""
        self._read: tuple[str, tuple[object, ...]] = ("", ())
        """The newest text for which the own file was read, and the file's version then."""
        self._yields = False
        """Whether the own file yielded that text, so that a reload was asked for, once."""

    def look(self, beat: Beat) -> None:
        """Ask for a drain, for a reload, or give hosts back, as the ledger says."""
        if self._ended:
            return
        found = beat.in_force
        if found is None:
            self._end("a newer crawler has migrated the ledger, or it was moved")
        elif self._file and found.name != self._configuration.settings.crawler.name:
            self._end(f"the configuration {found.name!r} has taken over the ledger")
        elif self._file:
            self._compare(self._file, found)

    def require(self) -> None:
        """See that the drain had another cause than one of those.

        Raises:
            OutdatedError: it had not; supervisord then starts what is installed now.
        """
        if self._ended:
            raise OutdatedError(self._ended)

    def _end(self, cause: str) -> None:
        self._ended = cause
        self._stop(cause)

    def _compare(self, file: Path, found: InForce) -> None:
        mine = self._configuration.hosts.digests()
        if text_digest(mine) == found.digest:
            self._configuration.outdated, self._configuration.superseded = frozenset(), False
            return
        changed = {name for name, digest in mine.items() if found.jobs.get(name) != digest}
        self._configuration.outdated, self._configuration.superseded = frozenset(changed), True
        self._give_back()
        version = self._version.found()
        if self._read != (found.digest, version):
            self._read = (found.digest, version)
            self._yields = _yields(file, found.digest)
            if self._yields:
                self._reload()
        if not self._yields and self._told != found.digest:
            self._told = found.digest
            self._log.warning("config.outdated", newest=found.generation, jobs=sorted(changed))


def _yields(file: Path, digest: str) -> bool:
    """Tell whether a file yields a text."""
    try:
        with Native(1) as native:
            return native.call(_digest_of, file) == digest
    except ConfigError:
        return False


def _digest_of(file: Path) -> str:
    return text_digest(job_digests(load(file)))
