"""A ledger on a PostgreSQL server beside one in a file: what each costs the client and the server.

Each run has a database of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.cluster import Server, server
from tests.bench.ours import daemon
from tests.bench.payload import made_bodies
from tests.bench.runs import Run
from tests.bench.scene import Case, Contender, Medians, Scene, Setting, Target, ratio
from tests.bench.servers import slow, urls_of
from tests.bench.speed import hosts_scene, read_lag, small_scene

LATE_S = 0.1
WAITING = 2000
"""Visits that wait for the network at once, over all processes."""


class _Running:
    """The server of a scene, and the CPU that it had used when a run began."""

    server: Server
    began_s: float = 0.0


_running = _Running()


def on_server(processes: int, name: str, title: str) -> Contender:
    """Return the daemon with its ledger on the server."""

    def commands(scene: Scene, folder: Path) -> list[Any]:
        url = _running.server.database()
        found = daemon(processes=processes, state=url).commands(scene, folder)
        _running.began_s = _running.server.cpu_s()
        return list(found)

    return Contender(name, title, commands, processes=processes, ours=True)


def _served(opened: Any) -> Any:
    """Return a scene with a server."""

    @contextmanager
    def scene(setting: Setting) -> Iterator[Scene]:
        with server() as _running.server, opened(setting) as found:
            yield found

    return scene


@contextmanager
def _late_scene(setting: Setting) -> Iterator[Scene]:
    """Serve everything 0.1 s late; every process holds its part of the visits at once."""
    names = [f"{count:06d}" for count in range(setting.size(40_000, 200))]
    with slow(delay=LATE_S, hosts=setting.size(200, 4)) as server:
        yield Scene(
            server,
            urls_of(server, names, hosts=setting.size(200, 4)),
            made_bodies("f", names),
            setting.work,
            at_once=setting.size(WAITING, 40) // 4,
            size=1024,
            job={"per_host": 100},
        )


def _read(scene: Scene, folder: Path, run: Run) -> None:
    """Read the CPU that the database used, for each file, and the hub's lag."""
    read_lag(scene, folder, run)
    if folder.name.endswith("-server"):
        run.extra["database_us"] = (_running.server.cpu_s() - _running.began_s) / run.files * 1e6
    run.extra["client_us"] = run.cpu_s / run.files * 1e6


def _client(medians: Medians) -> float | None:
    here, there = (medians.get(name, "client_us") for name in ("daemon", "server"))
    return there / here if here and there else None


def _database(medians: Medians) -> float | None:
    return medians.get("server", "database_us")


_TARGETS = (
    Target("CPU of the client, on a server against in a file", _client, at_most=1.15),
    Target("CPU of the server for a file", _database, at_most=80, unit="µs"),
)
_ONE = (daemon(), on_server(1, "server", "crawler run, its ledger on a server"))
_FOUR = (
    daemon("daemon", "crawler run, four processes", processes=4),
    on_server(4, "server", "crawler run, four processes, their ledger on a server"),
)

CASES = {
    "server": [
        Case("server-small", "Small files of one host, the ledger in a file and on a server",
             _served(small_scene), _ONE, targets=_TARGETS, read=_read),
        Case("server-hosts", "Small files of 500 hosts, the ledger in a file and on a server",
             _served(hosts_scene), _ONE, targets=_TARGETS, read=_read),
        Case("server-wait", "Answers that take 100 ms, 2,000 visits at once in four processes",
             _served(_late_scene), _FOUR, read=_read,
             targets=[Target("on a server against in a file", ratio("server", "daemon"),
                             at_least=1.0)]),
    ],
}  # fmt: skip
