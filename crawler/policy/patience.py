"""How long a run that a person watches waits because a host asks for it. Pure."""

from crawler.model import Kind, Outcome, Seconds
from crawler.value import value

CLOCK_ERROR_S: Seconds = 1.0
"""How exactly the wait that a host asked for is known afterwards."""


@value
class Patience:
    """The longest wait that is borne, and the option that says so."""

    most: Seconds
    option: str
    began_at: Seconds
    """Wall time at which the run began: waits count from then at the earliest."""


@value
class Waiting:
    """A host at which URLs wait, and what for; times are wall times, 0 for none."""

    id: int
    key: str
    delay: Seconds
    """Rest between two visits by the configuration."""
    crawl_delay: Seconds
    """The same by its robots.txt, as far as that is obeyed."""
    next_at: Seconds
    """No visit before."""
    put_off_until: Seconds
    """It asked itself for no visit before."""
    failing_since: Seconds | None
    rules_at: Seconds
    """Its robots.txt cannot be fetched, and is asked for again then; until then no URL is."""
    rules_failing_since: Seconds | None
    rules_reason: str

    def refused(self, patience: Patience, now: Seconds) -> Outcome | None:
        """Return how its URLs end that would wait for too long, or None where they may wait.

        What a host asks for again and again is one wait, from its first failure in a row on. The
        rest that the configuration gives it is none.
        """
        most, rules = f"beyond {patience.option}", f"robots.txt of {self.key}"
        if self._is_too_long(patience, now, self.rules_at, self.rules_failing_since):
            again = f"it is asked for again in {_span(self.rules_at - now)}"
            return _ended(Kind.ROBOTS, f"{rules}: {self.rules_reason}; {again}, {most}")
        if self._is_too_long(patience, now, self.put_off_until, self.failing_since):
            asked = f"{self.key} asks for no visit for {_span(self.put_off_until - now)}"
            return _ended(Kind.HTTP_ERROR, f"{asked}, {most}")
        if now < self.next_at and self.crawl_delay > max(patience.most, self.delay):
            asked = f"Crawl-delay of {self.crawl_delay:g} s"
            return _ended(Kind.ROBOTS, f"{rules}: {asked}, {most}")
        return None

    def _is_too_long(
        self, patience: Patience, now: Seconds, until: Seconds, since: Seconds | None
    ) -> bool:
        since = min(now, max(patience.began_at, now if since is None else since))
        return until > max(now, since + patience.most + CLOCK_ERROR_S)


def _ended(kind: Kind, reason: str) -> Outcome:
    return Outcome(kind, reason=reason, asked=False, final=True)


def _span(seconds: Seconds) -> str:
    return f"{max(0, round(seconds)):,} s"
