"""URLs that an operator gives: as arguments, or by `-` as lines of standard input as they come.

Lines are read as those of a plain list are: # starts a comment, and a byte order mark, CR and blank
lines are nothing. Whatever a pipe holds, memory is bounded.
"""

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import FrameType
from typing import Any, Self, TypeVar

from gevent.monkey import get_original

from crawler.policy.masking import Mask, masked_line
from crawler.sources.contract import Fields
from crawler.sources.lines import Pieces, cut
from crawler.sources.texts import Plain
from crawler.verbs.commands.urls import AT_ONCE, STANDARD_INPUT
from crawler.verbs.words import print_lines

MAX_TOLD = 20
"""Bad URLs that are told one by one; of more only the number is."""
MAX_SHOWN = 200
"""Characters of a bad URL that are shown."""
_PIECE_BYTES = 65_536
_STDIN = 0
_wait = get_original("select", "select")

_PLAIN = Plain(Fields("", frozenset(), frozenset()))

Read = TypeVar("Read")


class Bad:
    """Tells of what is no URL, as it comes."""

    def __init__(self, mask: Mask) -> None:
        self.number = 0
        self._mask = mask

    def tell(self, text: str, error: ValueError) -> None:
        """Tell of one, unless there are too many."""
        self.number += 1
        if self.number <= MAX_TOLD:
            print_lines([in_words(text, error)], self._mask, err=True)

    def tell_rest(self) -> None:
        """Tell how many there were beyond those."""
        if (more := self.number - MAX_TOLD) > 0:
            print_lines([f"and {more:,} more that are no URLs"], err=True)


def in_words(text: str, error: ValueError) -> str:
    """Return what is wrong with a text that is no URL."""
    shown = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
    return f"{masked_line(shown)!r}: {error}"


class BetweenBatches:
    """Has a ^C end what reads URLs where a batch has been dealt with, and not within one."""

    def __init__(self) -> None:
        self._came = self._waits = False

    def __enter__(self) -> Self:
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._came = True
        if self._waits:
            raise KeyboardInterrupt

    def wait(self, descriptor: int) -> None:
        """Wait until a descriptor has something, or its end.

        Raises:
            KeyboardInterrupt: a ^C came, now or before.
        """
        self._waits = True
        try:
            self.check()
            _wait([descriptor], [], [])
        finally:
            self._waits = False

    def check(self) -> None:
        """Look for a ^C.

        Raises:
            KeyboardInterrupt: one came.
        """
        if self._came:
            raise KeyboardInterrupt


def given(
    named: Sequence[str], read: Callable[[str], Read], bad: Bad, between: BetweenBatches
) -> Iterator[list[Read]]:
    """Yield what `read` makes of the given URLs, in batches; an empty one before it waits for more.

    Raises:
        KeyboardInterrupt: a ^C came since the last batch.
    """
    for some in _slices(named_ones(named)):
        yield list(_made(some, read, bad))
        between.check()
    if STANDARD_INPUT in named:
        yield from _of_standard_input(read, bad, between)


def named_ones(named: Iterable[str]) -> list[str]:
    """Return the URLs that are arguments themselves."""
    return [one for one in named if one != STANDARD_INPUT]


def _slices(some: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (some[start : start + AT_ONCE] for start in range(0, len(some), AT_ONCE))


def _of_standard_input(
    read: Callable[[str], Read], bad: Bad, between: BetweenBatches
) -> Iterator[list[Read]]:
    for block in cut(_pieces(between)):
        if block is None:
            yield []
        for lines in _slices(block or ()):
            yield list(_made(_texts(lines, bad), read, bad))
            between.check()


def _pieces(between: BetweenBatches) -> Pieces:
    """Yield the bytes of standard input as they come; None before it is waited for."""
    while True:
        if not _wait([_STDIN], [], [], 0)[0]:
            yield None
        between.wait(_STDIN)
        piece = os.read(_STDIN, _PIECE_BYTES)
        if not piece:
            return
        yield piece


def _made(texts: Iterable[str], read: Callable[[str], Read], bad: Bad) -> Iterator[Read]:
    for text in texts:
        try:
            yield read(text)
        except ValueError as error:
            bad.tell(text, error)


def _texts(lines: Iterable[bytes], bad: Bad) -> Iterator[str]:
    for line in lines:
        try:
            yield from (text for text, _ in _PLAIN.parse(line))
        except ValueError as error:
            bad.tell(line[: MAX_SHOWN * 4].decode("utf-8", "replace"), error)
