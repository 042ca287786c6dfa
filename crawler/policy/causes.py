"""Why visits fail, in a few words for each host: what their kinds and reasons come to. Pure."""

from crawler.model import Kind, Outcome, Task
from crawler.policy.retry import word_of
from crawler.records import Again, Dead, Settlement

GOOD = frozenset({Kind.STORED, Kind.UNCHANGED})
"""Kinds of a visit that brought what was asked for."""
MOST_STATUS = 599
"""Statuses beyond it are invalid (RFC 9110, section 15), and are one cause."""
_WORDS = {
    "unvisited": "given up", "no address": "no address", "no answer": "no answer",
    "refused": "refused", "unreachable": "unreachable", "no route": "unreachable",
    "reset": "reset", "proxy": "proxy", "expired": "expired", "self-signed": "self-signed",
    "self signed": "self-signed", "hostname": "other name", "not valid for": "other name",
    "unable to get": "unknown issuer", "slower than": "slow", "not done within": "time of a visit",
    "no space": "disk full",
}  # fmt: skip
"""What a reason contains, and the word for it: there are as many causes as words."""

_OBJECTIONS = {
    "HTTP status": "status", "type": "type", "no media type": "type", "redirect": "redirect",
    "contains": "content", "refused": "refused",
}  # fmt: skip
"""How a reason begins for which an answer is not wanted, and the word for it."""


def counts_for_host(task: Task, outcome: Outcome) -> bool:
    """Tell whether a visit says what a host brings: it was asked for a page, and led nowhere."""
    if outcome.ours or task.robots:
        return False
    return outcome.asked and outcome.kind is not Kind.REDIRECTED


def failed(settled: Settlement) -> bool:
    """Tell whether a visit is told as a failure: one that is tried again, or an end in an error.

    A fault of this machine is none of the host's, and a URL that waits for a robots.txt has not
    failed. What is not found is an answer.
    """
    outcome, verdict = settled.outcome, settled.verdict
    if outcome.ours or outcome.needs_robots is not None:
        return False
    if settled.task.robots:
        return settled.robots is not None and settled.robots.failures > 0
    if isinstance(verdict, Again):
        return True
    return isinstance(verdict, Dead) and word_of(settled.task, outcome) == "error"


def cause_of(outcome: Outcome) -> str:
    """Return the cause of a failure: its kind, with the status or a word of its reason."""
    if outcome.kind is Kind.HTTP_ERROR and outcome.status:
        status = outcome.status
        return f"{outcome.kind} {status if status <= MOST_STATUS else 'invalid'}"
    if outcome.kind is Kind.UNWANTED:
        return f"{outcome.kind} {_objection(outcome.reason)}"
    reason = outcome.reason.lower()
    word = next((word for part, word in _WORDS.items() if part in reason), "")
    return f"{outcome.kind} {word}".rstrip()


def _objection(reason: str) -> str:
    """Return the word for why an answer was not wanted; the rest of it is the server's."""
    return next((word for begin, word in _OBJECTIONS.items() if reason.startswith(begin)), "size")
