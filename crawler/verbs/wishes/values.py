"""The values that `set` and `unset` change: as they are in force before, and afterwards."""

from collections.abc import Iterable, Sequence
from typing import Any

from crawler.config import Settings
from crawler.config.overlay import OF_JOB, Set, laid_over, overlaid, spelled_out
from crawler.daemon.changed_values import Value, values_of
from crawler.errors import UsageError
from crawler.frontier import Desk
from crawler.frontier.wishes import Subject, Verb
from crawler.verbs.wishes.standing import standing

NONE = "none"
_ARROW = " → "


def sets_standing(desk: Desk) -> list[Set]:
    """Return what is set and stands."""
    found = (wish for wish in standing(desk) if wish.verb is Verb.SET)
    return [
        Set(wish.subject.scope.value, wish.subject.name, wish.option, wish.value) for wish in found
    ]


def mine(subject: Subject, given: dict[str, Any]) -> list[Set]:
    """Return what options set for a subject."""
    return [Set(subject.scope.value, subject.name, *item) for item in given.items()]


def changes(
    text: Settings, before: Sequence[Set], after: Sequence[Set], jobs: Iterable[str]
) -> list[Value]:
    """Return the values that differ between what is set before and what is set afterwards.

    A host that no option was said of has those of `jobs`, which visit it.
    """
    old, new = laid_over(text, before), laid_over(text, after)
    for one in {*before, *after}:
        if one.scope == "host":
            old, new = spelled_out(old, one.name), spelled_out(new, one.name)
    values = {(one.scope, one.option): one.value for one in (*before, *after)}
    return [
        _with_jobs(one, old, set(jobs), values.get(("host", one.option)))
        for one in values_of(old, new)
    ]


def _with_jobs(one: Value, settings: Settings, jobs: set[str], value: Any) -> Value:
    """Return a value with what the jobs of a host say, where `hosts` says nothing."""
    old, arrow, new = one.words.partition(_ARROW)
    if not one.section.startswith("hosts.") or NONE not in {old, new} or one.option not in OF_JOB:
        return one
    said = _said(settings, jobs, one.option, value)
    words = said.pop() if len(said) == 1 else NONE
    old, new = (words if each == NONE else each for each in (old, new))
    return one._replace(words=f"{old}{arrow}{new}")


def _said(settings: Settings, jobs: set[str], option: str, value: Any) -> set[str]:
    """Return what jobs say of an option, in words; those that say just this value are left out."""
    try:
        other = overlaid(settings, [Set("all", "", option, value)])
    except UsageError:  # it makes no sense beside other options of a job
        return set()
    values = (one for one in values_of(settings, other) if one.option == option)
    return {one.words.partition(_ARROW)[0] for one in values if one.section in jobs}
