"""What came of a delivery, and what that means for its events and for its hook. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from random import Random

from crawler.config.hook_options import HookOptions
from crawler.frontier.outbox import Told, Waiting
from crawler.model import Seconds
from crawler.policy.deliveries import event_wait, hook_rest, is_given_up
from crawler.value import value


@value
class Result:
    """What came of events: '' where one was delivered, else why not; others were not tried."""

    of: Mapping[int, str] = field(default_factory=dict)
    """By number of the event."""
    whole: bool = False
    """Whether it is the hook that failed, whatever the events."""
    asked: Seconds = 0.0
    """How long the receiver asks to be left alone."""


def failed_whole(waiting: Sequence[Waiting], reason: str, asked: Seconds = 0.0) -> Result:
    """Return the result of a delivery that failed as a whole."""
    return Result({one.number: reason for one in waiting}, whole=True, asked=asked)


def delivered(waiting: Sequence[Waiting]) -> Result:
    """Return the result of a delivery that went well."""
    return Result({one.number: "" for one in waiting})


def told_of(
    waiting: Sequence[Waiting],
    result: Result,
    options: HookOptions,
    failures: int,
    random: Random,
) -> Told:
    """Return what becomes of events, and of their hook, which failed so often before in a row.

    Events of a hook that failed as a whole wait as long as it rests.
    """
    reason = next(filter(None, result.of.values()), "")
    rest = hook_rest(failures + 1, result.asked, random) if result.whole else 0.0
    failed: dict[int, Seconds] = {}
    given_up: list[int] = []
    for one in waiting:
        if result.of.get(one.number):
            attempts = one.attempts + 1
            if is_given_up(attempts, one.age, options.attempts, options.give_up):
                given_up.append(one.number)
            else:
                failed[one.number] = rest or event_wait(attempts, random)
    return Told(
        delivered=[one.number for one in waiting if result.of.get(one.number) == ""],
        failed=failed,
        given_up=given_up,
        back=[one.number for one in waiting if one.number not in result.of],
        reason=reason,
        rest=rest,
    )
