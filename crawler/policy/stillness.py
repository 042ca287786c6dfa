"""When a file that somebody may still be writing can be taken for whole."""

from crawler.model import Seconds

STILL_S: Seconds = 2.0
"""Time without a write after which a file that looks whole is taken."""
UNENDED_S: Seconds = 30.0
"""Time without a write after which a file is taken whatever it looks like."""
_UNFINISHED = ("~", ".tmp", ".part", ".swp")


def wait_for(still: Seconds, *, whole: bool) -> Seconds:
    """Return how long to wait before a file can be taken; 0 for now.

    `still` is the time since the last write; it is `whole` if it ends as its format ends, and
    nobody has it open for writing.
    """
    if still < STILL_S:
        return STILL_S - still
    return 0.0 if whole else max(0.0, UNENDED_S - still)


def is_unfinished(name: str) -> bool:
    """Tell whether a file's name says that it is hidden, temporary or a copy of an editor."""
    return name.startswith(".") or name.endswith(_UNFINISHED)
