"""A reload: the whole configuration is read, checked and prepared; then it is put in force, or not.

A problem anywhere leaves everything as it is. A fault of this machine, such as a ledger that is
held by another program, puts the reload off. Visits under way are fetched under the options with
which they began; what becomes of their URLs, and the next visits, go by the new ones.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import gevent

from crawler.config import Settings, load
from crawler.config.overlay import Set, laid_over
from crawler.daemon.configuration import Configuration
from crawler.daemon.difference import Difference, check, difference, in_words, log_fields
from crawler.daemon.text_version import TextVersion
from crawler.errors import LOCAL_FAULTS, ConfigError, LocalFaultError, Problem, UsageError
from crawler.frontier.wishes import Wish
from crawler.log import Log
from crawler.model import Seconds
from crawler.threads import Native

FIRST_WAIT_S: Seconds = 1.0
"""Wait before a reload is tried again that a fault of this machine put off; it doubles."""
MAX_WAIT_S: Seconds = 30.0
MAX_TOLD = 500
"""Characters of what the row of the process says of a reload."""

Prepare = Callable[[Settings, Settings, Difference], Callable[[], None]]
"""Does all of a reload that may fail, and returns what puts it in force: that cannot fail.

It gets the settings, those of the file alone, and what differs from those in force. It raises
UsageError or LocalFaultError, and has then changed nothing."""


class Reloader:
    """Reads the configuration again, one reload after another."""

    def __init__(
        self,
        file: Path | None,
        configuration: Configuration,
        prepare: Prepare,
        log: Log,
        now: Callable[[], Seconds],
    ) -> None:
        self._file = file
        self._configuration = configuration
        self._prepare = prepare
        self._log = log
        self._now = now
        self.wishes: Sequence[Wish] = ()
        """What operators set, above what the file says."""
        self._asked = False
        self._read = False
        self._under_way = False

    def reload(self, *, read: bool = True) -> None:
        """Read the configuration again; apply its changes, or, if anything is wrong, nothing.

        Asked for while another reload is under way, it follows that one. Without `read` the file is
        as it was read last, and `wishes` are others.
        """
        self._asked, self._read = True, self._read or read
        if self._file is None or self._under_way:
            return
        self._under_way = True
        try:
            while self._asked:
                read, self._asked, self._read = self._read, False, False
                self._until_decided(self._file, read=read)
        finally:
            self._under_way = False

    def _until_decided(self, file: Path, *, read: bool) -> None:
        """Put what the file says in force or reject it, whatever faults of this machine pass.

        Where the file is rejected, what operators set holds with the one that is in force.
        """
        wait = FIRST_WAIT_S
        while True:
            try:
                return self._apply(file, read=read)
            except LocalFaultError as error:
                if wait == FIRST_WAIT_S:
                    self._log.warning("config.postponed", cause=str(error))
                gevent.sleep(wait)
                wait = min(2 * wait, MAX_WAIT_S)
                continue
            except UsageError as error:
                self._reject(error)
            except Exception as error:  # noqa: BLE001  a bug that one file shows ends no daemon
                self._log.error("config.rejected", problems=[repr(error)], exc_info=True)
            if not read:
                return None
            read = False

    def _apply(self, file: Path, *, read: bool) -> None:
        text = self._configuration.text
        if read:
            with Native(1) as native:  # a big YAML file takes its time
                text = _loaded(native, file)
        settings = self._wished(text)
        found = difference(self._configuration.settings, settings)
        if not read and not found:
            return
        check(str(file), found)
        put_in_force = self._prepare(settings, text, found)
        put_in_force()
        self._log.info("config.reloaded", **log_fields(found))
        self._tell(in_words(found))

    def _wished(self, text: Settings) -> Settings:
        """Return the settings with what operators set, but for what no longer makes sense."""
        sets = [
            Set(wish.subject.scope.value, wish.subject.name, wish.option, wish.value)
            for wish in self.wishes
        ]
        return laid_over(text, sets, self._pass_over)

    def _pass_over(self, one: Set, error: UsageError) -> None:
        of = f"{one.scope} {one.name}".strip()
        self._log.warning("wish.passed_over", of=of, cause=str(error))

    def _reject(self, error: UsageError) -> None:
        problems = error.problems if isinstance(error, ConfigError) else [error]
        self._log.error("config.rejected", problems=[str(one) for one in problems])
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        self._tell(f"refused: {problems[0]}{more}")

    def _tell(self, words: str) -> None:
        cut = words if len(words) <= MAX_TOLD else f"{words[: MAX_TOLD - 1]}…"
        self._configuration.reloaded = self._now(), cut


def _loaded(native: Native, file: Path) -> Settings:
    """Read the configuration; a file that this machine cannot read just now is not wrong.

    Raises:
        ConfigError: it is.
        LocalFaultError: the file cannot be read, for want of descriptors or the like.
    """
    if file.exists() and not file.is_file():  # reading a pipe would never end
        raise ConfigError([Problem(str(file), 1, 1, "", "is no file; put the configuration back")])
    try:
        return native.call(load, file)
    except ConfigError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in LOCAL_FAULTS:
            raise LocalFaultError(str(error)) from error
        raise


class ConfigWatch:
    """Looks for changes of the configuration file, where its option `watch` is set."""

    def __init__(
        self, file: Path | None, configuration: Configuration, changed: Callable[[], None]
    ) -> None:
        self._file = file
        self._configuration = configuration
        self._changed = changed
        self._text = TextVersion(file, configuration.text.include)
        self._version = self._text.found()

    def look(self) -> bool:
        """Return whether lists are watched; call `changed` if the file has changed."""
        if not self._configuration.settings.crawler.watch or self._file is None:
            return False
        version = self._text.found()
        if version != self._version:
            self._version = version
            self._changed()
        return True
