"""How long a host rests: pure arithmetic on a monotonic `now`, one record for every host.

The rest between two visits is counted from the moment the answer to the first began to arrive. By
then the host has certainly seen the first request, so no jitter of the network or of a busy machine
can bring two requests closer together on the wire than the delay.

A host that fails pays with its pace: every failure doubles its rest, every success gives a part of
it back (additive increase would be lost on rests that span four magnitudes). After some failures in
a row (FAILURES_TO_REST) it rests long, and one probe decides (Nygard, "Release It!", the circuit
breaker).
"""

from dataclasses import dataclass
from random import Random

from crawler.model import DAY_S, Seconds
from crawler.records import Health

FIRST_BACKOFF_S: Seconds = 0.1
"""Backoff after the first failure of a host without a delay."""
MAX_STEPWISE_BACKOFF_S: Seconds = 30.0
"""Longest backoff from which a host recovers step by step; the long rests come on top."""
BACKOFF_KEPT = 0.75
"""Share of the backoff that a success leaves."""
FAILURES_TO_REST = 5
"""Failures in a row after which a host rests long."""
FIRST_LONG_REST_S: Seconds = 60.0
"""First of the long rests; each further failure doubles it, up to `max_backoff`."""
LATENCY_WEIGHT = 0.3
"""Weight of the newest response time in the host's own."""
CLOCK_ERROR_S: Seconds = 0.001
"""How exactly the beginning of a visit is known afterwards."""


@dataclass(frozen=True, slots=True)
class Adaptive:
    """Keep the delay near a multiple of the host's own response time."""

    factor: float
    least: Seconds
    most: Seconds


@dataclass(frozen=True, slots=True)
class HostLimits:
    """Limits that the configuration sets to the visits of one host."""

    delay: Seconds = 0.0
    per_host: int = 1
    adaptive: Adaptive | None = None
    max_backoff: Seconds = 3600.0
    """Longest rest that failures alone bring about."""
    give_up: Seconds = DAY_S
    """How long a host may be silent before its URLs are given up."""
    max_per_day: int | None = None


@dataclass(slots=True)
class HostPace:
    """The state of one host: ready, busy (all its slots taken) or resting."""

    next_at: Seconds
    """No visit starts before this monotonic time."""
    limits: HostLimits = HostLimits()
    busy: int = 0
    """Visits handed off or under way."""
    pending: int = 0
    """Visits handed off that no worker has begun: when they start is not known yet."""
    crawl_delay: Seconds = 0.0
    """Delay that its robots.txt asks for."""
    opens_at: Seconds = 0.0
    """Closed until then, by its hours or because its budget of the day is spent."""
    backoff: Seconds = 0.0
    failures: int = 0
    """In a row."""
    failing_since: Seconds | None = None
    silent: bool = False
    """The last failure was no answer at all."""
    latency: Seconds = 0.0
    """Its own response time, smoothed."""
    spent: int = 0
    """Visits of this day (UTC)."""
    put_off: int | None = None
    """Visits that it put off in a row; None before it answered for a URL."""
    day_ends: Seconds = 0.0
    _rests_until: Seconds = float("-inf")
    """After its last failure; a visit that begins before was handed off without knowing of it."""

    @property
    def base_delay(self) -> Seconds:
        """Return the rest between two visits that holds while all is well."""
        limits, asked = self.limits, self.crawl_delay
        asked = max(asked, limits.delay) if asked else limits.delay
        adaptive = limits.adaptive
        if adaptive is None or not self.latency:
            return asked
        own = min(adaptive.most, max(adaptive.least, adaptive.factor * self.latency))
        return max(asked, own)

    @property
    def delay(self) -> Seconds:
        """Return the rest between two visits that holds now."""
        return max(self.base_delay, self.backoff) if self.backoff else self.base_delay

    @property
    def slots(self) -> int:
        """Return how many visits may be under way: one while the host fails."""
        return 1 if self.failures else self.limits.per_host

    @property
    def is_open(self) -> bool:
        """Tell whether the circuit breaker is open: the host rests long, a probe decides."""
        return self.failures >= FAILURES_TO_REST

    def ready_at(self) -> Seconds | None:
        """Return the earliest time of the next visit, or None while that depends on another."""
        if self.busy >= self.slots:
            return None
        if self.pending and (self.limits.max_per_day or self.delay):
            return None
        return max(self.next_at, self.opens_at)

    def handed_off(self) -> None:
        """Take a slot."""
        self.busy += 1
        self.pending += 1

    def begun(self, now: Seconds) -> None:
        """Note the start: with several slots the next one waits for the delay, not the answer."""
        self.pending -= 1
        self.next_at = max(self.next_at, now + self.delay)
        if now >= self.day_ends:
            self.spent = 0
            self.day_ends += DAY_S * ((now - self.day_ends) // DAY_S + 1)
        self.spent += 1
        if self.limits.max_per_day and self.spent >= self.limits.max_per_day:
            self.opens_at = max(self.opens_at, self.day_ends)

    def dropped(self) -> None:
        """Give the slot of a visit back that never began."""
        self.busy -= 1
        self.pending -= 1

    def finished(self, answered_at: Seconds) -> None:
        """Give the slot back; `answered_at` is when the host's answer began, or the visit's end."""
        self.busy -= 1
        self.next_at = max(self.next_at, answered_at + self.delay)

    def asked_to_wait(self, until: Seconds) -> None:
        """Rest as long as the host asked for."""
        self.next_at = max(self.next_at, until)

    def well(self, elapsed: Seconds) -> None:
        """Note a success: the backoff shrinks, step by step."""
        self.failures, self.failing_since, self.silent = 0, None, False
        self.backoff *= BACKOFF_KEPT
        if self.backoff <= max(self.base_delay, FIRST_BACKOFF_S / 2):
            self.backoff = 0.0
        self.latency += (elapsed - self.latency) * (LATENCY_WEIGHT if self.latency else 1.0)

    def pays_for(self, put_off: int) -> bool:
        """Note that it put a visit off; tell whether it pays for that itself, in its URL's place.

        `put_off` is how often it did so to this URL before. It pays until it is known to be well,
        and while it puts off others as well; if not, it is this URL that it refuses.
        """
        in_a_row = self.put_off
        if in_a_row is None:
            return True
        self.put_off = in_a_row + 1
        return not put_off or in_a_row > put_off

    def failed(self, now: Seconds, began_at: Seconds, random: Random, *, silent: bool) -> None:
        """Note a failure; of those that were under way together only the first one counts."""
        if began_at < self._rests_until - CLOCK_ERROR_S:
            return
        self.failures += 1
        self.silent = silent
        if self.failing_since is None:
            self.failing_since = now
        most = min(self.limits.max_backoff, max(MAX_STEPWISE_BACKOFF_S, 4 * self.base_delay))
        self.backoff = min(most, max(FIRST_BACKOFF_S, 2 * self.delay))
        rest = self.backoff
        if self.is_open:
            rest = max(
                rest,
                min(FIRST_LONG_REST_S * 2.0 ** min(self.failures - FAILURES_TO_REST, 20), DAY_S),
            )
        rest = min(rest * random.uniform(1.0, 1.5), self.limits.max_backoff)
        self._rests_until = now + rest
        self.next_at = max(self.next_at, self._rests_until)

    def given_up(self, now: Seconds) -> bool:
        """Tell whether the host has been silent for too long."""
        return self.silent and self.is_open and self.overdue(now)

    def overdue(self, now: Seconds) -> bool:
        """Tell whether the host has been failing for longer than anybody waits."""
        since = self.failing_since
        return since is not None and now - since >= self.limits.give_up

    def ends_unvisited(self, now: Seconds) -> bool:
        """Tell whether its URLs end unvisited: it is given up, and no probe is due yet."""
        return self.given_up(now) and now < self.next_at

    def health(self, offset: Seconds) -> Health:
        """Return what is to be remembered; `offset` leads from this clock to wall time."""
        since = self.failing_since
        return Health(
            backoff=self.backoff,
            failures=self.failures,
            failing_since=None if since is None else since + offset,
            silent=self.silent,
            latency=round(self.latency, 4),
            spent=self.spent,
            day=round((self.day_ends + offset) / DAY_S) - 1 if self.day_ends else 0,
        )

    def remember(self, health: Health, now: Seconds, offset: Seconds) -> None:
        """Take up what is remembered of the host; a clock that was set back makes nothing older."""
        self.backoff, self.failures = health.backoff, health.failures
        self.silent, self.latency = health.silent, health.latency
        self.put_off = health.failures if health.latency else None
        if health.failing_since is not None:
            self.failing_since = min(now, health.failing_since - offset)
        today = int((now + offset) // DAY_S)
        self.day_ends = (today + 1) * DAY_S - offset
        self.spent = health.spent if health.day == today else 0
        if self.limits.max_per_day and self.spent >= self.limits.max_per_day:
            self.opens_at = max(self.opens_at, self.day_ends)
