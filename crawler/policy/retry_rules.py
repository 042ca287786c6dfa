"""What a job says of failures: which are tried again, and which are final. Pure."""

from collections.abc import Iterable

from crawler.model import Kind, Outcome
from crawler.policy.statuses import statuses_of
from crawler.value import value

KINDS_SAID = (
    Kind.UNWANTED, Kind.EMPTY, Kind.NOT_FOUND, Kind.HTTP_ERROR, Kind.DNS, Kind.CONNECT, Kind.TLS,
    Kind.TIMEOUT, Kind.TRUNCATED, Kind.PROTOCOL, Kind.DECODE, Kind.TOO_BIG, Kind.MISMATCH,
    Kind.REDIRECT_LIMIT,
)  # fmt: skip
"""Kinds of failures of which a job may say whether they pass; the others are the crawler's own."""


@value
class RetryRules:
    """What is said of statuses, of classes of them and of kinds; the most exact word counts."""

    statuses: dict[int, bool]
    """Whether an answer with the status is tried again."""
    classes: dict[int, bool]
    kinds: dict[Kind, bool]

    def says(self, outcome: Outcome) -> bool | None:
        """Tell whether a failure is tried again; None where nothing is said of it."""
        status = outcome.status or 0
        for said in (self.statuses.get(status), self.kinds.get(outcome.kind)):
            if said is not None:
                return said
        return self.classes.get(status)


def rules_of(again: Iterable[str], final: Iterable[str]) -> RetryRules:
    """Return the rules of statuses, classes of them and kinds; of two classes the longer counts."""
    statuses: dict[int, bool] = {}
    classes: dict[int, bool] = {}
    kinds: dict[Kind, bool] = {}
    said = [*((text, True) for text in again), *((text, False) for text in final)]
    for text, passes in sorted(said, key=lambda one: -one[0].count("x")):
        if not text[0].isdigit():
            kinds[Kind(text)] = passes
        elif text.isdigit():
            statuses[int(text)] = passes
        else:
            classes |= dict.fromkeys(statuses_of([text]), passes)
    return RetryRules(statuses, classes, kinds)
