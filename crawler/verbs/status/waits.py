"""What each job waits for, in one line, from the hosts at which its URLs wait."""

from collections import defaultdict
from collections.abc import Sequence

from crawler.frontier import JobSums
from crawler.frontier.hosts import WaitsThere
from crawler.model import Seconds
from crawler.verbs.logging_in import login_in_words
from crawler.verbs.spent import at_cap
from crawler.verbs.status.snapshot import Status
from crawler.verbs.words import counted, span


def waits_of(status: Status) -> dict[str, str]:
    """Return what each job waits for, in words, by its name; a job with nothing due has none."""
    by_job: dict[str, list[WaitsThere]] = defaultdict(list)
    for one in status.backlog.waits:
        by_job[one.job].append(one)
    least = "" if status.backlog.complete else "at least "
    found = {job: f"{least}{_words(waits, status.now)}" for job, waits in by_job.items()}
    held = [job for job in status.jobs if job.waiting or job.again]
    return found | {job.name: why for job in held if (why := _why_held(job, status))}


def _why_held(job: JobSums, status: Status) -> str:
    """Say why nothing of a job begins whatever its hosts do; '' where it does."""
    paused, spent = status.paused, job.spent
    held = paused.everything or job.name in paused.jobs
    pause = ["it is paused, see crawler wishes"] if held else []
    cap = [f"it is {at_cap(spent, status.now)}"] if spent and spent.cap else []
    login = [login_in_words(job.name, job.login, status.now)] if job.login else []
    return "; ".join([*pause, *cap, *login])


def next_of(status: Status) -> dict[str, Seconds]:
    """Return the wall time of the next visit of each job, by its name, as far as one is planned."""
    found: dict[str, Seconds] = {}
    for one in status.backlog.waits:
        at = max(one.first_at, one.host.next_at, one.host.opens_at)
        found[one.job] = min(at, found.get(one.job, at))
    return found


def _words(waits: Sequence[WaitsThere], now: Seconds) -> str:
    groups: dict[str, list[WaitsThere]] = defaultdict(list)
    for one in waits:
        groups[_group(one, now)].append(one)
    return "; ".join(_WORDS[name](groups[name], now) for name in _WORDS if name in groups)


def _group(one: WaitsThere, now: Seconds) -> str:
    host = one.host
    if host.failing_since is not None:
        return "failing"
    if one.first_at > now:
        return "later"
    if host.gated(now):
        return "gated"
    if max(host.next_at, host.opens_at) > now and host.owner is None:
        return "resting"
    return "held" if host.owner is not None else "ready"


def _at_work(waits: Sequence[WaitsThere], _: Seconds) -> str:
    return f"{counted(len(waits), 'host')} at work"


def _ready(waits: Sequence[WaitsThere], _: Seconds) -> str:
    return f"{counted(len(waits), 'host')} ready, waiting for their turn"


def _failing(waits: Sequence[WaitsThere], now: Seconds) -> str:
    return f"{counted(len(waits), 'host')} failing, tried again {_first(waits, now)}"


def _resting(waits: Sequence[WaitsThere], now: Seconds) -> str:
    return f"{counted(len(waits), 'host')} resting, the first until {_first(waits, now)}"


def _gated(waits: Sequence[WaitsThere], _: Seconds) -> str:
    return f"{counted(len(waits), 'host')} asked for robots.txt"


def _later(waits: Sequence[WaitsThere], now: Seconds) -> str:
    first = min(one.first_at for one in waits)
    return f"{counted(len(waits), 'host')} with nothing due for {span(round(first - now) or 1)}"


def _first(waits: Sequence[WaitsThere], now: Seconds) -> str:
    """Say when the first of them may be visited: `ready_at` knows what its robots.txt waits for."""
    begins = (max(one.host.next_at, one.host.opens_at, one.host.ready_at or 0.0) for one in waits)
    left = min(begins) - now
    return f"in {span(round(left))}" if left >= 1 else "now"


_WORDS = {
    "held": _at_work, "ready": _ready, "gated": _gated, "failing": _failing, "resting": _resting,
    "later": _later,
}  # fmt: skip
