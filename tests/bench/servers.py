"""The servers of the benchmark on loopback, on a core of their own: nginx, and a slow one."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import certifi
import trustme

from tests.bench.machine import ROOT, SERVER_CORE, on_cores, program
from tests.bench.slowserver import ROBOTS
from tests.servers import free_port

NGINX = """
{user} daemon off; worker_processes 1;
pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 8192; multi_accept on; }}
http {{
  default_type application/octet-stream; types {{ text/plain txt; }}
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  sendfile on; tcp_nopush on;
  keepalive_requests 10000000; keepalive_timeout {keep_alive};
  # only the first request of a connection is logged: when the first of all came is what is asked
  map $connection_requests $first {{ 1 1; default 0; }}
  log_format begun '$msec $request_time'; access_log {folder}/begun.log begun if=$first;
  server {{
    {listen}
    root {root}; {certificate}
  }}
}}
"""
PATIENCE_S = 20.0


class Server(Protocol):
    """What a run asks of a server."""

    scheme: str
    port: int

    def mark(self) -> None:
        """Begin a run."""

    def first_request_at(self) -> float | None:
        """Return the wall time of the first request since the mark."""

    def cpu_s(self) -> float:
        """Return the CPU time that it has taken by now."""


class Nginx:
    """An nginx that runs."""

    def __init__(self, folder: Path, port: int, scheme: str, pid: int) -> None:
        self._pid = pid
        self._log = folder / "begun.log"
        self.port = port
        self.scheme = scheme
        self._offset = 0

    def mark(self) -> None:
        self._offset = self._log.stat().st_size

    def first_request_at(self) -> float | None:
        with self._log.open() as log:
            log.seek(self._offset)
            lines = [line.split() for line in log]
        return min((float(end) - float(took) for end, took in lines), default=None)

    def cpu_s(self) -> float:
        workers = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
        return sum(_cpu_s(int(worker)) for worker in workers)


class Slow:
    """A `slowserver` that runs; options of a run are those of its `reset`."""

    scheme = "http"

    def __init__(self, process: "subprocess.Popen[str]", port: int, **options: float) -> None:
        self._process = process
        self.port = port
        self._options = options

    def mark(self) -> None:
        self._ask({"reset": self._options})

    def first_request_at(self) -> float | None:
        return min((times[0] for times in self.stats()["arrivals"].values()), default=None)

    def cpu_s(self) -> float:
        return _cpu_s(self._process.pid)

    def stats(self) -> dict[str, Any]:
        """Return the arrivals by address, the peak of open connections, and what was held."""
        return self._ask({"stats": {}})

    def _ask(self, words: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def addresses(number: int) -> list[str]:
    """Return so many loopback addresses; the first is the usual one."""
    return ["127.0.0.1", *(f"127.0.{1 + n // 250}.{1 + n % 250}" for n in range(number - 1))]


@contextmanager
def nginx(
    root: Path, folder: Path, *, hosts: int = 1, tls: bool = False, keep_alive: int = 300
) -> Iterator[Nginx]:
    """Run nginx on a folder of files, at so many addresses on one port."""
    where = program("nginx")
    if where is None:
        raise FileNotFoundError("nginx is not installed: apt install nginx-light")
    folder.mkdir(parents=True)
    (root / "robots.txt").write_bytes(ROBOTS)
    port = free_port()
    kind = "ssl backlog=4096" if tls else "backlog=4096"
    conf = folder / "conf"
    conf.write_text(
        NGINX.format(
            folder=folder,
            root=root,
            user="user root;" if os.geteuid() == 0 else "",
            keep_alive=keep_alive,
            listen="\n    ".join(f"listen {place}:{port} {kind};" for place in addresses(hosts)),
            certificate=_certificate(folder) if tls else "",
        )
    )
    command = [where, "-c", str(conf), "-e", f"{folder}/error.log"]
    with on_cores(SERVER_CORE), subprocess.Popen(command) as process:
        try:
            _wait_for(port, process)
            yield Nginx(folder, port, "https" if tls else "http", process.pid)
        finally:
            process.terminate()


@contextmanager
def slow(*, hosts: int = 1, **options: float) -> Iterator[Slow]:
    """Run a slow server at so many addresses on one port."""
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.slowserver", str(port), *addresses(hosts)]
    with (
        on_cores(SERVER_CORE),
        subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process,
    ):
        try:
            assert process.stdout
            assert process.stdout.readline(), "the slow server did not start"
            yield Slow(process, port, **options)
        finally:
            process.terminate()


def bundle(folder: Path) -> Path:
    """Return the usual authorities and ours, in one file: what a client has to load."""
    file = folder / "bundle.pem"
    file.write_bytes(Path(certifi.where()).read_bytes() + (folder / "ca.pem").read_bytes())
    return file


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _certificate(folder: Path) -> str:
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / "leaf.pem"))
    return f"ssl_certificate {folder}/leaf.pem; ssl_certificate_key {folder}/leaf.pem;"


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    raise TimeoutError("a server of the benchmark does not answer")


def urls_of(
    server: Server, names: Sequence[str], *, hosts: int = 1, folder: str = "f"
) -> list[str]:
    """Return a URL for every file, host by host in turn."""
    places = addresses(hosts)
    return [
        f"{server.scheme}://{places[at % hosts]}:{server.port}/{folder}/{name}"
        for at, name in enumerate(names)
    ]
