"""A program that runs without a shell, never for too long, and never longer than this process."""

import atexit
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Self

import gevent
from gevent.socket import wait_read, wait_write

from crawler.model import Seconds
from crawler.programs.group import (
    GRACE_S,
    Process,
    ending,
    kill,
    last_lines,
    pipe,
    signal_group,
)
from crawler.programs.guard import Guard
from crawler.threads import Greenlet

_TAIL_BYTES = 4096
"""Bytes of standard error that are kept."""


class Running:
    """A running program, in a process group of its own that ends with this context.

    `failed` makes an exception of what went wrong, and `remedy` names what gives it more time.
    `given` is its standard input, and `environment` replaces that of this process. One whose output
    nobody wants is `mute`: both its outputs are complaints then.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        timeout: Seconds,
        *,
        failed: Callable[[str], Exception],
        remedy: str,
        given: bytes = b"",
        environment: Mapping[str, str] | None = None,
        mute: bool = False,
    ) -> None:
        self._arguments = arguments
        self._timeout = timeout
        self._failed = failed
        self._remedy = remedy
        self._given = given
        self._environment = environment
        self._mute = mute
        self._said = b""

    def __enter__(self) -> Self:
        self._deadline = time.monotonic() + self._timeout
        with ExitStack() as ours, ExitStack() as theirs:
            self.output, output = pipe(ours, theirs)
            self._complaints, complaints = pipe(ours, theirs)
            given = self._pipe_in(ours, theirs) if self._given else subprocess.DEVNULL
            self._guard = ours.enter_context(Guard())
            pipes = (given, complaints if self._mute else output, complaints)
            self._process = self._start(pipes)
            atexit.register(self.end)
            ours.callback(atexit.unregister, self.end)
            self._beside: list[Greenlet] = [gevent.spawn(self._listen)]
            if self._given:
                self._beside.append(gevent.spawn(self._give))
            self._ours = ours.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._ours:
            gevent.killall(self._beside)
            if kind is not None:
                kill(self._process)

    def wait(self) -> None:
        """Wait for output, until the program's time is over."""
        self.check()
        wait_read(self.output, timeout=max(0.0, self._left()), timeout_exc=self._late())

    def check(self) -> None:
        """See that a program that never pauses ends in time, too."""
        if self._left() <= 0:
            raise self._late()

    def give_time(self) -> None:
        """Have its time begin anew: it has done a part of its work."""
        self._deadline = time.monotonic() + self._timeout

    def finish(self) -> None:
        """Wait for the end of the program, and see that it ended well."""
        try:
            code = self._process.wait(timeout=max(0.0, self._left()))
        except subprocess.TimeoutExpired:
            raise self._late() from None
        if code:
            self._beside[0].join(GRACE_S)
            raise self._failed(ending(code) + self.complaint())

    def complaint(self) -> str:
        """Return the last lines of its standard error, to end a sentence with; '' for none."""
        return last_lines(self._said)

    def end(self) -> None:
        """End what is left of the group at once, however little time that leaves."""
        signal_group(self._process, signal.SIGKILL)

    def _start(self, pipes: tuple[int, int, int]) -> Process:
        starting = gevent.spawn(
            _started, self._arguments, pipes, self._environment, self._guard.watch
        )
        try:
            started: Process | Exception = starting.get()
        except BaseException:  # killed while it starts: the program is ended all the same
            starting.join()
            if isinstance(starting.value, subprocess.Popen):
                kill(starting.value)
            raise
        if isinstance(started, Exception):
            why = getattr(started, "strerror", None) or started
            raise self._failed(f"cannot be started: {why}") from started
        return started

    def _left(self) -> Seconds:
        return self._deadline - time.monotonic()

    def _late(self) -> Exception:
        return self._failed(
            f"was not done within {self._timeout:g} s; {self._remedy}" + self.complaint()
        )

    def _listen(self) -> None:
        """Keep the end of standard error; a program whose pipe is not read would stand still."""
        while True:
            wait_read(self._complaints)
            said = os.read(self._complaints, 65_536)
            if not said:
                return
            self._said = (self._said + said)[-_TAIL_BYTES:]

    def _pipe_in(self, ours: ExitStack, theirs: ExitStack) -> int:
        """Return the reading end of standard input; ours is closed once all of it was given."""
        reader, self._input = os.pipe()
        theirs.callback(os.close, reader)
        os.set_blocking(self._input, False)
        ours.callback(self._close_input)
        return reader

    def _close_input(self) -> None:
        if self._input >= 0:
            os.close(self._input)
        self._input = -1

    def _give(self) -> None:
        """Give it its input; who ends before it has read all of it, ends as it likes."""
        left = memoryview(self._given)
        with suppress(BrokenPipeError):
            while left:
                wait_write(self._input)
                left = left[os.write(self._input, left[:65_536]) :]
        self._close_input()


def _started(
    arguments: Sequence[str],
    pipes: tuple[int, int, int],
    environment: Mapping[str, str] | None,
    watch: Callable[[], None],
) -> Process | Exception:
    """Start a program; an error is a value, so that gevent does not print it on its way."""
    given, output, complaints = pipes
    try:
        return subprocess.Popen(  # noqa: S603  the operator's own program
            arguments,
            stdin=given,
            stdout=output,
            stderr=complaints,
            env=environment,
            start_new_session=True,
            preexec_fn=watch,  # noqa: PLW1509  gevent's own fork runs Python there anyway
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL among the arguments
        return error
