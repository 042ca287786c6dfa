"""A pgbouncer before a cluster."""

import subprocess
from pathlib import Path

from tests import real
from tests.postgres import USER, Cluster, own_folder
from tests.program import until
from tests.rigs import ending
from tests.servers import free_port

CONFIG = """
[databases]
* = host={socket} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 500
logfile = {folder}/log
pidfile = {folder}/pid
"""


class Pooler:
    """A pgbouncer until the end of the block.

    Args:
        cluster: The server before which it is.
        mode: For how long a client has one of the server's connections: `session`, `transaction`.
        size: Connections to the server.
    """

    def __init__(self, cluster: Cluster, mode: str, *, size: int = 20) -> None:
        self._cluster, self._mode, self._size = cluster, mode, size

    def __enter__(self) -> "Pooler":
        program = real.needs("pgbouncer")
        self._folder = own_folder("pooler-")
        self._port = free_port()
        (self._folder / "users").write_text(f'"{USER}" ""\n')
        (self._folder / "ini").write_text(
            CONFIG.format(
                socket=self._cluster.folder, port=self._cluster.port, listen=self._port,
                folder=self._folder, mode=self._mode, size=self._size,
            )
        )  # fmt: skip
        self._process = subprocess.Popen(
            [*ending("KILL"), program, str(self._folder / "ini")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        until(lambda: real.listens(self._port), "pgbouncer does not answer")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for file in self._folder.iterdir():
            file.unlink()
        Path(self._folder).rmdir()

    def url(self, database: str) -> str:
        """Return how to reach a database through it."""
        return f"postgresql://{USER}@127.0.0.1:{self._port}/{database}?sslmode=disable"
