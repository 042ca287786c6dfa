"""What a test may leave behind: greenlets, sockets and processes."""

import contextlib
import gc
import os
from pathlib import Path

import gevent
import psutil


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
    return {f"process {child.pid}" for child in psutil.Process().children(recursive=True)}
