"""The lines of a program's standard output; it is run without a shell and never for too long."""

import atexit
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import Self

import gevent
from gevent.socket import wait_read

from crawler.model import Seconds
from crawler.sources.contract import (
    Blocks,
    Entries,
    Fields,
    Source,
    SourceError,
    errors_named,
    failed,
)
from crawler.sources.formats import Format
from crawler.sources.program_guard import Guard
from crawler.sources.reading import listed
from crawler.threads import Greenlet, Native

Process = subprocess.Popen[bytes]

_GRACE_S: Seconds = 1.0
"""Time of a program between SIGTERM and SIGKILL."""
_TAIL_BYTES = 4096
"""Bytes of standard error that are kept."""
_MAX_LINES_SHOWN = 3
"""Lines of standard error that an error shows."""


class Command(Source):
    """A program whose standard output is a list."""

    def __init__(self, arguments: Sequence[str], timeout: Seconds, fields: Fields) -> None:
        super().__init__(f"command:{arguments[0]}")  # the others may hold what is secret
        self._arguments = arguments
        self._timeout = timeout
        self._form = Format(fields, file=False)
        self.times_itself = True

    @property
    def salt(self) -> bytes:
        return self._form.salt

    def read(self, known_version: str) -> Blocks:  # noqa: ARG002  only running it can tell
        with (
            errors_named(self.name),
            Native(1) as native,
            _Program(self.name, self._arguments, self._timeout) as program,
        ):
            lines = listed(native, program.output, self._form, self.name, program.wait)
            for block in lines:
                yield block
                program.check()
            program.finish()

    def parse(self, line: bytes) -> Entries:
        return self._form.parse(line)


class _Program:
    """A running program, in a process group of its own that ends with this context."""

    def __init__(self, name: str, arguments: Sequence[str], timeout: Seconds) -> None:
        self._name = name
        self._arguments = arguments
        self._timeout = timeout
        self._said = b""

    def __enter__(self) -> Self:
        self._deadline = time.monotonic() + self._timeout
        with ExitStack() as ours, ExitStack() as theirs:
            self.output, output = _pipe(ours, theirs)
            self._complaints, complaints = _pipe(ours, theirs)
            self._guard = ours.enter_context(Guard())
            self._process = self._start(output, complaints)
            atexit.register(self._end)
            ours.callback(atexit.unregister, self._end)
            self._listener: Greenlet = gevent.spawn(self._listen)
            self._ours = ours.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._ours:
            self._listener.kill()
            if kind is not None:
                _kill(self._process)

    def wait(self) -> None:
        """Wait for output, until the program's time is over."""
        self.check()
        wait_read(self.output, timeout=max(0.0, self._left()), timeout_exc=self._late())

    def check(self) -> None:
        """See that a program that never pauses ends in time, too."""
        if self._left() <= 0:
            raise self._late()

    def finish(self) -> None:
        """Wait for the end of the program, and see that it ended well."""
        try:
            code = self._process.wait(timeout=max(0.0, self._left()))
        except subprocess.TimeoutExpired:
            raise self._late() from None
        if code:
            self._listener.join(_GRACE_S)
            raise self._failed(_ending(code) + _last_lines(self._said))

    def _start(self, output: int, complaints: int) -> Process:
        starting = gevent.spawn(_started, self._arguments, output, complaints, self._guard)
        try:
            started: Process | Exception = starting.get()
        except BaseException:  # killed while it starts: the program is ended all the same
            starting.join()
            if isinstance(starting.value, subprocess.Popen):
                _kill(starting.value)
            raise
        if isinstance(started, Exception):
            why = getattr(started, "strerror", None) or started
            raise self._failed(f"cannot be started: {why}") from started
        return started

    def _end(self) -> None:
        """End what is left of the group when this process ends, however little time that leaves."""
        _signal(self._process, signal.SIGKILL)

    def _left(self) -> Seconds:
        return self._deadline - time.monotonic()

    def _late(self) -> SourceError:
        return self._failed(
            f"was not done within {self._timeout:g} s; command_timeout gives it more"
            + _last_lines(self._said)
        )

    def _failed(self, reason: str) -> SourceError:
        return failed(self._name, reason)

    def _listen(self) -> None:
        """Keep the end of standard error; a program whose pipe is not read would stand still."""
        while True:
            wait_read(self._complaints)
            said = os.read(self._complaints, 65_536)
            if not said:
                return
            self._said = (self._said + said)[-_TAIL_BYTES:]


def _started(
    arguments: Sequence[str], output: int, complaints: int, guard: Guard
) -> Process | Exception:
    """Start a program; an error is a value, so that gevent does not print it on its way."""
    try:
        return subprocess.Popen(  # noqa: S603  the operator's own program
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=complaints,
            start_new_session=True,
            preexec_fn=guard.watch,  # noqa: PLW1509  gevent's own fork runs Python there anyway
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL among the arguments
        return error


def _kill(process: Process) -> None:
    """End a program and its children; SIGKILL ends those that ignore SIGTERM."""
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_GRACE_S)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _pipe(ours: ExitStack, theirs: ExitStack) -> tuple[int, int]:
    """Return a pipe whose reading end never blocks; the stacks close its ends."""
    reader, writer = os.pipe()
    ours.callback(os.close, reader)
    theirs.callback(os.close, writer)
    os.set_blocking(reader, False)
    return reader, writer


def _ending(code: int) -> str:
    if code < 0:
        return f"was killed by signal {-code}"
    return f"ended with exit code {code}"


def _last_lines(said: bytes) -> str:
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return ": " + " / ".join(lines[-_MAX_LINES_SHOWN:]) if lines else ""
