"""Verbs that run as a program of their own: they fetch, in memory and time that are theirs."""

import subprocess
import sys
from collections.abc import Sequence
from http import HTTPStatus

from gevent.lock import BoundedSemaphore

from crawler.errors import UsageError
from crawler.model import Seconds
from crawler.verbs.words import as_json
from crawler.web.ledgers import Ledgers
from crawler.web.problems import Problem, usage

LASTS_S: Seconds = 600.0
"""How long such a program may run."""
TURN_S: Seconds = 20.0
"""How long one waits for another to end."""
GRACE_S: Seconds = 2.0
"""Time of it between TERM and KILL."""


class Apart:
    """Runs one such program at a time, of the configuration of this server."""

    def __init__(self, ledgers: Ledgers) -> None:
        self._ledgers = ledgers
        self._turn = BoundedSemaphore(1)

    def run(self, words: Sequence[str]) -> bytes:
        """Run a verb; return its exit code and what it printed, as JSON.

        Raises:
            Problem: its words mean nothing, another one runs, or it takes too long.
        """
        command = [sys.executable, "-m", "crawler", words[0], *self._ledgers.argv(), *words[1:]]
        if not self._turn.acquire(timeout=TURN_S):
            raise _busy("another one is under way; say it again when that is over")
        try:
            code, printed, said = _run(command)
        finally:
            self._turn.release()
        if code == UsageError.exit_code:
            raise usage(said.strip())
        told = {"lines": printed.splitlines(), "refused": said.splitlines()}
        return as_json({"exit": code, "answer": None, **told}).encode()


def _run(command: list[str]) -> tuple[int, str, str]:
    with subprocess.Popen(  # noqa: S603  this program, by words that the verb knows
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", errors="replace",
    ) as program:  # fmt: skip
        try:
            printed, said = program.communicate(timeout=LASTS_S)
        except subprocess.TimeoutExpired as error:
            raise _busy(f"it was not done within {LASTS_S:g} s") from error
        finally:
            _end(program)
    return program.returncode, printed, said


def _end(program: "subprocess.Popen[str]") -> None:
    """End a program that still runs, because nobody waits for it any more."""
    if program.poll() is not None:
        return
    program.terminate()
    try:
        program.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        program.kill()


def _busy(detail: str) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail, retry_after=10)
