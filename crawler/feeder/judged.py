"""What an outcome says of its host, and what that means for the URL: which of them pays for it."""

from dataclasses import replace
from random import Random

from crawler.feeder.host import Host
from crawler.log import iso
from crawler.model import Kind, Outcome, Seconds, Visited
from crawler.policy.backoff import FAILURES_TO_REST
from crawler.policy.bans import is_refusal
from crawler.policy.causes import GOOD
from crawler.policy.politeness import HostPace
from crawler.policy.put_off import host_pays
from crawler.policy.retry import host_asked_for_it, state_of


def judged(host: Host, visited: Visited, now: Seconds, random: Random) -> Visited:
    """Read what an outcome says of its host; return it with what that means for its URL.

    1. A host that is given up ends the URL.
    2. A host that rests long, or that put the visit off, pays in the URL's place: the URL is
       spared, unless the host has failed for longer than its `give_up`, or is otherwise well.
    """
    if refused := is_refusal(visited.outcome):
        visited = _refused(host, visited, now, random)
    if visited.outcome.kind in GOOD:
        _note_well(host.pace, visited, now, refused=refused)
        return visited
    return _failed(host, visited, now, random, refused=refused)


def _failed(
    host: Host, visited: Visited, now: Seconds, random: Random, *, refused: bool
) -> Visited:
    """Note how a host is by an outcome that is not good; return that with who pays for it."""
    outcome, pace = visited.outcome, host.pace
    failures, state = pace.failures, state_of(outcome)
    if state == "well":
        _note_well(pace, visited, now, refused=refused)
    elif state:
        host.last = outcome
        pace.failed(now, now - outcome.elapsed, random, silent=state == "silent")
    if visited.spared or outcome.final:
        return visited  # a ban has decided
    if state == "silent" and pace.given_up(now):
        return replace(visited, outcome=replace(outcome, final=True))
    rested = state == "silent" and failures >= FAILURES_TO_REST
    spared = _is_spared(pace, visited, now, rested=rested)
    return replace(visited, spared=True) if spared else visited


def unvisited(host: Host, now: Seconds, offset: Seconds) -> Outcome:
    """Return how the URLs of a host end that is given up, or that has banned us."""
    pace = host.pace
    if pace.refuses(now):
        since = iso((pace.refusals.since or now) + offset)
        status = f", the last with HTTP status {host.last.status}" if host.last else ""
        reason = f"refused unvisited: {host.key} has refused every visit since {since}{status}"
        return Outcome(Kind.HTTP_ERROR, reason=reason, asked=False, final=True)
    since = iso((pace.failing_since or now) + offset)
    kind = host.last.kind if host.last else Kind.TIMEOUT
    reason = f"given up unvisited: {host.key} has given no answer since {since}"
    return Outcome(kind, reason=reason, asked=False, final=True)


def _is_spared(pace: HostPace, visited: Visited, now: Seconds, *, rested: bool) -> bool:
    """Tell whether a host pays in the place of a URL; `rested`: it was silent after a long rest."""
    if host_asked_for_it(visited.outcome):
        rested = host_pays(pace, visited.task.put_off)
    return rested and not pace.overdue(now)


def _note_well(pace: HostPace, visited: Visited, now: Seconds, *, refused: bool) -> None:
    """Note that a host is well by an outcome, be it that it refuses."""
    began_at = now - visited.outcome.elapsed
    pace.well(max(0.0, visited.answered_at - began_at))
    if not (refused or visited.task.robots):
        pace.put_off = 0
        if pace.refusals.number:
            pace.welcomed()


def _refused(host: Host, visited: Visited, now: Seconds, random: Random) -> Visited:
    """Note a refusal; a host that has banned us pays in the place of its URLs.

    The refusals that brought about the ban are the end of their URLs; a refused probe is not.
    """
    outcome, pace = visited.outcome, host.pace
    if visited.task.robots:
        return visited
    banned, host.last = pace.refusals.banned, outcome
    began_at = now - outcome.elapsed
    pace.refused(visited.task.fingerprint, now, began_at, random)
    if pace.refuses(now):
        return replace(visited, outcome=replace(outcome, final=True))
    return replace(visited, spared=True) if banned else visited
