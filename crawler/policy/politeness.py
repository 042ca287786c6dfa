"""How long a host rests: pure arithmetic on a monotonic `now`, one record for every host.

The rest between two visits is counted from the moment the answer to the first began to arrive: by
then the host has certainly seen the first request, so no jitter brings two of them closer on the
wire than the delay. With several slots it is counted from the beginning of the last one, if later.

A host that fails pays with its pace, by `backoff`. Its delay and its slots are asked for several
times a visit, and worked out only where what they follow from has changed (`derive`).
"""

from dataclasses import field
from random import Random

from crawler.model import DAY_S, Seconds
from crawler.policy.backoff import FAILURES_TO_REST, lowered, raised, rest_of
from crawler.policy.bans import Refusals
from crawler.policy.host_limits import NO_LIMITS, HostLimits
from crawler.value import mutable

LATENCY_WEIGHT = 0.3
"""Weight of the newest response time in the host's own."""
SHARE_WEIGHT = 0.1
"""Weight of the newest visit in the share of good ones."""
SPACING_WEIGHT = 0.2
"""Weight of the newest time between two visits."""
LULL_S: Seconds = 3600.0
"""A host that was not visited for so long has no rate, and begins a new one."""
CLOCK_ERROR_S: Seconds = 0.001
"""How exactly the beginning of a visit is known afterwards."""
MAX_TURN_S: Seconds = 3600.0
"""Longest time for which a host rests because others at its address have their turns."""
_NEVER: Seconds = float("-inf")


@mutable
class HostPace:
    """The state of one host: ready, busy (all its slots taken) or resting."""

    turn_at: Seconds
    """The hosts at its address have their turns before this monotonic time."""
    limits: HostLimits = NO_LIMITS
    answered_at: Seconds = _NEVER
    """Its last answer began to arrive then, or its last visit began: the delay counts from it."""
    failed_until: Seconds = _NEVER
    """Its failures ask for no visit before."""
    put_off_until: Seconds = _NEVER
    """It asked itself for no visit before."""
    busy: int = 0
    """Visits handed off or under way."""
    pending: int = 0
    """Visits handed off that no worker has begun: when they start is not known yet."""
    crawl_delay: Seconds = 0.0
    """Delay that its robots.txt asks for."""
    hours_at: Seconds = 0.0
    """Closed until then, by its hours."""
    backoff: Seconds = 0.0
    failures: int = 0
    """In a row."""
    failing_since: Seconds | None = None
    silent: bool = False
    """The last failure was no answer at all."""
    refusals: Refusals = field(default_factory=Refusals)
    latency: Seconds = 0.0
    """Its own response time, smoothed."""
    spent: int = 0
    """Visits of this day (UTC)."""
    put_off: int | None = None  # visits put off in a row; None before it answered for a URL
    day_ends: Seconds = 0.0
    well_at: Seconds | None = None
    """When a visit last brought what was asked for."""
    share: float | None = None
    """Share of such visits, lately."""
    first_failed_at: Seconds = 0.0
    """Of its failures in a row; `failing_since` leaves out the time in which nobody asked."""
    spacing: Seconds | None = None
    """Time between the beginnings of its visits, smoothed."""
    delay: Seconds = field(init=False)
    """The rest between two visits that holds now."""
    one_by_one: bool = field(init=False)
    """Whether a visit has to begin before the next one is due: it has a delay, or a budget."""
    slots: int = field(init=False)
    """How many visits may be under way: one while the host fails."""
    is_calm: bool = field(init=False)
    """Whether nothing has failed of late: no failure, refusal or backoff is remembered."""

    def __post_init__(self) -> None:
        self.derive()

    def limit_to(self, limits: HostLimits, crawl_delay: Seconds = 0.0) -> None:
        """Put it on other limits."""
        self.limits, self.crawl_delay = limits, crawl_delay
        if limits.refusals_to_ban != self.refusals.limit:
            self.refusals.limit_to(limits.refusals_to_ban)
        self.derive()

    def derive(self) -> None:
        """Work out what follows from limits, failures and refusals, after one has changed."""
        limits = self.limits
        self.delay = max(self.base_delay, min(self.backoff, limits.max_backoff))
        self.one_by_one = bool(self.delay or limits.max_per_day)
        troubled = self.failures or (self.refusals.number and self.refusals.banned)
        self.slots = 1 if troubled else limits.per_host
        self.is_calm = not (self.failures or self.refusals.number or self.backoff)

    @property
    def next_at(self) -> Seconds:
        """Return the time before which no visit starts: the latest of all that it is owed."""
        return max(
            self.answered_at + self.delay, self.failed_until, self.put_off_until, self.turn_at
        )

    @property
    def budget_at(self) -> Seconds:
        """Return until when it is closed because its budget of the day is spent, 0 if it is not."""
        most = self.limits.max_per_day
        return self.day_ends if most and self.spent >= most else 0.0

    @property
    def opens_at(self) -> Seconds:
        """Return until when it is closed, by its hours or its budget, 0 if it is not."""
        return max(self.hours_at, self.budget_at) if self.limits.max_per_day else self.hours_at

    @property
    def base_delay(self) -> Seconds:
        """Return the rest between two visits that holds while all is well."""
        adaptive = self.limits.adaptive
        asked = max(self.crawl_delay, self.limits.delay)
        if adaptive is None or not self.latency:
            return asked
        own = min(adaptive.most, max(adaptive.least, adaptive.factor * self.latency))
        return max(asked, own)

    @property
    def is_open(self) -> bool:
        """Tell whether the circuit breaker is open: the host rests long, a probe decides."""
        return self.failures >= FAILURES_TO_REST

    def ready_at(self) -> Seconds | None:
        """Return the earliest time of the next visit, or None while that depends on another."""
        if self.busy >= self.slots or (self.pending and self.one_by_one):
            return None  # the end of a visit decides, or the beginning of one
        due = self.answered_at + self.delay
        at = max(due, self.failed_until, self.put_off_until, self.turn_at, self.hours_at)
        return max(at, self.budget_at) if self.limits.max_per_day else at

    def handed_off(self) -> None:
        """Take a slot."""
        self.busy += 1
        self.pending += 1

    def begun(self, now: Seconds) -> None:
        """Note the start: with several slots the next one waits for the delay, not the answer."""
        self.pending -= 1
        rest = now - self.answered_at
        if rest >= LULL_S:
            self.spacing = None
        elif self.spacing is None:
            self.spacing = rest + self.latency
        else:
            self.spacing += SPACING_WEIGHT * (rest - self.spacing)
        if rest > 0:
            self.answered_at = now
        if now >= self.day_ends:
            self.spent = 0
            self.day_ends += DAY_S * ((now - self.day_ends) // DAY_S + 1)
        self.spent += 1

    def dropped(self) -> None:
        """Give the slot of a visit back that never began."""
        self.busy -= 1
        self.pending -= 1

    def finished(self, answered_at: Seconds) -> None:
        """Give the slot back; `answered_at` is when the host's answer began, or the visit's end."""
        self.busy -= 1
        if answered_at > self.answered_at:
            if self.spacing is not None:
                self.spacing += SPACING_WEIGHT * (answered_at - self.answered_at)
            self.answered_at = answered_at

    def asked_to_wait(self, until: Seconds) -> None:
        """Rest as long as the host asked for."""
        self.put_off_until = max(self.put_off_until, until)

    def well(self, elapsed: Seconds) -> None:
        """Note a success: the backoff shrinks, step by step; a rest that has begun stays."""
        if self.backoff:
            self.failed_until = max(self.failed_until, self.answered_at + self.delay)
            self.backoff = lowered(self.backoff, self.base_delay)
        if self.failures:
            self.failures, self.failing_since, self.silent = 0, None, False
        self.latency += (elapsed - self.latency) * (LATENCY_WEIGHT if self.latency else 1.0)
        if not self.is_calm or self.limits.adaptive:
            self.derive()

    def brought(self, at: Seconds, *, ok: bool) -> None:
        """Note whether a visit brought what was asked for; that changes nothing but the account."""
        if ok:
            self.well_at = at
        share = self.share
        self.share = float(ok) if share is None else share + SHARE_WEIGHT * (ok - share)

    def failed(self, now: Seconds, began_at: Seconds, random: Random, *, silent: bool) -> None:
        """Note a failure; of those that were under way together only the first one counts."""
        if began_at < self.failed_until - CLOCK_ERROR_S:
            return  # it was handed off without knowing of the last failure
        self.failures += 1
        self.silent = silent
        if self.failing_since is None:
            self.failing_since = self.first_failed_at = now
        most = self.limits.max_backoff
        self.backoff = raised(self.delay, self.base_delay, most)
        rest = rest_of(self.backoff, self.failures, most, random)
        self.failed_until = max(self.failed_until, now + rest)
        self.derive()

    def wake(self, *, force: bool) -> None:
        """Let its failures ask for nothing any more; with `force`, nor what it asked for itself."""
        self.failed_until, self.backoff = _NEVER, 0.0
        self.failures, self.failing_since, self.silent = 0, None, False
        self.refusals.clear()
        if force:
            self.put_off_until, self.put_off = _NEVER, 0
        self.derive()

    def welcomed(self) -> None:
        """Note an answer that is no refusal: those before are forgotten."""
        self.refusals.clear()
        self.derive()

    def refused(self, path: int, now: Seconds, began_at: Seconds, random: Random) -> None:
        """Note a refusal of a URL, by its fingerprint; a ban rests the host as one."""
        banned = self.refusals.banned
        if banned and began_at < self.failed_until - CLOCK_ERROR_S:
            return  # it was under way when the ban began, so it was no probe
        self.refusals.add(path, now)
        if self.refusals.banned:
            most = self.limits.max_backoff
            rest = min(most, self.refusals.rest(most) * random.uniform(1.0, 1.2))
            self.failed_until = max(self.failed_until, now + rest)
        self.derive()

    def refuses(self, now: Seconds) -> bool:
        """Tell whether the host has banned us for good, as far as anybody waits."""
        return self.refusals.lasting(now, self.limits.give_up)

    def given_up(self, now: Seconds) -> bool:
        """Tell whether the host has been silent for too long."""
        return self.silent and self.is_open and self.overdue(now)

    def overdue(self, now: Seconds) -> bool:
        """Tell whether the host has been failing for longer than anybody waits."""
        since = self.failing_since
        return since is not None and now - since >= self.limits.give_up

    def ends_unvisited(self, now: Seconds) -> bool:
        """Tell whether its URLs end unvisited: it is given up, and no probe is due yet."""
        if not (self.silent or self.refusals.number):  # as of most hosts
            return False
        return (self.given_up(now) or self.refuses(now)) and now < self.next_at
