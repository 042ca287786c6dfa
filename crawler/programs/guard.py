"""The guard of a program: it ends the program's process group when this process is gone.

It is a shell that reads a pipe whose other end only this process has. The pipe ends with this
process, also on SIGKILL, which leaves it no time to end anything itself.

On Linux the kernel kills the program, too (PR_SET_PDEATHSIG of prctl(2)), also where somebody has
killed the guard. That does not reach what the program has started, nor a program with set-user-ID.
"""

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Self

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
"""Loaded here: between fork and exec there is to be as little as possible."""

_SCRIPT = (
    'trap "" HUP INT TERM; read -r group || exit; read -r _ && exit;'
    'kill -s TERM -- "-$group"; sleep 0.5 || sleep 1; kill -s KILL -- "-$group"'
)
"""Between SIGTERM and SIGKILL is half a second, or a whole one where `sleep` knows no half."""


class Guard:
    """A guard for one process group; without a shell on this machine it guards nothing."""

    def __enter__(self) -> Self:
        self._process = os.getpid()
        reader, self._writer = os.pipe()  # it is close-on-exec (PEP 446), and pipe2 is Linux's
        self._shell: subprocess.Popen[bytes] | None = None
        try:
            with suppress(OSError):
                self._shell = subprocess.Popen(  # noqa: S603  a constant
                    ("/bin/sh", "-c", _SCRIPT),
                    stdin=reader,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
        except BaseException:
            os.close(self._writer)
            raise
        finally:
            os.close(reader)
        return self

    def __exit__(self, *_: object) -> None:
        """End the guard; the group is left as it is."""
        if self._shell is not None:
            self._shell.kill()
            self._shell.wait()
        os.close(self._writer)

    def watch(self) -> None:
        """Put this process and its group under guard; called in a child, before its program runs.

        It leads, or will in a moment, a group of its own, whose number is the process id. The
        kernel kills it with the thread that forked it: that is the main thread, which lasts.
        """
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != self._process:  # which was gone before the kernel knew
                os.kill(os.getpid(), signal.SIGKILL)
        with suppress(OSError):  # no shell reads it
            os.write(self._writer, b"%d\n" % os.getpid())
