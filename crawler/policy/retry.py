"""Verdicts on the ends of visits: one table, one function, no clock of its own. Pure."""

from random import Random

from crawler.model import Kind, Outcome, Seconds, Task
from crawler.policy.acceptance import NOT_YET_STATUS
from crawler.policy.bans import is_refusal
from crawler.policy.http_dates import MAX_RETRY_AFTER_S
from crawler.policy.retry_rules import RetryRules
from crawler.records import Again, Dead, Done, Hop, Verdict
from crawler.value import value

FIRST_BACKOFF_S: Seconds = 2.0
"""Backoff ceiling after the first failure; it doubles with every further one."""
MAX_BACKOFF_S: Seconds = 3600.0
"""Longest backoff of a URL, where `max_backoff` of its host is longer."""
ATTEMPTS_AT_SESSIONS = 3
"""Visits that a URL has at least where sessions of its job end: one of them ended under it."""
_DONE = Done()
WAIT_ERROR_S: Seconds = 0.001
"""How exactly a wait is known as the difference of two wall times."""
MAX_OUR_WAIT_S: Seconds = 5.0
"""Longest wait of a URL after a fault of this machine; the daemon as a whole pauses, too."""


@value
class KindRow:
    """A row of the table."""

    word: str
    """Word of the kind in reports: ok, not found, error."""
    again: bool = False
    """Whether another visit may end better."""
    host: str = ""
    """State of the host that it shows: well, failing (it pays with its pace), silent (no answer at
    all), or none."""


KINDS: dict[Kind, KindRow] = {
    Kind.STORED: KindRow("ok", host="well"),
    Kind.UNCHANGED: KindRow("ok", host="well"),
    Kind.EMPTY: KindRow("error", host="well"),  # ok where a good file stands, see word_of
    Kind.UNWANTED: KindRow("error", host="well"),  # again where there is nothing yet, see _passes
    Kind.NOT_FOUND: KindRow("not found", host="well"),
    Kind.HTTP_ERROR: KindRow("error", host="well"),  # status_passes and state_of decide
    Kind.REDIRECTED: KindRow("error", host="well"),  # a hop, unless there are too many
    Kind.ROBOTS: KindRow("error"),
    Kind.BLOCKED: KindRow("error"),
    Kind.DNS: KindRow("error", again=True, host="silent"),
    Kind.CONNECT: KindRow("error", again=True, host="silent"),
    Kind.TLS: KindRow("error"),
    Kind.TIMEOUT: KindRow("error", again=True, host="silent"),
    Kind.TRUNCATED: KindRow("error", again=True),
    Kind.PROTOCOL: KindRow("error", again=True),
    Kind.DECODE: KindRow("error", host="well"),
    Kind.MISMATCH: KindRow("error", again=True, host="well"),
    Kind.TOO_BIG: KindRow("error", host="well"),
    Kind.REDIRECT_LIMIT: KindRow("error", host="well"),
    Kind.LOCAL_IO: KindRow("error", again=True),
    Kind.CANCELLED: KindRow("error"),
    Kind.BUG: KindRow("error", again=True),
}

AGAIN_STATUS = frozenset({408, 421, 425, 429})
"""HTTP errors below 500 that pass: RFC 9110 section 15, RFC 8470, RFC 6585."""
PRECONDITION_FAILED = 412
LASTING_STATUS = frozenset({501, 505, 506, 508, 510, 511})
"""HTTP errors from 500 on that do not: RFC 9110 section 15, RFC 2295, 5842, 2774 and 6585.

Every other one passes: what is not known is its class's x00, and counts as 500 beyond 599
(RFC 9110, section 15).
"""


def end_of(task: Task, outcome: Outcome) -> Kind:
    """Return the kind that an end is counted as: EMPTY changes nothing where a file stands."""
    return Kind.UNCHANGED if outcome.kind is Kind.EMPTY and task.digest else outcome.kind


def word_of(task: Task, outcome: Outcome) -> str:
    """Return the word that an end is counted as: ok, not found, error."""
    kind = outcome.kind
    return KINDS[end_of(task, outcome) if kind is Kind.EMPTY else kind].word


def state_of(outcome: Outcome) -> str:
    """Return the state of the host that an outcome shows: well, failing, silent, or '' for none."""
    if outcome.ours or not outcome.asked:
        return ""
    status = outcome.status or 0
    if outcome.kind is Kind.HTTP_ERROR and _is_failing(status):
        return "failing"
    return KINDS[outcome.kind].host or _answered(status)


def _is_no_failure(task: Task, outcome: Outcome) -> bool:
    """Tell whether a visit was for nothing by no fault of its URL, so that it is made again.

    It is this machine's fault, or the robots.txt is not known yet, or the condition failed with
    which a stored file was asked for: the next visit goes without one.
    """
    condition_failed = outcome.status == PRECONDITION_FAILED and task.stored is not None
    ours = outcome.ours or outcome.wait > 0
    return ours or outcome.needs_robots is not None or condition_failed


def _our_wait(outcome: Outcome, random: Random, most: Seconds) -> Seconds:
    """Return how long a URL waits that is not charged: a moment, or what this machine asks for."""
    if not outcome.wait:
        return random.uniform(0, MAX_OUR_WAIT_S)
    wait = min(outcome.wait, most)
    return random.uniform(wait / 2, wait)


def _answered(status: int) -> str:
    return "well" if status else ""


def _is_failing(status: int) -> bool:
    return status in {408, 429} or status >= 500


def status_passes(status: int) -> bool:
    """Tell whether a URL that is answered with an HTTP error may be answered otherwise later."""
    return status in AGAIN_STATUS or (status >= 500 and status not in LASTING_STATUS)


def host_asked_for_it(outcome: Outcome) -> bool:
    """Tell whether the server put the visit off, so that it is no failure of the URL's."""
    return outcome.status == 429 or (outcome.status == 503 and bool(outcome.retry_after))


def verdict(
    task: Task,
    outcome: Outcome,
    *,
    attempts: int,
    now: Seconds,
    random: Random,
    spared: bool = False,
    max_backoff: Seconds = MAX_BACKOFF_S,
    retry: RetryRules | None = None,
) -> Verdict:
    """Return the verdict on a task; `now` is wall time, `attempts` the visits that its job allows.

    An end that needs none of this has its verdict by `verdict_on_good`.

    By our own will it waits for `max_backoff` at most, as its host does. A `spared` failure is its
    host's to pay for: the task waits and is not charged. What `retry` says of a failure goes above
    what is usual, and above a host that pays.
    """
    if good := verdict_on_good(task, outcome):
        return good
    if _is_no_failure(task, outcome):
        return Again(now + _our_wait(outcome, random, max_backoff), charged=False)
    if outcome.final or not _passes(outcome, spared=spared, retry=retry):
        return Dead(outcome.reason)
    failures = 0 if spared else task.failures + 1
    if failures >= (max(attempts, ATTEMPTS_AT_SESSIONS) if outcome.sessionless else attempts):
        return Dead(outcome.reason)
    wait = backoff(max(1, failures), outcome.retry_after, random, max_backoff)
    return Again(now + wait, charged=not spared)


def verdict_on_good(task: Task, outcome: Outcome) -> Done | Hop | None:
    """Return the verdict on a visit that brought what was asked for, or another location."""
    if outcome.kind is Kind.REDIRECTED:
        assert outcome.location is not None
        return Hop(outcome.location)
    return _DONE if word_of(task, outcome) == "ok" else None


def is_hosts_word(outcome: Outcome, wait: Seconds) -> bool:
    """Tell whether a wait is as long as the server asked for, and not by our own backoff."""
    asked = min(outcome.retry_after or 0.0, MAX_RETRY_AFTER_S)
    return status_passes(outcome.status or 0) and 0 < wait <= asked + WAIT_ERROR_S


def backoff(
    failures: int, retry_after: Seconds | None, random: Random, most: Seconds = MAX_BACKOFF_S
) -> Seconds:
    """Return the seconds to wait after the given number of failures, `most` by our own will.

    Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", 2015), never
    less than the server asked for.
    """
    ceiling = min(MAX_BACKOFF_S, most, FIRST_BACKOFF_S * 2.0 ** min(failures - 1, 30))
    jittered = random.uniform(0, ceiling)
    return max(jittered, min(retry_after or 0.0, MAX_RETRY_AFTER_S))


def _passes(outcome: Outcome, *, spared: bool, retry: RetryRules | None) -> bool:
    if outcome.sessionless:
        return True
    said = retry.says(outcome) if retry else None
    if said is not None:
        return said
    if spared and is_refusal(outcome):  # its host refuses everything, so that says nothing of it
        return True
    if outcome.kind is Kind.HTTP_ERROR:
        return status_passes(outcome.status or 0)
    if outcome.kind is Kind.UNWANTED:
        return outcome.status == NOT_YET_STATUS
    return KINDS[outcome.kind].again
