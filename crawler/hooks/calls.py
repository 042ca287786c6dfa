"""Functions of Python are told of events, in a process of their own that ends after a batch."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from crawler.frontier.outbox import Waiting
from crawler.hooks.hook import Hook
from crawler.hooks.programs import FailedError, environment_of, failed
from crawler.hooks.results import Result, failed_whole
from crawler.programs.running import Running

MAX_EVENTS = 100
"""Events of one process."""
MAX_ANSWER = 64 * 1024
"""Bytes of all answers of a batch that are not yet a line."""
_CHILD = Path(__file__).with_name("child.py")


class Calls:
    """Calls functions of modules that lie in a folder, or are installed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, hook: Hook, waiting: Sequence[Waiting]) -> Result:
        """Call the function once for each event, in their order; after a failure its lane ends."""
        lines = [f'{{"lane":{one.lane},"event":{one.body}}}\n' for one in waiting]
        child = Running(
            [sys.executable, "-P", str(_CHILD), hook.options.call or "", str(self._folder)],
            hook.options.timeout,
            failed=failed,
            remedy="timeout gives it more",
            given="".join(lines).encode(),
            environment=environment_of({}),
        )
        found: dict[int, str] = {}
        reason = ""
        try:
            with child:
                for one, answer in zip(waiting, _answers(child), strict=False):
                    if answer is not None:
                        found[one.number] = answer
                child.finish()
                child.end()
        except FailedError as error:
            reason = str(error)
        return self._result(waiting, found, reason)

    def _result(self, waiting: Sequence[Waiting], found: dict[int, str], reason: str) -> Result:
        """Return what came of a batch; an event with which its process ended has failed.

        A process that ends before its first answer fails as a whole: its module cannot be imported.
        """
        if not found:
            return failed_whole(waiting, reason or "ended without an answer")
        stuck = {one.lane for one in waiting if found.get(one.number)}
        left = [one for one in waiting if one.number not in found and one.lane not in stuck]
        if left:
            found[left[0].number] = reason or "ended without an answer"
        return Result(found)


def _answers(child: Running) -> Iterator[str | None]:
    """Yield an answer for each event: '' if it went well, why not, or None if it was not tried.

    Each answer gives the child its time anew.
    """
    rest = b""
    while True:
        child.wait()
        read = os.read(child.output, 65_536)
        if not read:
            return
        *lines, rest = (rest + read).split(b"\n")
        if len(rest) > MAX_ANSWER:
            raise FailedError("writes what is no answer")
        for line in lines:
            yield _answer(line)
            child.give_time()


def _answer(line: bytes) -> str | None:
    try:
        found = json.loads(line)
    except ValueError:
        raise FailedError("writes what is no answer") from None
    return None if found is None else str(found)[:500]
