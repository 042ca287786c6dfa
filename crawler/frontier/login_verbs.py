"""The verbs of the frontier's contract about logins of jobs: one process makes each, for all.

A job that logs in has one session for all its processes: its cookies are in the job's jars. Whoever
finds that it has ended says so, once; whoever comes first takes the next login and makes it. What a
process has taken that is no more, others take.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

from crawler.cookie import SetCookies
from crawler.frontier.answers import Login
from crawler.frontier.values import LeasedHost
from crawler.model import Seconds


class LoginVerbs(Protocol):
    """What a process asks about logins."""

    def logins(self, jobs: Collection[str]) -> dict[str, Login]:
        """Return how the sessions of jobs are; it only reads."""

    def reserve(self, owner: int, key: str, job: str) -> LeasedHost | None:
        """Take a host (name:port) for requests of a job that no task stands for, as for a login.

        None if it rests, is closed or parked, or if it or its address is another process's. One
        that the owner has is found taken. It goes back as every other one, with its rests.
        """

    def take_login(self, owner: int, job: str) -> bool:
        """Take the login of a job, if one is wanted and due and no other process makes it."""

    def end_login(
        self,
        owner: int,
        job: str,
        cookies: Sequence[SetCookies],
        *,
        failed: str = "",
        refused: bool = False,
        wait: Seconds = 0.0,
    ) -> None:
        """Record a login that was taken, with its cookies; `failed` says why there is no session.

        It was `refused` if the same login will fail again.

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
