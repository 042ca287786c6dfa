"""A SOCKS proxy is used where a job names one; needs the `socks` extra."""

import socket
import struct
import time

import gevent
from gevent.server import StreamServer

from crawler.config import Job
from crawler.fetch.fetcher import Fetcher
from crawler.model import Task
from crawler.store import Files
from tests.servers import Site

LOGIN = (b"user", b"secret")


class SocksServer:
    """SOCKS5 with a user and a password (RFC 1928, RFC 1929), for one kind of request: CONNECT."""

    def __enter__(self) -> "SocksServer":
        self.asked: list[tuple[bytes, int]] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self._server = StreamServer(("127.0.0.1", 0), self._handle)
        self._server.start()
        self.port = self._server.server_port
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0.1)

    def _handle(self, client: socket.socket, _: object) -> None:
        with client:
            client.recv(2 + 255)
            client.sendall(b"\x05\x02")
            login = client.recv(513)
            user = login[2 : 2 + login[1]]
            self.logins.append((user, login[3 + len(user) :]))
            client.sendall(b"\x01\x00")
            head = client.recv(262)
            name = head[5 : 5 + head[4]] if head[3] == 3 else socket.inet_ntoa(head[4:8]).encode()
            (port,) = struct.unpack(">H", head[-2:])
            self.asked.append((name, port))
            with socket.create_connection((name, port)) as server:
                client.sendall(b"\x05\x00\x00\x01" + bytes(6))
                pumps = [gevent.spawn(pump, client, server), gevent.spawn(pump, server, client)]
                gevent.joinall(pumps, count=1)
                gevent.killall(pumps)


def pump(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(65536):
        target.sendall(data)


def test_a_socks_proxy_is_asked_with_its_credentials(tmp_path):
    with (
        Site(lambda path: path.encode()) as site,
        SocksServer() as proxy,
        Files(tmp_path, durable=False) as files,
        Fetcher(user_agent=lambda _: "a", files=files, concurrency=1) as fetcher,
    ):
        user, password = (word.decode() for word in LOGIN)
        job = Job(
            name="j",
            urls=(f"{site.url}/",),
            proxy=f"socks5h://{user}:{password}@127.0.0.1:{proxy.port}",
        )
        url = f"{site.url}/through"
        task = Task(1, "j", url, url, f"127.0.0.1:{site.port}", 1, 1, 1)
        fetched = fetcher.fetch(task, job, part=lambda: "p", deadline=time.monotonic() + 5)
    assert fetched.body == b"/through"
    assert proxy.logins == [LOGIN]
    assert proxy.asked == [(b"127.0.0.1", site.port)]
