"""Signals that come while the program is still being loaded: noted, for the daemon to act on.

The package imports this before all else. The default action of HUP, USR1 and USR2 would end a
process in its first second, and that of TERM would end it without a word.
"""

import os
import signal
import sys
from collections.abc import Sequence

VERBS = frozenset({"run", "fetch", "web"})
"""Verbs that hear signals; to all others they do what they always do."""
HEARD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)

arrived: list[int] = []
"""Numbers of the signals that came, in order; who acts on one takes it out."""
_hears = False
_ignores_hangup = False
_had_terminal = False


def hear() -> None:
    """Note the signals of HEARD from now on; a HUP that is ignored, as by nohup, stays so."""
    global _hears, _ignores_hangup, _had_terminal  # noqa: PLW0603  signals are the process's
    if _hears:
        return
    _hears = True
    _ignores_hangup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    for number in HEARD:
        if number != signal.SIGHUP or not _ignores_hangup:
            signal.signal(number, lambda number, _: arrived.append(number))
    _had_terminal = has_terminal()


def hear_if_running(command: Sequence[str]) -> None:
    """Note signals where the verb of this process is one of VERBS, whatever its other words are."""
    words = enumerate(zip(command[1:3], command[:2], strict=False), start=1)
    at = next((n for n, (word, before) in words if _is_program(word, before)), len(command))
    verbs = (word for word in command[at + 1 :] if not word.startswith("-"))
    if next(verbs, "") in VERBS:
        hear()


def _is_program(word: str, before: str) -> bool:
    is_named = word.rpartition("/")[2].startswith("crawler")
    return is_named and (before == "-m" or not word.startswith("-"))


def ignores_hangup() -> bool:
    """Tell whether HUP was ignored when the process started."""
    return _ignores_hangup


def lost_terminal() -> bool:
    """Tell whether the controlling terminal that the process started with is gone."""
    return _had_terminal and not has_terminal()


def has_terminal() -> bool:
    """Tell whether the process has a controlling terminal."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


hear_if_running(sys.orig_argv)
