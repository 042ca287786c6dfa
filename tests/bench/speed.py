"""Cases of speed: many small files on one host and on many, TLS, and a few big files."""

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.bench import lag
from tests.bench.machine import CORES
from tests.bench.ours import DAEMON, FETCH, LAGS, TWO
from tests.bench.payload import make_files
from tests.bench.peers import peers
from tests.bench.runs import Run
from tests.bench.scene import (
    Case,
    Medians,
    Scene,
    Setting,
    Target,
    cheaper,
    cpu_above,
    dearer,
    faster,
    plain,
)
from tests.bench.servers import bundle, nginx, urls_of

SMALL = 10_000
"""Bytes of a small file."""
HOSTS = 500


@contextmanager
def small_scene(setting: Setting, full: int = 20_000, quick: int = 300) -> Iterator[Scene]:
    """Serve small files on one host, connections kept alive."""
    root = setting.memory / "root"
    wanted = make_files(root / "f", setting.size(full, quick), SMALL)
    with nginx(root, setting.memory / "nginx") as server:
        yield Scene(
            server,
            urls_of(server, list(wanted)),
            wanted,
            setting.work,
            size=SMALL,
            job={"per_host": 64},
        )


@contextmanager
def hosts_scene(setting: Setting) -> Iterator[Scene]:
    root = setting.memory / "root"
    wanted = make_files(root / "f", setting.size(20_000, 300), SMALL)
    hosts = setting.size(HOSTS, 50)
    with nginx(root, setting.memory / "nginx", hosts=hosts) as server:
        yield Scene(
            server,
            urls_of(server, list(wanted), hosts=hosts),
            wanted,
            setting.work,
            size=SMALL,
            job={"per_host": 4},
        )


@contextmanager
def _tls_scene(setting: Setting, *, full: int, quick: int, keep_alive: int) -> Iterator[Scene]:
    root, folder = setting.memory / "root", setting.memory / "nginx"
    wanted = make_files(root / "f", setting.size(full, quick), SMALL)
    with nginx(root, folder, tls=True, keep_alive=keep_alive) as server:
        yield Scene(
            server,
            urls_of(server, list(wanted)),
            wanted,
            setting.work,
            size=SMALL,
            job={"per_host": 64},
            bundle=bundle(folder),
        )


def _tls_new(setting: Setting) -> AbstractContextManager[Scene]:
    return _tls_scene(setting, full=1000, quick=60, keep_alive=0)


def _tls_keep(setting: Setting) -> AbstractContextManager[Scene]:
    return _tls_scene(setting, full=10_000, quick=200, keep_alive=300)


@contextmanager
def _big_scene(setting: Setting) -> Iterator[Scene]:
    root = setting.memory / "root"
    size = setting.size(500_000_000, 5_000_000)
    wanted = make_files(root / "f", 5, size)
    warm = setting.work / "warm"  # memory that a virtual machine has never touched costs the first
    make_files(warm, 5, size)
    shutil.rmtree(warm)
    with nginx(root, setting.memory / "nginx") as server:
        yield Scene(
            server,
            urls_of(server, list(wanted)),
            wanted,
            setting.work,
            at_once=5,
            size=size,
            job={"per_host": 5, "max_size": "2GiB"},
        )


def read_lag(_: Scene, folder: Path, run: Run) -> None:
    """Read the hub's lag over the whole run."""
    found = lag.percentiles(lag.read(folder.glob(LAGS)))
    run.extra |= {f"lag_{key}": value for key, value in found.items()}


def _ceiling(medians: Medians) -> float | None:
    """Return how many times as fast two processes could be: nginx takes a part of their cores."""
    alone, server = medians.get("daemon", "work_s"), medians.get("daemon", "server_cpu_s")
    return len(CORES) * alone / (alone + server) if alone and server else None


def _megabytes(scene: Scene) -> float:
    return len(scene.urls) * scene.size / 1e6


CASES = {
    "small": [
        Case(
            "small",
            "Small files of one host, keep-alive",
            small_scene,
            [DAEMON, FETCH, *peers("scrapy", "aiohttp", "safely", "httpx", "naive", "session"),
             *peers("threads", "curl", "wget2", "aria2c", "wget")],
            targets=[
                faster("crawler run against Scrapy", "daemon", "scrapy", 5),
                faster("crawler run against gevent + requests.get", "daemon", "naive", 2),
                faster("crawler run against the aiohttp script", "daemon", "aiohttp", 0.5),
                Target("CPU a file, whole process", plain("daemon", "unit_cpu_s", 1e6),
                       at_most=165, unit="µs"),
                dearer("CPU, against the aiohttp script", "daemon", "aiohttp", 1.1),
                dearer("CPU, against aiohttp, written safely", "daemon", "safely"),
                cheaper("CPU, against Scrapy", "daemon", "scrapy", 9),
                cheaper("CPU, against gevent + one Session", "daemon", "session", 3.3),
                Target("hub lag, p99", plain("daemon", "lag_p99"), at_most=5, unit="ms"),
            ],
            read=read_lag,
        )
    ],
    "hosts": [
        Case(
            "hosts",
            "Small files of 500 hosts",
            hosts_scene,
            [DAEMON, TWO, FETCH, *peers("scrapy", "aiohttp", "safely", "httpx"),
             *peers("session", "curl")],
            targets=[
                faster("two processes against one", "two", "daemon", 1.6),
                faster("two processes against the aiohttp script", "two", "aiohttp", 1),
                Target("the most that these cores allow two processes, beside nginx", _ceiling),
                dearer("CPU, against aiohttp, written safely", "daemon", "safely"),
                Target("hub lag, p99", plain("daemon", "lag_p99"), at_most=5, unit="ms"),
            ],
            read=read_lag,
        )
    ],
    "tls": [
        Case(
            "tls-new",
            "TLS, a new connection for every file; all load certifi's bundle and one CA more",
            _tls_new,
            [DAEMON, *peers("aiohttp", "naive", "curl")],
            targets=[
                faster("crawler run against gevent + requests.get", "daemon", "naive", 5),
                Target("hub lag, p99", plain("daemon", "lag_p99"), at_most=15, unit="ms"),
            ],
            read=read_lag,
        ),
        Case(
            "tls-keep",
            "TLS, keep-alive; all load certifi's bundle and one CA more",
            _tls_keep,
            [DAEMON, *peers("aiohttp", "safely", "httpx", "session", "curl")],
            read=read_lag,
        ),
    ],
    "big": [
        Case(
            "big",
            "5 files of 500 MB at once",
            _big_scene,
            [DAEMON, FETCH, *peers("bare", "aiohttp", "curl", "wget2", "aria2c")],
            unit="MB/s",
            targets=[
                faster("crawler run against curl -Z", "daemon", "curl", 0.8),
                Target("CPU above a bare loop of recv, SHA-256 and write",
                       cpu_above("daemon", "bare", scale=1000), at_most=0.6, unit="s/GB"),
                Target("peak RSS", plain("daemon", "peak_mb"), at_most=120, unit="MB"),
                Target("hub lag, p99", plain("daemon", "lag_p99"), at_most=10, unit="ms"),
            ],
            read=read_lag,
            amount=_megabytes,
            rehearsed=True,
        )
    ],
}  # fmt: skip
