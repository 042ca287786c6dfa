"""What jobs have spent of their budgets, in words and as objects for programs."""

from collections.abc import Iterable, Iterator
from typing import Any

from crawler.frontier.sums import JobSums, Spent
from crawler.log import size
from crawler.model import Seconds
from crawler.verbs.words import span, stamp, when


def at_cap(spent: Spent, now: Seconds) -> str:
    """Say at which cap a job is, and when it goes on: `at its cap: max_urls 10 of this pass, …`."""
    return f"at its cap: {spent.cap} {_caps(spent)[spent.cap]} {_since(spent, now)}"


def caps_in_words(jobs: Iterable[JobSums], now: Seconds) -> dict[str, str]:
    """Return why nothing more of jobs is visited that are at their caps, by name."""
    capped = ((job.name, job.spent) for job in jobs if job.spent and job.spent.cap)
    return {name: f"its job is {at_cap(spent, now)}" for name, spent in capped}


def in_words(spent: Spent, now: Seconds) -> str:
    """Return in one line what a job may spend, and has spent."""
    if spent.cap:
        return at_cap(spent, now)
    if spent.began_at is None:
        caps = ", ".join(f"{option} {cap}" for option, cap in _caps(spent).items())
        return f"{caps} of a pass, which has not begun"
    return f"{', '.join(_parts(spent, now))} of this pass; {_end(spent, now)}"


def document(spent: Spent | None) -> dict[str, Any] | None:
    """Return the JSON object of a budget; None where there is none."""
    if spent is None:
        return None
    budget = spent.budget
    return {
        "max_bytes": budget.max_bytes,
        "max_time_s": budget.max_time,
        "max_urls": budget.max_urls,
        "bytes": spent.bytes,
        "urls": spent.urls,
        "began_at": stamp(spent.began_at),
        "ends_at": stamp(spent.ends_at),
        "at_cap": spent.cap or None,
        "at_cap_since": stamp(spent.capped_at),
    }


def _since(spent: Spent, now: Seconds) -> str:
    reached = "" if spent.capped_at is None else f", reached at {when(spent.capped_at, now)}"
    return f"of this pass{reached}; {_end(spent, now)}"


def _end(spent: Spent, now: Seconds) -> str:
    if spent.ends_at is not None:
        return f"the next one begins {when(spent.ends_at, now)}"
    if spent.budget.schedule:
        return "the next one begins by its schedule"
    return "it has no other one" if not spent.cap else "a higher cap lets it go on"


def _caps(spent: Spent) -> dict[str, str]:
    """Return the caps in words, by option."""
    budget, found = spent.budget, {}
    if budget.max_bytes is not None:
        found["max_bytes"] = size(budget.max_bytes)
    if budget.max_time is not None:
        found["max_time"] = span(budget.max_time)
    if budget.max_urls is not None:
        found["max_urls"] = f"{budget.max_urls:,}"
    return found


def _parts(spent: Spent, now: Seconds) -> Iterator[str]:
    """Yield what is spent, cap by cap."""
    spent_by = {
        "max_bytes": size(spent.bytes),
        "max_time": span(max(0.0, now - (spent.began_at or now))),
        "max_urls": f"{spent.urls:,}",
    }
    for option, cap in _caps(spent).items():
        yield f"{spent_by[option]} of {option} {cap}"
