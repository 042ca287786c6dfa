"""The protocol of supervisord's event listeners, on standard input and output.

Source: supervisor's manual, "Events", "Event Listener Notification Protocol".
"""

from collections.abc import Iterator
from typing import IO, Protocol

from crawler.errors import UsageError

_READY = b"READY\n"
_DONE = b"RESULT 2\nOK"


class Reader(Protocol):
    """What supervisord writes to."""

    def readline(self) -> bytes:
        """Return the next line, empty at the end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""


def events(supervisord: Reader, answers: IO[bytes]) -> Iterator[str]:
    """Yield the name of each event, until supervisord is gone; what is done by then is its answer.

    Raises:
        UsageError: who is at the other end is no supervisord.
    """
    while True:
        _say(answers, _READY)
        line = supervisord.readline()
        if not line:
            return
        header = _header(line)
        supervisord.read(int(header["len"]))
        yield header["eventname"]
        _say(answers, _DONE)


def _header(line: bytes) -> dict[str, str]:
    pairs = (word.partition(":") for word in line.decode("ascii", "replace").split())
    header = {name: value for name, _, value in pairs}
    if "eventname" not in header or not header.get("len", "").isdecimal():
        raise UsageError(f"{line[:80]!r} is no event of supervisord, which has to start this verb")
    return header


def _say(answers: IO[bytes], words: bytes) -> None:
    answers.write(words)
    answers.flush()
