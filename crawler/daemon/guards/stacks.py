"""The stacks of a process on standard error, for whoever wants to know where it stands (USR1).

Those of the threads are written by the C library's handler (faulthandler), so that a loop that
hangs keeps nobody from seeing where. Those of the greenlets follow once the loop comes round; equal
ones are written once, with their number. Neither has values of variables: these may be secret.
"""

import faulthandler
import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import gevent
from greenlet import greenlet

from crawler.log import Log
from crawler.threads import Native

_SLICE = 100
"""Stacks that are taken down without a pause for the other greenlets."""
Stack = tuple[tuple[str, int, str], ...]
"""File, line and name of each call, the outermost first."""


@contextmanager
def threads_dumped() -> Iterator[None]:
    """Have USR1 write the stacks of all threads, before the handler that is set for it runs."""
    registered = False
    with suppress(AttributeError, ValueError, OSError):  # a standard error that is no file
        faulthandler.register(signal.SIGUSR1, file=sys.stderr.fileno(), chain=True)
        registered = True
    try:
        yield
    finally:
        if registered:
            faulthandler.unregister(signal.SIGUSR1)


def dump_greenlets(log: Log) -> None:
    """Write the stacks of all greenlets to standard error, and tell the log that they are there."""
    found = [one for one in gc.get_objects() if isinstance(one, greenlet)]
    stacks: Counter[Stack] = Counter()
    for at, one in enumerate(found):
        if one.gr_frame is not None:
            stacks[_stack(one.gr_frame)] += 1
        if at % _SLICE == _SLICE - 1:
            gevent.sleep(0.001)
    native = Native(1).__enter__()
    try:
        native.start(_write, sys.stderr.fileno(), dict(stacks)).get()
    finally:
        native.abandon()  # nobody may read what is written, and the end waits for nobody
    log.info("stacks.dumped", greenlets=stacks.total(), different=len(stacks))


def _stack(frame: FrameType) -> Stack:
    frames = []
    at: FrameType | None = frame
    while at is not None:
        frames.append((at.f_code.co_filename, at.f_lineno, at.f_code.co_qualname))
        at = at.f_back
    return tuple(reversed(frames))


def _write(descriptor: int, stacks: dict[Stack, int]) -> None:
    """Write stacks, those of most greenlets first; in a native thread, for a pipe may be full."""
    for stack, number in sorted(stacks.items(), key=lambda item: -item[1]):
        who = "1 greenlet" if number == 1 else f"{number} greenlets"
        lines = [f'  File "{file}", line {line} in {name}' for file, line, name in reversed(stack)]
        text = "\n".join([f"{who} (most recent call first):", *lines, "", ""])
        with suppress(OSError):
            os.write(descriptor, text.encode("utf-8", "backslashreplace"))
