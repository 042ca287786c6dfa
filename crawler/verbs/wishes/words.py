"""Wishes in words, and as objects for programs."""

from typing import Any

from crawler.frontier.wishes import Scope, Subject, Verb, Wish
from crawler.log import iso
from crawler.model import Seconds
from crawler.verbs.words import stamp, when


def named(subject: Subject) -> str:
    """Return what a wish is for: `everything`, `job news`, `host example.org`."""
    return "everything" if subject.scope is Scope.ALL else str(subject)


def made(wish: Wish, now: Seconds) -> str:
    """Return by whom and since when, until when, and why: a clause that follows `is paused`."""
    wisher = wish.wisher
    until = "" if wish.until is None else f" until {when(wish.until, now)}"
    why = f": {wisher.why}" if wisher.why else ""
    return f"by {wisher.who} on {wisher.machine} since {iso(wish.made_at)}{until}{why}"


def in_words(wish: Wish, now: Seconds) -> str:
    """Return a wish as one line."""
    return f"{_asked(wish)} {made(wish, now)}"


def _asked(wish: Wish) -> str:
    value = "null" if wish.value is None else wish.value
    subject, option = named(wish.subject), wish.option
    return _ASKED[wish.verb].format(subject=subject, option=option, value=value)


_ASKED = {Verb.PAUSE: "{subject} is paused", Verb.SET: "{subject} has {option}={value}"}


def document(wish: Wish) -> dict[str, Any]:
    """Return the JSON object of a wish."""
    return {
        "wish": wish.id,
        "verb": wish.verb.value,
        "scope": wish.subject.scope.value,
        "subject": wish.subject.name or None,
        "option": wish.option or None,
        "value": wish.value,
        "by": wish.wisher.who,
        "machine": wish.wisher.machine,
        "why": wish.wisher.why or None,
        "made_at": iso(wish.made_at),
        "until": stamp(wish.until),
    }
