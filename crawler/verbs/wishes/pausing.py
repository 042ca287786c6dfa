"""`crawler pause` and `crawler resume`: nothing new begins of everything, a job, or a host."""

from typing import Any

from crawler.frontier import Desk, InFlight, changed
from crawler.frontier.wishes import MakeWish, Scope, Subject, TakeBackWish, Verb, Wish
from crawler.model import Seconds
from crawler.verbs.answer import Answer
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.spent import at_cap
from crawler.verbs.wishes.standing import (
    Hearers,
    hearers,
    standing,
    subject_of,
    wait,
    wisher,
)
from crawler.verbs.wishes.words import document, in_words, named
from crawler.verbs.words import counted


def pause(
    ledger: Ledger,
    *,
    host: str | None,
    job: str | None,
    lasts: Seconds | None,
    why: str | None,
    waits: bool,
    dry: bool,
) -> Answer:
    """Do what `crawler pause` says; its options are in `crawler/verbs/commands/`."""
    subject = subject_of(host, job)
    if dry:
        return _would(ledger, subject, "be paused")
    with opened_by(ledger, acts=True, write=True) as desk:
        what = changed(desk, MakeWish(Verb.PAUSE, subject, wisher(why), lasts))
        found = wait(desk, subject) if waits else hearers(desk)
        wish = _of(desk, subject)
        now = desk.now()
    told = {"changed": next(iter(what), "same"), **({} if wish is None else document(wish))}
    lines = [] if wish is None else [in_words(wish, now)]
    return _answer(told, lines, found)


def resume(ledger: Ledger, *, host: str | None, job: str | None, waits: bool, dry: bool) -> Answer:
    """Do what `crawler resume` says; its options are in `crawler/verbs/commands/`."""
    subject = subject_of(host, job)
    if dry:
        return _would(ledger, subject, "go on")
    with opened_by(ledger, acts=True, write=True) as desk:
        taken = changed(desk, TakeBackWish(Verb.PAUSE, subject)).total()
        found = wait(desk) if waits else hearers(desk)
        left = [wish for wish in standing(desk) if wish.verb is Verb.PAUSE]
        now = desk.now()
        capped = _capped(desk, subject)
    word = "goes on" if taken else "was not paused"
    lines = [
        f"{named(subject)} {word}",
        *(f"still: {in_words(wish, now)}" for wish in left),
        *capped,
    ]
    told = {"taken_back": taken, "left": [document(wish) for wish in left]}
    return _answer(told, lines, found if taken else None, code=int(not taken))


def _of(desk: Desk, subject: Subject) -> Wish | None:
    """Return the pause of a subject; None if somebody has taken it back already."""
    found = (one for one in standing(desk) if (one.verb, one.subject) == (Verb.PAUSE, subject))
    return next(found, None)


def _capped(desk: Desk, subject: Subject) -> list[str]:
    """Say that a job is at its cap, which no operator has paused."""
    if subject.scope is not Scope.JOB:
        return []
    now, jobs = desk.now(), [job for job in desk.sums().jobs if job.name == subject.name]
    return [
        f"still: job {job.name} is {at_cap(job.spent, now)}"
        for job in jobs
        if job.spent and job.spent.cap
    ]


def _would(ledger: Ledger, subject: Subject, what: str) -> Answer:
    """Tell what would come of it, and which pauses stand."""
    with opened_by(ledger, acts=False) as desk:
        busy, now = desk.entry(InFlight(subject)), desk.now()
        left = [wish for wish in standing(desk) if wish.verb is Verb.PAUSE]
    lines = [f"{named(subject)} would {what}; {counted(busy, 'URL')} leased now"]
    lines += (f"now: {in_words(wish, now)}" for wish in left)
    told = {"in_flight": busy, "pauses": [document(wish) for wish in left]}
    return _answer(told, lines, None)


def _answer(
    told: dict[str, Any], lines: list[str], found: Hearers | None, *, code: int = 0
) -> Answer:
    heard = found.document() if found else {}
    words = [found.in_words()] if found else []
    return Answer([*lines, *words], lambda: {**told, **heard}, code)
