"""The hosts that rest, and so keep URLs waiting that are due: until when, why, and what ends it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from crawler.errors import UsageError
from crawler.frontier import AboutHost, BacklogOf, Desk, HostState
from crawler.log import iso
from crawler.model import Seconds
from crawler.policy.rests import Why
from crawler.verbs.words import counted, when

MAX_TOLD = 3
"""Hosts of which each has a line."""
SHORT_S: Seconds = 1.0
"""A rest that is over by then is not told."""
_FAILURES = "its failures"
_FAILS = frozenset({Why.FAILURES, Why.BANNED, Why.BACKOFF})
"""Rests that failures brought upon a host."""


def resting(states: Iterable[HostState], now: Seconds) -> list[HostState]:
    """Return those that rest for more than their delay, the longest rest last."""
    found = {one.id: one for one in states if _ended_by(one, now + SHORT_S)[0]}
    return sorted(found.values(), key=lambda one: max(one.next_at, one.opens_at))


def by_own_word(states: Iterable[HostState], now: Seconds) -> list[HostState]:
    """Return those that rest for anything but failures: what `wake` leaves to them."""
    return [one for one in resting(states, now) if _ended_by(one, now)[0] != _FAILURES]


def waiting_at(desk: Desk, job: str | None, host: str | None) -> Sequence[HostState]:
    """Return hosts at which URLs wait: those of a name, or those that are at work or next."""
    if host is not None:
        return [one.line.state for one in desk.entry(AboutHost(host))]
    waits = desk.entry(BacklogOf(desk.now())).waits
    return [one.host for one in waits if job in {None, one.job}]


def of_names(desk: Desk, names: Collection[str]) -> Iterator[HostState]:
    """Yield the hosts of names, but for those that nobody knows."""
    for name in names:
        try:
            found = desk.entry(AboutHost(name))
        except UsageError:
            continue
        yield from (one.line.state for one in found)


def lines(found: Sequence[HostState], now: Seconds) -> Iterator[str]:
    """Yield what is told of hosts that rest, to people."""
    for one in found[:MAX_TOLD]:
        why, remedy = _ended_by(one, now)
        until = when(max(one.next_at, one.opens_at), now)
        yield f"{one.key} rests until {until}: {why}; {remedy.format(host=one.key)}"
    more = len(found) - MAX_TOLD
    if more > 0:
        yield f"and {counted(more, 'host')} more: crawler hosts --resting"


def document(found: Sequence[HostState], now: Seconds) -> list[dict[str, Any]]:
    """Return the same for programs."""
    return [
        {
            "host": one.key,
            "until": iso(max(one.next_at, one.opens_at)),
            "why": _ended_by(one, now)[0],
        }
        for one in found
    ]


def _ended_by(host: HostState, now: Seconds) -> tuple[str, str]:
    """Return why a host rests, and how that ends; '' and '' if it does not, or for its delay."""
    if host.opens_at > max(now, host.next_at):
        return "its hours or its budget", "it opens by itself then"
    rest = host.rest(now)
    if rest.why is Why.RETRY_AFTER:
        return "it asked for that itself", "only `crawler wake --force {host}` ends it"
    if rest.why in _FAILS and rest.at > now:
        return _FAILURES, "`crawler wake {host}` ends it"
    return "", ""
