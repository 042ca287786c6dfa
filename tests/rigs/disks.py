"""Small disks of a server, which can be filled."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests import postgres, real
from tests.postgres import Cluster


@contextlib.contextmanager
def server_disk(size: str = "60m") -> Iterator[Path]:
    """Mount a small disk that is the servers' user's, until the end of the block."""
    real.needs_root("mount a disk")
    folder = postgres.own_folder("disk-")
    try:
        with real.small_disk(folder / "small", size) as disk:
            os.chown(disk, postgres.NOBODY, postgres.NOBODY)
            yield disk
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def small_database(cluster: Cluster, disk: Path) -> Iterator[str]:
    """Make a database whose rows lie on a disk; return its name."""
    cluster.psql(f"CREATE TABLESPACE small LOCATION '{disk}'")
    name = cluster.create()
    cluster.psql(f"ALTER DATABASE {name} SET TABLESPACE small")
    try:
        yield name
    finally:
        cluster.drop(name)
        cluster.psql("DROP TABLESPACE small")


def fill(disk: Path) -> Path:
    """Leave no room on a disk; return the file that takes it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(65536))
    return ballast


def move(folder: Path, to: Path) -> None:
    """Move a folder of a server to a disk, and leave a link to it."""
    subprocess.run(["cp", "-a", folder, to], check=True)
    shutil.rmtree(folder)
    folder.symlink_to(to)
