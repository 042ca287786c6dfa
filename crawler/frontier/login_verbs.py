"""The verbs of the frontier's contract about logins of jobs: one process makes each, for all.

A job that logs in has one session for all its processes: its cookies are in the job's jars. Whoever
finds that it has ended says so, once; whoever comes first takes the next login and makes it. What a
process has taken that is no more, others take.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from crawler.cookie import SetCookies
from crawler.model import Seconds


class Login(NamedTuple):
    """How the session of a job is; times are wall times."""

    made_at: Seconds = 0.0
    """When it began; 0 before the first."""
    ended: bool = False
    """Whether visits found it over."""
    failures: int = 0
    """Logins in a row that brought no visit what it asked for."""
    next_at: Seconds = 0.0
    """No login is made before."""
    reason: str = ""
    """Why the last one failed."""

    @property
    def valid(self) -> bool:
        """Tell whether visits may go by it."""
        return self.made_at > 0 and not self.ended


class LoginVerbs(Protocol):
    """What a process asks about logins."""

    def logins(self, jobs: Collection[str]) -> dict[str, Login]:
        """Return how the sessions of jobs are; it only reads."""

    def take_login(self, owner: int, job: str) -> bool:
        """Take the login of a job, if one is wanted and due and no other process makes it."""

    def end_login(
        self,
        owner: int,
        job: str,
        cookies: Sequence[SetCookies],
        *,
        failed: str = "",
        wait: Seconds = 0.0,
    ) -> None:
        """Record a login that was taken, with its cookies; `failed` says why there is no session.

        The next one is made after `wait` at the earliest. What the owner has taken no more is
        passed over.
        """

    def lose_session(
        self, owner: int, job: str, made_at: Seconds, *, good: bool, wait: Seconds
    ) -> bool:
        """Record that the session that began then is over, if nobody has; tell whether it was so.

        It was a `good` one if it brought a visit what that asked for. The next login is made after
        `wait` from now at the earliest, and no sooner than was said with the last one.
        """
