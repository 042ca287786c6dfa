"""A PostgreSQL server for a case, in a process of its own: what starts one waits for its children.

python -m tests.bench cluster
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import psycopg

from tests.bench.machine import ROOT

SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


class Server:
    """A server until the end of the block that has it."""

    def __init__(self, url: str, postmaster: int) -> None:
        self._url = url
        self._postmaster = postmaster
        self._databases = 0

    def database(self) -> str:
        """Return the URL of a new database."""
        self._databases += 1
        name = f"bench{self._databases}"
        with psycopg.connect(self._url.replace("DATABASE", "postgres"), autocommit=True) as maker:
            maker.execute(f"CREATE DATABASE {name}")
        return self._url.replace("DATABASE", name)

    def cpu_s(self) -> float:
        """Return the CPU seconds of all its processes, those that have ended as well."""
        main = psutil.Process(self._postmaster)
        ended = main.cpu_times()
        spent = ended.user + ended.system + ended.children_user + ended.children_system
        for one in main.children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # a connection has ended meanwhile
                times = one.cpu_times()
                spent += times.user + times.system
        return spent


@contextmanager
def server() -> Iterator[Server]:
    """Start a server, with the settings of its package but for more buffers."""
    command = [sys.executable, "-m", "tests.bench", "cluster"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdin
        assert process.stdout
        yield Server(**json.loads(process.stdout.readline()))
        process.stdin.close()


def main(_: list[str]) -> None:
    """Be that process, until its input ends."""
    from tests.postgres import Cluster

    with Cluster(durable=True, settings=SETTINGS) as cluster:
        print(
            json.dumps({"url": cluster.url("DATABASE"), "postmaster": cluster.postmaster}),
            flush=True,
        )
        sys.stdin.read()
