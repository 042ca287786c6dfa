"""What the tests of the outbox share: events, hooks, and a process that tells them."""

from crawler.frontier.outbox import Event, HookTerms, Notices, Told
from tests.parts.frontiers import NOW

HOOK, OTHER = 7, -8
TERMS = [HookTerms(HOOK, "job", "post https://a.example"), HookTerms(OTHER, "job", "run tell")]


def event(name, lane=1, *, hook=HOOK, task=None):
    return Event(hook, name, lane, f'{{"id": "{name}"}}', task)


def names(waiting):
    return [one.id for one in waiting]


def taken(frontier, owner, now=NOW, *, hook=HOOK, number=100):
    frontier.time = now
    return frontier.take(owner, hook, number)


def told(frontier, owner, waiting, now=NOW, *, wait=None, **more):
    """Say that all of these were delivered, or are to wait."""
    numbers = [one.number for one in waiting]
    frontier.time = now
    said = Told(numbers) if wait is None else Told(failed=dict.fromkeys(numbers, wait), **more)
    frontier.told(owner, HOOK, said)


def notices(*events, begun=()):
    return Notices(events, frozenset(begun))
