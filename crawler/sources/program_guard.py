"""The guard of a program: it ends the program's process group when this process is gone.

It is a shell that reads a pipe whose other end only this process has. The pipe ends with this
process, also on SIGKILL, which leaves it no time to end anything itself. Linux's PR_SET_PDEATHSIG
would end the program, but not what the program has started.
"""

import os
import subprocess
from contextlib import suppress
from typing import Self

_SCRIPT = (
    'trap "" HUP INT TERM; read -r group || exit; read -r _ && exit;'
    'kill -s TERM -- "-$group"; sleep 0.5 || sleep 1; kill -s KILL -- "-$group"'
)
"""Between SIGTERM and SIGKILL is half a second, or a whole one where `sleep` knows no half."""


class Guard:
    """A guard for one process group; without a shell on this machine it guards nothing."""

    def __enter__(self) -> Self:
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

        It leads, or will in a moment, a group of its own, whose number is the process id.
        """
        with suppress(OSError):  # no shell reads it
            os.write(self._writer, b"%d\n" % os.getpid())
