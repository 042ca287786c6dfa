"""What installed packages offer to gevent, which it asks for while it patches."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata


@contextmanager
def read_once() -> Iterator[None]:
    """Have the entry points of all packages be read once in a block, which is not to be shared.

    gevent asks for its plugins before and after each module that it patches, and Python reads what
    every package says of itself each time: half of the time that `import crawler` takes.
    """
    asked = metadata.entry_points
    metadata.entry_points = asked().select
    try:
        yield
    finally:
        metadata.entry_points = asked
