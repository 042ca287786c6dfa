"""Where a body is asked for that several URLs hold: its own first, then at each mirror. Pure.

Each failure that counts leads to the next one, at once until all were asked, and after the usual
wait from then on. So one that is torn, gone or silent costs a visit. From a host that has fallen
silent all URLs are led on that wait there, and each pays for it as for a visit.
"""

from collections.abc import Callable
from dataclasses import replace

from crawler.model import Kind, Outcome, Seconds, Task
from crawler.policy.checksums import checks_of
from crawler.records import Again, Dead, Verdict
from crawler.urls import host_of

_HERE = frozenset({Kind.CANCELLED, Kind.LOCAL_IO, Kind.BUG})
"""Ends that are this machine's, and would be the same elsewhere."""


def attempts_of(task: Task, attempts: int) -> int:
    """Return how many visits a URL has: each of those that hold its body gets one at least."""
    return max(attempts, len(_sources(task)))


def elsewhere(task: Task, outcome: Outcome, verdict: Verdict, now: Seconds) -> Verdict:
    """Return the verdict on a visit where the next one may go to a mirror.

    What one server begins another goes on with only where a digest tells whether it all fits.
    """
    sources, nth = _sources(task), task.failures + 1
    if len(sources) < 2 or not _leads_on(outcome, verdict):
        return verdict
    there, is_first_round = sources[nth % len(sources)], nth < len(sources)
    if is_first_round:
        return _at(task, there, now)
    if isinstance(verdict, Again) and verdict.charged:
        return _at(task, there, verdict.at)
    return verdict


def led_on(
    url: str, checks: str, failures: int, is_silent: Callable[[str], bool]
) -> tuple[str, int] | None:
    """Return where a URL waits whose host is silent, and its failures from then on.

    Each place is asked once in this way, and none whose host is silent, too. None: it stays.
    """
    sources = (url, *checks_of(checks).mirrors)
    for nth in range(failures + 1, len(sources)):
        if not is_silent(host_of(sources[nth])):
            return sources[nth], nth
    return None


def _leads_on(outcome: Outcome, verdict: Verdict) -> bool:
    """Tell whether another server may do better."""
    if outcome.kind in _HERE or outcome.ours or outcome.final:
        return False
    if isinstance(verdict, Again):
        return not outcome.wait and not outcome.needs_robots
    return isinstance(verdict, Dead)


def _sources(task: Task) -> tuple[str, ...]:
    return (task.url, *checks_of(task.checks).mirrors)


def _at(task: Task, location: str, at: Seconds) -> Again:
    return replace(Again(at), location=location, keeps=bool(checks_of(task.checks).digests))
