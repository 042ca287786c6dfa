"""The process group of a program, its pipes, and the words for its end."""

import os
import signal
import subprocess
from contextlib import ExitStack, suppress

from crawler.model import Seconds

Process = subprocess.Popen[bytes]

GRACE_S: Seconds = 1.0
"""Time of a program between SIGTERM and SIGKILL."""
_MAX_LINES_SHOWN = 3
"""Lines of standard error that an error shows."""


def kill(process: Process) -> None:
    """End a program and its children; SIGKILL ends those that ignore SIGTERM."""
    signal_group(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=GRACE_S)
    signal_group(process, signal.SIGKILL)
    process.wait()


def signal_group(process: Process, number: signal.Signals) -> None:
    """Send a signal to a program and to all that it has started and left in its group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def pipe(ours: ExitStack, theirs: ExitStack) -> tuple[int, int]:
    """Return a pipe whose reading end never blocks; the stacks close its ends."""
    reader, writer = os.pipe()
    ours.callback(os.close, reader)
    theirs.callback(os.close, writer)
    os.set_blocking(reader, False)
    return reader, writer


def ending(code: int) -> str:
    """Say how a program ended that did not end well."""
    if code < 0:
        return f"was killed by signal {-code}"
    return f"ended with exit code {code}"


def last_lines(said: bytes) -> str:
    """Return the last lines of what a program said, to end a sentence with; '' for none."""
    lines = [line for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    return ": " + " / ".join(lines[-_MAX_LINES_SHOWN:]) if lines else ""
