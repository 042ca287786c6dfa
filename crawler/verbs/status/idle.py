"""Why nothing is visited, in one sentence."""

from collections.abc import Sequence

from crawler.frontier import HostState, JobSums, Member
from crawler.model import Seconds
from crawler.verbs.status.snapshot import Status
from crawler.verbs.words import span, when


def idle(status: Status) -> str | None:
    """Return in one sentence why nothing is visited; None while something is."""
    living = status.living
    if not living:
        return _no_daemon(status)
    if any(one.busy for one in living):
        return None
    return _held_up(status, living) or _with_resting(_when_next(status), living, status.now)


def _held_up(status: Status, living: Sequence[Member]) -> str | None:
    """Return why nothing begins whatever the hosts do: all is paused, about to stop, or done."""
    if status.paused.everything:
        return "everything is paused, as an operator wishes"
    states = {one.state for one in living}
    if len(states) == 1 and states <= _RESTING.keys():
        return _resting(living[0], status.now)
    return _done_or_capped(status)


def _done_or_capped(status: Status) -> str | None:
    """Return why no job goes on: each is done, at its cap or paused; None where one goes on."""
    todo = [job for job in status.jobs if job.open]
    if not todo:
        return "everything that is known has come to its end"
    held = {_held(job, status) for job in todo}
    if "" in held:
        return None
    return f"every job with something to visit is {' or '.join(sorted(held))}"


def _held(job: JobSums, status: Status) -> str:
    """Return what holds all of a job; '' where nothing does."""
    if job.name in status.paused.jobs:
        return "paused"
    return "at its cap" if job.spent and job.spent.cap else ""


_RESTING = {
    "paused": "it is paused",
    "draining": "it is about to stop, and begins nothing new",
    "starting": "it is about to start",
}


def _resting(one: Member, now: Seconds) -> str:
    """Return why a process begins nothing, with the length and the cause of a pause."""
    if one.state != "paused" or one.paused_at is None:
        return _RESTING[one.state]
    return f"it is paused for {span(max(0, round(now - one.paused_at)))}: {one.paused_for}"


def _with_resting(why: str | None, living: Sequence[Member], now: Seconds) -> str | None:
    """Add which of several processes begin nothing: what they have leased no other one visits."""
    resting = [one for one in living if one.state in _RESTING]
    words = [f"process {one.process.pid}: {_resting(one, now)}" for one in resting]
    return "; ".join([why, *words] if why else words) or None


def _no_daemon(status: Status) -> str:
    gone = [str(one.process.pid) for one in status.members]
    if not gone:
        return "no daemon is running"
    who = f"process {gone[0]}" if len(gone) == 1 else f"processes {' and '.join(gone)}"
    return f"no daemon is running; {who} died, and the next daemon takes back all URLs in flight"


def _when_next(status: Status) -> str | None:
    first, now = status.next, status.now
    if any(one.outdated for one in status.living) and not status.rate:
        return "a process has an older text of its configuration in force; reload it"
    if status.hosts.held:
        return None if status.rate else "the hosts at hand rest between two visits"
    if first is None:
        return "nothing that waits has a host to be asked of; is its job still configured?"
    at = first.ready_at or 0.0
    if at <= now:
        return None
    until = f"until {when(at, now)}: {first.key} is the first"
    if first.gated(now):
        return f"robots.txt of every host with waiting URLs cannot be fetched {until}"
    return f"all hosts rest {until}" if _rests(first, at) else f"nothing is due {until}"


def _rests(host: HostState, at: Seconds) -> bool:
    return at <= max(host.next_at, host.opens_at)
