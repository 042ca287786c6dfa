"""What installed packages offer to gevent, which it asks for while it patches."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gevent import events

GROUP = "gevent.plugins."
"""How the groups of entry points begin that gevent asks for."""


def offered(folders: Iterable[str]) -> bool:
    """Tell whether a package in some folders offers gevent a plugin.

    The one of gevent itself warns of patches without that of `os`, and is passed over.
    """
    for folder in folders:
        for found in Path(folder).glob("*-info/entry_points.txt"):
            with suppress(OSError):
                says = found.read_text(encoding="utf-8", errors="replace")
                if GROUP in says and not found.parent.name.startswith("gevent-"):
                    return True
    return False


@contextmanager
def asked_for() -> Iterator[None]:
    """Have gevent ask packages for plugins in a block only if one has any; it is not to be shared.

    gevent asks before and after each module that it patches, and Python loads what reads packages,
    and reads all that every package says of itself, each time: half of the time that
    `import crawler` takes.
    """
    asks = events.notify_and_call_entry_points  # type: ignore[attr-defined]
    if not offered(sys.path):
        events.notify_and_call_entry_points = events.notify  # type: ignore[attr-defined]
    try:
        yield
    finally:
        events.notify_and_call_entry_points = asks  # type: ignore[attr-defined]
