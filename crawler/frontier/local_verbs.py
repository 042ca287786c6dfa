"""What a frontier, the object, is told and tells of its own process: none of it asks the ledger.

So it is no part of what an engine promises of others: it neither waits nor fails, nothing of it
outlasts the process, and the rules of `contract` are about the other verbs. `Desk.now` is like it.
"""

from collections.abc import Collection
from typing import Protocol

from crawler.model import Seconds


class LocalVerbs(Protocol):
    """How a process has its frontier ask, and how that went."""

    def hold(self, jobs: Collection[str]) -> None:
        """From now on lease no task of these jobs, but of all other jobs, for this process.

        They replace those of the last `hold`; what is leased already stays so.
        """

    def await_logins(self, jobs: Collection[str]) -> None:
        """From now on lease no task of these jobs either; they replace those of the last call."""

    def store(self) -> int:
        """Return the number of the store where the files of this process lie, as `store_in` said.

        That is the first one until then.
        """

    def hurry(self, until: Seconds) -> None:
        """Let later verbs wait for other programs until then at the most: a stop is near.

        `until` is a point on the monotonic clock, infinity where no stop is near any more. What has
        to wait longer raises LocalFaultError; without a stop an engine has a bound of its own.
        """

    def busy_since(self) -> Seconds:
        """Return the monotonic time since when another program keeps this one from writing, or 0.

        It does so by a lock, or by a server that does not answer. 0 says that nobody does, or that
        nothing was to be written since.
        """

    def written_at(self) -> Seconds:
        """Return the monotonic time at which this process wrote last; 0 if it never did.

        That is the end of its last verb that may write, and is known to be done.
        """
