"""Mutated answers end in the same way however they are cut on their way, and by which way.

The usual answer comes in one piece, head and body, and takes few steps; the same functions read one
that comes byte by byte. What a visit comes to is compared over real sockets: straight, by TLS, by a
proxy, and by TLS through a proxy.
"""

import re
import socket
import time
from contextlib import ExitStack, suppress
from itertools import count
from random import Random

import gevent
import pytest
from gevent.pool import Pool
from gevent.server import StreamServer

from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Task, Trouble
from crawler.store import Files
from crawler.urls import host_of
from tests.parts.fetch.test_fetcher_fuzz import BIG, SEED, SOUND, mutated
from tests.routes import Route, open_route, tls

SHORT = [sound for sound in SOUND if len(sound) < len(BIG) // 2]
"""Sound answers of which every byte can be sent by itself."""
BYTE_BY_BYTE = 400
"""Bytes of an answer that are sent one by one; heads are shorter, but for a few mutants."""
CUTTINGS = ("whole", "halves", "bytes")
TOTAL_S = 20.0
IDS = count(1)
WAYS = ("direct", "TLS", "HTTP proxy", "CONNECT")


def reply(number: int) -> bytes:
    random = Random(SEED + number)
    return mutated(random.choice(SHORT), random)


def pieces(number: int, cutting: str) -> list[bytes]:
    """Return the pieces of a reply: one, two at a place of chance, or its bytes."""
    data = reply(number)
    if cutting == "whole":
        return [data]
    if cutting == "halves":
        at = Random(-number).randrange(len(data) + 1)
        return [data[:at], data[at:]]
    near = min(BYTE_BY_BYTE, len(data))
    return [*(data[at : at + 1] for at in range(near)), data[near:]]


class CutSite:
    """Answers /N/CUTTING with reply N in such pieces, and ends the connection."""

    def __init__(self, route: Route) -> None:
        options = {"ssl_context": route.context} if route.context else {}
        self._server = StreamServer(("127.0.0.1", 0), self._serve, spawn=Pool(1000), **options)

    def __enter__(self) -> "CutSite":
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0.1)

    @property
    def port(self) -> int:
        return self._server.server_port

    def _serve(self, client: socket.socket, _: object) -> None:
        with client, suppress(OSError, ValueError):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found = re.match(rb"GET \S*/(\d+)/(\w+) ", client.recv(65536))
            for piece in pieces(int(found[1]), found[2].decode()):
                client.sendall(piece)
                gevent.sleep(0.0)  # the crawler reads it, before the next one is there
            if hasattr(client, "unwrap"):
                client.unwrap()


class Reader:
    """Fetches replies by one way, and keeps what each comes to."""

    def __init__(self, fetcher: Fetcher, files: Files, name: str, route: Route, port: int) -> None:
        self._fetcher, self._files = fetcher, files
        self._url = f"{route.scheme}://127.0.0.1:{port}/"
        self._job = Job(
            name=name, urls=("http://x/",),
            allow_addresses=("127.0.0.0/8",), timeout=Timeout(total=f"{TOTAL_S:g}s"),
            **route.options,
        )  # fmt: skip
        self.ends: dict[tuple[int, str], object] = {}

    def read(self, number: int, cutting: str) -> None:
        url = f"{self._url}{number}/{cutting}"
        task = Task(next(IDS), self._job.name, url, url, host_of(url), 1, number, 1)
        try:
            until, part = time.monotonic() + TOTAL_S, f"{task.id}.part"
            got = self._fetcher.fetch(task, self._job, part=lambda: part, deadline=until)
            self.ends[number, cutting] = got.status, got.size, got.digest, dict(got.headers)
        except Trouble as trouble:
            self.ends[number, cutting] = trouble.kind, trouble.final
        self._files.discard([f"{task.id}.part"])


def route_of(stack: ExitStack, way: str, folder) -> Route:
    route = stack.enter_context(open_route("direct" if way == "TLS" else way, folder))
    return Route("direct", route.options, tls()[1]) if way == "TLS" else route


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_a_mutant_ends_in_the_same_way_however_it_comes(tmp_path, full_campaign):
    numbers = range(2000 if full_campaign else 60)
    with ExitStack() as stack:
        files = stack.enter_context(Files(tmp_path / "out", durable=False))
        fetcher = stack.enter_context(
            Fetcher(user_agent=lambda _: "t/1", files=files, concurrency=16)
        )
        readers = {}
        for way in WAYS:
            route = route_of(stack, way, tmp_path)
            site = stack.enter_context(CutSite(route))
            readers[way] = Reader(fetcher, files, way.replace(" ", "-"), route, site.port)
        pool = Pool(16)
        for number in numbers:
            for reader in readers.values():
                for cutting in CUTTINGS:
                    pool.spawn(reader.read, number, cutting)
        pool.join(raise_error=True)
        fetcher.hang_up()
    ends = {number: {} for number in numbers}
    for way, reader in readers.items():
        for (number, cutting), end in reader.ends.items():
            ends[number].setdefault(repr(end), []).append(f"{way}, {cutting}")
    assert sum(len(reader.ends) for reader in readers.values()) == len(numbers) * 12
    assert not {number: found for number, found in ends.items() if len(found) > 1}
    stored = sum(end.startswith("(2") for found in ends.values() for end in found)
    assert len(numbers) / 10 < stored < len(numbers), "both kinds of ends are there"
