"""Programs are told of events: each runs once for one event, in an environment made for it."""

import json
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from gevent.pool import Pool

from crawler.frontier.outbox import Waiting
from crawler.hooks.hook import Hook
from crawler.hooks.results import Result
from crawler.programs.running import Running

MAX_EVENTS = 16
"""Events that are taken at once."""
MAX_AT_ONCE = 4
"""Programs of one hook that run at the same time."""
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class FailedError(Exception):
    """A program or a function that did not take what it was told."""


class UnstartedError(FailedError):
    """A program that cannot be started, whatever the event."""


def deliver(hook: Hook, waiting: Sequence[Waiting]) -> Result:
    """Run the program for each event, in the order of each lane; after a failure its lane ends."""
    lanes: dict[int, list[Waiting]] = {}
    for one in waiting:
        lanes.setdefault(one.lane, []).append(one)
    found: dict[int, str] = {}
    unstarted: set[int] = set()
    pool = Pool(MAX_AT_ONCE)
    try:
        for lane in lanes.values():
            pool.spawn(_run_lane, hook, lane, found, unstarted)
        pool.join()
    except BaseException:
        pool.kill()
        raise
    return Result(found, whole=bool(found) and unstarted == found.keys())


def _run_lane(
    hook: Hook, lane: Sequence[Waiting], found: dict[int, str], unstarted: set[int]
) -> None:
    for one in lane:
        try:
            _run(hook, one)
            found[one.number] = ""
        except FailedError as error:
            found[one.number] = str(error)
            if isinstance(error, UnstartedError):
                unstarted.add(one.number)
            return


def _run(hook: Hook, one: Waiting) -> None:
    event = json.loads(one.body)
    program = Running(
        arguments_of(hook.options.run or (), event),
        hook.options.timeout,
        failed=failed,
        remedy="timeout gives it more",
        given=one.body.encode() + b"\n",
        environment=environment_of(event),
        mute=True,
    )
    with program:
        try:
            program.finish()
        finally:
            program.end()  # what it has started and left behind goes with it


def failed(reason: str) -> FailedError:
    """Return the exception of what went wrong with a program."""
    kind = UnstartedError if reason.startswith("cannot be started") else FailedError
    return kind(reason)


def arguments_of(template: Sequence[str], event: Mapping[str, Any]) -> list[str]:
    """Return the arguments of a program: what has no value in this event is empty.

    A value is never looked through for placeholders itself.
    """
    return [_PLACEHOLDER.sub(lambda found: _text(event.get(found[1])), one) for one in template]


def environment_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of a program: a few variables of ours, and CRAWLER_ for each value."""
    clean = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return clean | {f"CRAWLER_{name.upper()}": _text(value) for name, value in event.items()}


def _text(value: object) -> str:
    return "" if value is None else str(value).replace("\0", "")
