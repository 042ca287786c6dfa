"""Two PostgreSQL servers that Patroni keeps, by an etcd: one leads, the other stands by."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from tests.postgres import USER, debian, own_folder, unprivileged
from tests.program import until
from tests.rigs import ending
from tests.servers import free_port

_ROLES = ("superuser", "replication", "rewind")
PATIENCE_S = 90.0
TTL_S = 20
"""How long a leader that is gone still counts as one; Patroni takes no less."""
GUARD = 'cat; for d in "$0"/*/data; do "$@" -D "$d" -m immediate stop; done; rm -rf "$0"'
"""Ends the servers, should the tests be killed: its input ends when they do."""
DYNAMIC = {
    "ttl": TTL_S, "loop_wait": 1, "retry_timeout": 4,
    "synchronous_mode": True,  # else a failover may lose what was committed
    "postgresql": {"use_pg_rewind": True, "parameters": {"fsync": "off", "wal_log_hints": "on"}},
}  # fmt: skip
ACCESS = [
    "local all all trust", "host all all samenet trust",
    "local replication all trust", "host replication all samenet trust",
]  # fmt: skip


class Node:
    """One of the servers."""

    def __init__(self, cluster: "Patroni", name: str) -> None:
        self.name = name
        self.folder = cluster.folder / name
        self.port, self.rest = free_port(), free_port()
        self._cluster = cluster
        self.process: subprocess.Popen[bytes] | None = None
        """Its Patroni, once it was started."""

    def write(self) -> None:
        """Write its configuration into a folder of its own."""
        self.folder.mkdir()
        address = self._cluster.address
        document = {
            "scope": "ledger", "name": self.name,
            "restapi": {"listen": f"127.0.0.1:{self.rest}"},
            "etcd3": {"host": f"127.0.0.1:{self._cluster.etcd}"},
            "bootstrap": {
                "dcs": DYNAMIC,
                "initdb": ["no-sync", {"encoding": "UTF8"}, {"locale": "C.UTF-8"}],
            },
            "postgresql": {
                "listen": f"{address}:{self.port}", "connect_address": f"{address}:{self.port}",
                "data_dir": str(self.folder / "data"), "bin_dir": str(debian()),
                "pgpass": str(self.folder / "pgpass"), "pg_hba": ACCESS,
                "authentication": {name: {"username": USER} for name in _ROLES},
                "parameters": {"unix_socket_directories": str(self.folder)},
            },
        }  # fmt: skip
        (self.folder / "patroni.yml").write_text(yaml.safe_dump(document))
        if os.geteuid() == 0:
            own = self._cluster.folder.stat()
            os.chown(self.folder, own.st_uid, own.st_gid)

    def start(self) -> None:
        """Start its Patroni, which starts the server."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._cluster.command("patroni", str(self.folder / "patroni.yml")),
                stdout=log, stderr=log, cwd="/",
            )  # fmt: skip

    def kill(self) -> None:
        """Kill -9 it, its Patroni first: who would start it again."""
        if self.process:
            self.process.kill()
            self.process.wait()
        self._signal(signal.SIGKILL)

    def crash(self) -> None:
        """End the server without more ado, as `immediate` does; its Patroni starts it again."""
        self._signal(signal.SIGQUIT)

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the server, if it runs: the file of a dead one names anybody's pid."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
            if str(self.folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, number)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement by its socket, wherever its addresses are; nothing if it is not there."""
        url = f"postgresql://{USER}@/postgres?host={self.folder}&port={self.port}&connect_timeout=2"
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                cursor = connection.execute(sql)
                return cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError:
            return []

    def leads(self) -> bool:
        """Tell whether it takes writes."""
        return self.ask("SELECT pg_is_in_recovery()") == [(False,)]


class Patroni:
    """Two servers until the end of the block, of which one is always about to lead.

    Args:
        address: Where both listen, beside their sockets.
        within: The command in whose surroundings all of it runs, such as `nsenter …`.
    """

    def __init__(self, *, address: str = "127.0.0.1", within: Sequence[str] = ()) -> None:
        self.address = address
        self._within = within

    def __enter__(self) -> "Patroni":
        for program in ("patroni", "etcd"):
            _needs(program)
        self.folder = own_folder("patroni-")
        self.etcd = free_port()
        self.nodes = [Node(self, name) for name in ("one", "two")]
        self._guard = subprocess.Popen(
            ["setsid", "-f", "sh", "-c", GUARD, str(self.folder), *unprivileged(),
             str(debian() / "pg_ctl"), "-s"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._guard.wait()  # what it forked stays
        self._etcd = self._start_etcd()
        try:
            for node in self.nodes:
                node.write()
                node.start()
            self.wait_for_leader()
            self.wait_for_standby()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for node in self.nodes:
            node.kill()
            (node.folder / "data" / "postmaster.pid").unlink(
                missing_ok=True
            )  # or the guard obeys it
        self._etcd.kill()
        self._etcd.wait()
        self._guard.stdin.close()
        until(lambda: not self.folder.exists(), "the servers do not go")

    def url(self, database: str = "postgres", **parameters: str) -> str:
        """Return how a client reaches whichever server leads."""
        hosts = ",".join(f"{self.address}:{node.port}" for node in self.nodes)
        more = "".join(f"&{name}={value}" for name, value in parameters.items())
        return f"postgresql://{USER}@{hosts}/{database}?target_session_attrs=read-write{more}"

    def leader(self) -> Node | None:
        """Return the server that takes writes; None while none does."""
        return next((node for node in self.nodes if node.leads()), None)

    def wait_for_leader(self, *, other_than: Node | None = None) -> Node:
        """Wait until one leads, and return it."""

        def found() -> Node | None:
            leader = self.leader()
            return leader if leader is not other_than else None

        return self._until(found, "nobody leads")

    def wait_for_standby(self) -> None:
        """Wait until one stands by of which Patroni knows that it has all: it may follow."""
        ready = {"Role": "Sync Standby", "State": "running"}.items()
        self._until(
            lambda: any(ready <= each.items() for each in self._members()), "nobody stands by"
        )

    def _until(self, found: Callable[[], Any], otherwise: str) -> Any:
        try:
            return until(found, otherwise, patience=PATIENCE_S)
        except AssertionError as error:
            error.add_note(self.log())
            raise

    def _members(self) -> list[dict[str, str]]:
        return json.loads(self.control("list", "-f", "json"))

    def switch_over(self) -> float:
        """Let the other one lead, as an operator does; return how many seconds nobody led."""
        old = self.wait_for_leader()
        (new,) = (node for node in self.nodes if node is not old)
        began = time.monotonic()
        names = ["--leader", old.name, "--candidate", new.name]
        self.control("switchover", *names, "--force", "ledger")
        self.wait_for_leader(other_than=old)
        return time.monotonic() - began

    def fail_over(self) -> float:
        """Kill -9 all of the leader; return how many seconds nobody led. `Node.start` revives."""
        old = self.wait_for_leader()
        began = time.monotonic()
        old.kill()
        self.wait_for_leader(other_than=old)
        return time.monotonic() - began

    def control(self, *arguments: str) -> str:
        """Run patronictl; return what it prints."""
        file = str(self.nodes[0].folder / "patroni.yml")
        done = subprocess.run(
            self.command("patronictl", "-c", file, *arguments),
            capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def command(self, program: str, *arguments: str) -> list[str]:
        """Return the command of a program that ends with the tests."""
        return [*self._within, *ending("TERM"), _needs(program), *arguments]

    def log(self) -> str:
        """Return the ends of what both say."""
        return "\n".join((node.folder / "log").read_text()[-1500:] for node in self.nodes)

    def _start_etcd(self) -> "subprocess.Popen[bytes]":
        clients, peers = f"http://127.0.0.1:{self.etcd}", f"http://127.0.0.1:{free_port()}"
        return subprocess.Popen(
            self.command(
                "etcd", "--data-dir", str(self.folder / "etcd"), "--name", "e", "--unsafe-no-fsync",
                "--listen-client-urls", clients, "--advertise-client-urls", clients,
                "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
                "--initial-cluster", f"e={peers}", "--logger", "zap", "--log-level", "error",
            ),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip


def _needs(program: str) -> str:
    """Return where a program of a campaign is; skip without it, in CI as well."""
    found = next((path for folder in ("/usr/bin", "/usr/sbin")
                  if (path := Path(folder) / program).exists()), None)  # fmt: skip
    if found is None:
        pytest.skip(f"{program} is not installed: apt install patroni etcd-server")
    return str(found)
