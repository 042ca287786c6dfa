"""One tree of errors: trouble with the crawler is an exception; its class says whose fault it is.

Trouble with a URL is not in this tree: it is a value, `model.Outcome`.
"""

import errno
from dataclasses import dataclass

LOCAL_FAULTS = frozenset({
    errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ENOMEM,
    errno.EADDRNOTAVAIL, errno.ENOBUFS,
})  # fmt: skip
"""Faults of this machine as a whole, which neither a URL nor its host is to pay for."""

PATH_FAULTS = frozenset({
    errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR,
})  # fmt: skip
"""Faults of one place on this machine."""


class CrawlerError(Exception):
    """The crawler cannot go on; the message is for the operator and names the remedy."""

    exit_code = 1


class UsageError(CrawlerError):
    """The command line or the configuration is wrong: the operator's fault, exit code 2."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a configuration file, with the place where it stands (1-based)."""

    file: str
    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"{self.file}:{self.line}:{self.column}: {key}{self.message}"


class HeldElsewhereError(UsageError):
    """Living processes of another configuration hold the ledger."""


class ConfigError(UsageError):
    """Everything that is wrong with a configuration, all of it at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class LocalFaultError(CrawlerError):
    """The ledger cannot be written just now, for a fault of this machine that may pass."""


class StateError(CrawlerError):
    """The state file cannot be used as it is: corrupt, too new, or not ours."""


class OlderLedgerError(StateError):
    """The state file comes from an older crawler; a daemon migrates it when it starts."""


class EndOfProcessError(CrawlerError):
    """This process cannot go on, whatever it tries again; supervisord starts a new one."""


class LeaseLostError(EndOfProcessError):
    """Another process took this one for dead and reclaimed its leases; it must start afresh."""


class OutdatedError(EndOfProcessError):
    """The ledger was migrated by a newer crawler, moved, or taken over by another configuration."""


class MemoryFullError(EndOfProcessError):
    """This process holds more memory than it may."""


class PassLostError(CrawlerError):
    """Another reading of the same list has begun; the lists of the job are to be read again."""


class LedgerLostError(EndOfProcessError):
    """The state file is no longer the one that was opened: what is written is lost."""


class ServiceDiedError(CrawlerError):
    """A service of the daemon died again and again; supervisord starts a new process."""
