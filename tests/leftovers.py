"""What a test may leave behind: greenlets, sockets and processes."""

import contextlib
import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import psutil

ENDS_S = 10.0
"""How long processes that several tests share may take to be gone."""
_shared: set[psutil.Process] = set()


@contextlib.contextmanager
def outlasting() -> Iterator[Callable[[], None]]:
    """Yield what says that the children made in the block so far are shared by several tests.

    They, and all that they start, are then nothing that a test leaves behind. They are gone at the
    end of the block.
    """
    before = set(psutil.Process().children())
    shared: set[psutil.Process] = set()

    def share() -> None:
        shared.update(set(psutil.Process().children()) - before)
        _shared.update(shared)

    yield share
    _shared.difference_update(shared)
    _, left = psutil.wait_procs(shared, ENDS_S)
    assert not left, f"left behind: {left}"


def inventory() -> set[str]:
    """Return what there is of each; compare it before and after."""
    greenlets = {
        f"greenlet {thing!r}"
        for thing in gc.get_objects()
        if isinstance(thing, gevent.Greenlet) and thing.started and not thing.dead
    }
    return greenlets | _sockets() | _children()


def _sockets() -> set[str]:
    """Return this process's sockets; psutil would read every connection of the machine for that."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the folder itself was open, too
            target = str(descriptor.readlink())
            if target.startswith("socket:"):
                found.add(f"descriptor {descriptor.name}, {target}")
    return found


def _children() -> set[str]:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:  # so there is no need to look through every process of the machine
        return set()
    shared = {one.pid for one in _shared}
    found = set()
    for child in psutil.Process().children(recursive=True):  # parents before their children
        with contextlib.suppress(psutil.NoSuchProcess):
            kind = shared if child.pid in shared or child.ppid() in shared else found
            kind.add(child.pid)
    return {f"process {pid}" for pid in found}
