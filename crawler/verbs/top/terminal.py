"""A terminal that is drawn over and over, and whose keys are heard at once."""

import os
import select
import shutil
import sys
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from crawler.log import printable
from crawler.model import Seconds

_OPEN = "\x1b[?1049h\x1b[?25l"
"""Another screen, without a cursor; what stood there comes back at the end."""
_SHUT = "\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


@contextmanager
def opened() -> Iterator[None]:
    """Take the terminal for a while, and leave it as it was, whatever happens."""
    keyboard = sys.stdin.fileno()
    before = termios.tcgetattr(keyboard)
    try:
        tty.setcbreak(keyboard)
        _write(_OPEN)
        yield
    finally:
        _write(_SHUT)
        termios.tcsetattr(keyboard, termios.TCSADRAIN, before)


def draw(lines: Sequence[str]) -> None:
    """Draw lines from the top; what is longer or wider than the terminal is cut."""
    columns, rows = shutil.get_terminal_size()
    cut = [printable(line)[:columns] for line in lines[:rows]]
    text = f"{_REST_OF_LINE}\n".join(cut)
    _write(f"{_HOME}{text}{_REST_OF_LINE}{_REST_OF_SCREEN}")


def keys(timeout: Seconds) -> str:
    """Return the keys that are pressed within a time, a few at once if they came so; '' if none."""
    ready, _, _ = select.select([sys.stdin], [], [], timeout)
    return os.read(sys.stdin.fileno(), 256).decode(errors="replace") if ready else ""


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
