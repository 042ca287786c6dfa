"""How a host is, in one word, and what it rests for."""

from collections.abc import Sequence

from crawler.frontier import HostState
from crawler.frontier.wishes import Wish, paused_by
from crawler.model import Seconds
from crawler.policy.backoff import FAILURES_TO_REST
from crawler.policy.rests import Why
from crawler.value import value


@value
class Look:
    """With what hosts are looked at."""

    now: Seconds
    give_up: Seconds
    """How long a host may be silent, in seconds."""
    wishes: Sequence[Wish] = ()
    """Those that stand."""

    def paused(self, host: HostState) -> bool:
        """Tell whether an operator has a host paused, alone or with everything."""
        return bool(self.wishes) and paused_by(self.wishes, self.now).has_host(host.key)


@value
class State:
    """How a host is now."""

    word: str
    """paused, given up, banned, failing, resting, closed, asked for robots.txt, at work, ready,
    waiting or done."""
    until: Seconds | None
    """Wall time until which it rests or is closed; None while it does not."""
    why: str
    """What it rests for, in words; '' while it does not."""


def state_of(host: HostState, look: Look) -> State:
    """Return how a host is."""
    now = look.now
    until = max(host.next_at, host.opens_at)
    why = _why(host, now) if until > now else ""
    word = "paused" if look.paused(host) else _word(host, now, look.give_up)
    return State(word, until if until > now else None, why)


def _word(host: HostState, now: Seconds, give_up: Seconds) -> str:
    since = host.failing_since
    if since is not None:
        long = host.silent and host.failures >= FAILURES_TO_REST and now - since >= give_up
        return "given up" if long else "failing"
    if host.banned:
        return "banned"
    if host.gated(now):
        return "asked for robots.txt"
    return _calm_word(host, now)


def _calm_word(host: HostState, now: Seconds) -> str:
    if host.opens_at > now:
        return "closed"
    if host.owner is not None:
        return "at work"
    if host.next_at > now:
        return "resting"
    if host.ready_at is None:
        return "done"
    return "ready" if host.ready_at <= now else "waiting"


def _why(host: HostState, now: Seconds) -> str:
    if host.opens_at > max(now, host.next_at):
        return "hours or budget"
    return _RESTS[host.rest(now).why]


_RESTS = {
    Why.READY: "", Why.HOURS: "hours", Why.BUDGET: "budget of the day",
    Why.RETRY_AFTER: "Retry-After", Why.FAILURES: "failures", Why.BANNED: "banned",
    Why.ADDRESS: "others at its address", Why.CRAWL_DELAY: "Crawl-delay",
    Why.BACKOFF: "delay since it failed", Why.DELAY: "delay",
}  # fmt: skip
