"""Sessions of jobs that log in: when one is over, and when the next login may be made. Pure."""

from crawler.model import Kind, Outcome, Seconds
from crawler.policy.acceptance import NOT_YET_STATUS
from crawler.policy.retry import KINDS
from crawler.urls import split
from crawler.value import mutable

REFUSALS_TO_END = 3
"""Visits in a row that are refused, without a good one between them, after which it is over."""
MAX_WAIT_S: Seconds = 3600.0
"""Longest time between two logins that lead nowhere."""
_PASSING_STATUS = frozenset({408, 425, 429})
_REFUSED_STATUS = frozenset({401, 403})


def is_refused(outcome: Outcome, login_url: str) -> bool:
    """Tell whether an answer is what a site gives to who has no session.

    That is 401 or 403, an answer that the job does not accept, or a redirect to where the login is.
    """
    if outcome.kind is Kind.UNWANTED:
        return outcome.status != NOT_YET_STATUS
    if outcome.kind is Kind.REDIRECTED:
        return is_login(outcome.location or "", login_url)
    return outcome.kind is Kind.HTTP_ERROR and outcome.status in _REFUSED_STATUS


def is_login(location: str, login_url: str) -> bool:
    """Tell whether a canonical URL is that of a login, whatever its query."""
    there, login = split(location) if location else None, split(login_url)
    return there is not None and (there.host, there.path) == (login.host, login.path)


def wait_of(failures: int, every: Seconds) -> Seconds:
    """Return how long after a login the next one may be made: longer with each that failed."""
    return max(every, min(MAX_WAIT_S, every * 2.0 ** min(failures, 20)))


def is_refusal(status: int) -> bool:
    """Tell whether a login that ended with a status will end so again: its site refused it."""
    return 400 <= status < 500 and status not in _PASSING_STATUS


def is_given_up(failures: int, attempts: int, *, refused: bool) -> bool:
    """Tell whether who wants to come to an end waits no longer for a login that failed so often.

    That is after as many attempts as a URL of the job has, or after the first one that is refused.
    """
    return failures >= attempts or (refused and failures > 0)


@mutable
class Session:
    """A session as a process has met it."""

    made_at: Seconds
    """Wall time at which it began."""
    since: Seconds
    """Monotonic time since when this process knows it: what began before says nothing of it."""
    good: bool = False
    """Whether it has brought a visit what that asked for."""
    refused: int = 0
    """Visits in a row that were refused."""

    def visited(self, outcome: Outcome, login_url: str, began: Seconds) -> bool:
        """Note a visit; return whether it was refused. `began` is a monotonic time."""
        if is_refused(outcome, login_url):
            self.refused += began >= self.since
            return True
        if KINDS[outcome.kind].word == "ok" and began >= self.since:
            self.good, self.refused = True, 0
        return False

    @property
    def over(self) -> bool:
        """Tell whether it has ended."""
        return self.refused >= REFUSALS_TO_END
