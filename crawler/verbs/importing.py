"""Imports of a verb, without a look for garbage meanwhile or later."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing() -> Iterator[None]:
    """Switch the garbage collector off, and have it never look at what was made meanwhile.

    What is imported stays. Looks at it take a tenth of a start: while it comes, soon after it, and
    at the end of the process.
    """
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if looks:
            gc.enable()
