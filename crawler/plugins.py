"""What installed packages offer to gevent and to pydantic, which ask for it at every start."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gevent import events

GEVENT = "[gevent.plugins."
"""How the groups of entry points begin that gevent asks for."""
PYDANTIC = "[pydantic]"
"""The group that pydantic asks for."""


def offered(folders: Iterable[str]) -> frozenset[str]:
    """Return those of GEVENT and PYDANTIC for which a package in some folders has a plugin.

    The one of gevent itself warns of patches without that of `os`, and is passed over.
    """
    found = set()
    for folder in folders:
        for file in Path(folder).glob("*-info/entry_points.txt"):
            with suppress(OSError):
                says = file.read_text(encoding="utf-8", errors="replace")
                if GEVENT in says and not file.parent.name.startswith("gevent-"):
                    found.add(GEVENT)
                if PYDANTIC in says:
                    found.add(PYDANTIC)
    return frozenset(found)


FOUND = offered(sys.path)
"""What the packages of this process offer."""


@contextmanager
def asked_for() -> Iterator[None]:
    """Have gevent ask packages for plugins in a block only if one has any; it is not to be shared.

    gevent asks before and after each module that it patches, and Python loads what reads packages,
    and reads all that every package says of itself, each time: half of the time that
    `import crawler` takes.
    """
    asks = events.notify_and_call_entry_points  # type: ignore[attr-defined]
    if GEVENT not in FOUND:
        events.notify_and_call_entry_points = events.notify  # type: ignore[attr-defined]
    try:
        yield
    finally:
        events.notify_and_call_entry_points = asks  # type: ignore[attr-defined]


def pass_over_pydantic() -> None:
    """Have pydantic ask packages for plugins only if one has any: it reads what every package says.

    It takes a fiftieth of a start.
    """
    if PYDANTIC not in FOUND:
        from pydantic.plugin import _loader  # noqa: PLC0415  verbs that ask load no pydantic

        _loader._plugins = {}  # noqa: SLF001  the memory of what was found; there is no other way
