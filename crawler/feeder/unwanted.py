"""Sites that give no file but one and the same other answer, as a login page: told once each."""

from collections import OrderedDict

from crawler.log import Log
from crawler.model import Kind, Outcome, Visited
from crawler.policy.acceptance import NOT_YET_STATUS, cause_of
from crawler.policy.bans import is_refusal
from crawler.policy.causes import GOOD
from crawler.value import mutable

VISITS_TO_TELL = 10
"""Unwanted answers in a row with one cause, to two URLs at least, after which they are told."""
MAX_SITES = 10_000
"""Hosts of jobs that are remembered; of more, those that were heard of last."""


@mutable
class Streak:
    """Unwanted answers of a host to a job, in a row and with one cause."""

    cause: str
    fingerprint: int
    """That of the URL whose answer was the first."""
    visits: int = 0
    several: bool = False
    """Whether another URL had one as well."""


class UnwantedSites:
    """Writes a `host.unwanted` line for each host all of whose answers to a job are unwanted.

    The line comes again only after a file has come, or where the cause is another one.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self.streaks: OrderedDict[tuple[str, str], Streak] = OrderedDict()
        """By host and job; empty as long as no answer is unwanted."""

    def visited(self, host: str, visited: Visited) -> None:
        """Note how a visit to a host ended."""
        task, outcome = visited.task, visited.outcome
        if task.robots or not outcome.asked:
            return
        if outcome.kind in GOOD:
            self.streaks.pop((host, task.job), None)
        elif _is_wall(outcome):
            self._note(host, task.job, task.fingerprint, outcome)

    def _note(self, host: str, job: str, fingerprint: int, outcome: Outcome) -> None:
        cause = cause_of(outcome.reason)
        streak = self.streaks.pop((host, job), None)
        if streak is None or streak.cause != cause:
            streak = Streak(cause, fingerprint)
        self.streaks[host, job] = streak
        if len(self.streaks) > MAX_SITES:
            self.streaks.popitem(last=False)
        was_told = streak.several and streak.visits >= VISITS_TO_TELL
        streak.visits += 1
        streak.several = streak.several or fingerprint != streak.fingerprint
        if streak.several and streak.visits >= VISITS_TO_TELL and not was_told:
            self._log.warning(
                "host.unwanted", host=host, job=job, cause=cause, visits=streak.visits
            )


def _is_wall(outcome: Outcome) -> bool:
    """Tell an answer that may be everybody's from one that may be another later, and from a ban."""
    lasting = outcome.kind is Kind.UNWANTED and outcome.status != NOT_YET_STATUS
    return lasting and not is_refusal(outcome)
