"""Kept connections: used again while all is regular, and never a way from one URL into another."""

import contextlib
import gzip
import ssl
import time
from collections.abc import Callable
from functools import partial
from itertools import chain, repeat

import gevent
import pytest
from gevent.event import Event
from gevent.pool import Pool
from gevent.server import StreamServer

from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.store import Files
from crawler.urls import host_of
from tests.parts.rude_talks import CHUNKED, answer, length
from tests.routes import ROUTES, open_route

EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"
WELL = answer(length(4), body=b"well")
ZIPPED = gzip.compress(b"well")
CUT = None
"""Instead of an answer: the server hangs up."""


class KeptSite:
    """A server that keeps its connections and answers each request in turn from a script."""

    def __init__(
        self,
        *script: bytes | Callable | None,
        address: str = "127.0.0.1",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._address = address
        self._context = context
        self._script = chain(script, repeat(WELL))
        self._connections = 0
        self.requests: list[tuple[int, bytes]] = []
        """Number of the connection, and the request as it came."""

    def __enter__(self) -> "KeptSite":
        self._server = StreamServer((self._address, 0), self._serve, spawn=Pool(100))
        self._server.start()
        name = f"[{self._address}]" if ":" in self._address else self._address
        scheme = "https" if self._context else "http"
        self.url = f"{scheme}://{name}:{self._server.server_port}/"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0)

    @property
    def connections(self) -> list[int]:
        return [number for number, _ in self.requests]

    def asked_to_close(self) -> list[bool]:
        return [b"\r\nconnection: close\r\n" in head.lower() for _, head in self.requests]

    def _serve(self, client, _) -> None:
        self._connections += 1
        number = self._connections
        with contextlib.suppress(OSError):  # the crawler has hung up
            if self._context:
                client = self._context.wrap_socket(client, server_side=True)
            with client:
                while request := client.recv(65536):  # a GET of ours is one packet
                    self.requests.append((number, request))
                    reply = next(self._script)
                    if reply is CUT:
                        return
                    reply(client) if callable(reply) else client.sendall(reply)


@pytest.fixture(params=ROUTES)
def route(request, tmp_path_factory):
    with open_route(request.param, tmp_path_factory.mktemp("route")) as route:
        yield route


@pytest.fixture
def kept_site(route):
    """Make a site that the route leads to."""
    return partial(KeptSite, context=route.context)


@pytest.fixture
def fetcher(tmp_path):
    with (
        Files(tmp_path, durable=False) as files,
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher,
    ):
        yield fetcher


@pytest.fixture
def fetch(fetcher, route):
    job = Job(
        name="j", urls=("http://x/",), allow_addresses=("127.0.0.0/8", "::1"),
        timeout=Timeout(connect="500ms", read="500ms", total="1s"), **route.options,
    )  # fmt: skip

    def fetch(url: str):
        task = Task(1, "j", url, url, host_of(url), 1, 1, 1)
        deadline = time.monotonic() + 1
        return fetcher.fetch(task, job, part=lambda: "j.part", deadline=deadline)

    return fetch


def wait_for_bytes(fetcher: Fetcher) -> None:
    """Wait until there is something to read on the idle connection."""
    with gevent.Timeout(2):
        while all(connection.quiet() for connection in fetcher._sessions._idle._all):
            gevent.sleep(0.002)


REGULAR = {
    "a length": WELL,
    "chunks": answer(CHUNKED, body=b"4\r\nwell\r\n0\r\n\r\n"),
    "chunks and trailers": answer(CHUNKED, body=b"4\r\nwell\r\n0\r\nA: b\r\n\r\n"),
    "gzip": answer(
        b"Content-Encoding: gzip", length(gzip.compress(b"x")), body=gzip.compress(b"x")
    ),
    "nothing": answer(length(0)),
    "204": answer(status=b"204 No Content"),
    "304": answer(status=b"304 Not Modified"),
    "404": answer(length(4), body=b"oops", status=b"404 Not Found"),
    "404 without a body": answer(length(0), status=b"404 Not Found"),
    "404 in chunks": answer(CHUNKED, body=b"4\r\noops\r\n0\r\n\r\n", status=b"404 Not Found"),
    "a redirect": answer(length(4), b"Location: /x", body=b"x" * 4, status=b"302 Found"),
    "keep-alive in words": answer(length(4), b"Connection: keep-alive", body=b"well"),
}


@pytest.mark.parametrize("name", REGULAR)
def test_a_connection_is_used_again_while_all_is_regular(name, fetch, kept_site):
    with kept_site(*[REGULAR[name]] * 3) as site:
        for _ in range(4):
            last = fetch(site.url)
    assert last.body == b"well"
    assert site.connections == [1] * 4
    assert not any(site.asked_to_close())


def ends(client) -> None:
    """Close a connection, and TLS before it."""
    if isinstance(client, ssl.SSLSocket):
        client.unwrap()
    client.close()


CLOSED = {
    "an answer without framing": lambda client: (client.sendall(answer(body=b"x")), ends(client)),
    "HTTP/1.0": WELL.replace(b"1.1", b"1.0"),
    "HTTP/1.0 with chunks": answer(
        CHUNKED, b"Connection: keep-alive", body=b"4\r\nwell\r\n0\r\n\r\n"
    ).replace(b"1.1", b"1.0"),
    "Connection: close": answer(length(4), b"Connection: close", body=b"well"),
    "a length and chunks": answer(length(9), CHUNKED, body=b"4\r\nwell\r\n0\r\n\r\n"),
    "103 and then 200": b"HTTP/1.1 103 Early Hints\r\n\r\n" + WELL,
    "100 and then 404": b"HTTP/1.1 100 Continue\r\n\r\n" + answer(length(0), status=b"404 No"),
    "an error page that is long": answer(length(99_999), body=bytes(99_999), status=b"500 Oops"),
}


@pytest.mark.parametrize("name", CLOSED)
def test_a_connection_is_given_up_after_an_answer_out_of_the_ordinary(name, fetch, kept_site):
    with kept_site(CLOSED[name]) as site:
        fetch(site.url)
        assert fetch(site.url).body == b"well"
    assert site.connections == [1, 2]


LEFTOVERS = {
    "after a length": WELL,
    "after chunks": answer(CHUNKED, body=b"4\r\nwell\r\n0\r\n\r\n"),
    "after 204": answer(status=b"204 No Content"),
    "after 204 with a length": answer(length(44), status=b"204 No Content"),
    "after 304": answer(status=b"304 Not Modified"),
    "after 304 with a length": answer(length(44), status=b"304 Not Modified"),
    "after 404": answer(length(4), body=b"oops", status=b"404 Not Found"),
    "after a redirect": answer(length(0), b"Location: /x", status=b"302 Found"),
    "after nothing": answer(length(0)),
}


@pytest.mark.parametrize("name", LEFTOVERS)
def test_bytes_right_after_an_answer_reach_nobody_and_the_host_is_distrusted(
    name, fetch, kept_site
):
    with kept_site(LEFTOVERS[name] + EVIL) as site:
        assert fetch(site.url).body != b"EVIL"
        assert [fetch(site.url).body for _ in range(3)] == [b"well"] * 3
    assert site.connections == [1, 2, 3, 4]
    assert site.asked_to_close() == [False, True, True, True]


@pytest.mark.parametrize("name", LEFTOVERS)
def test_bytes_a_while_after_an_answer_reach_nobody_and_the_host_is_distrusted(
    name, fetch, fetcher, kept_site
):
    sent = Event()

    def talk(client) -> None:
        client.sendall(LEFTOVERS[name])
        gevent.sleep(0.05)
        client.sendall(EVIL)
        sent.set()

    with kept_site(talk) as site:
        fetch(site.url)
        assert sent.wait(2)
        wait_for_bytes(fetcher)
        assert [fetch(site.url).body for _ in range(3)] == [b"well"] * 3
    assert site.connections == [1, 2, 3, 4]
    assert site.asked_to_close()[2:] == [True, True]


def test_the_answer_after_103_is_the_answer_even_when_it_comes_late(fetch, kept_site):
    def talk(client) -> None:
        client.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        gevent.sleep(0.05)
        client.sendall(answer(length(5), body=b"first"))

    with kept_site(talk) as site:
        assert [fetch(site.url).body for _ in range(2)] == [b"first", b"well"]
    assert site.connections == [1, 2]


def test_a_host_without_a_name_is_distrusted_as_well(fetch, kept_site):
    with kept_site(WELL + EVIL, address="::1") as site:
        for _ in range(3):
            assert fetch(site.url).body == b"well"
    assert site.asked_to_close() == [False, True, True]


def test_another_host_is_not_distrusted_with_it(fetch, kept_site):
    with kept_site(WELL + EVIL) as rude, kept_site() as other:
        fetch(rude.url)
        for _ in range(3):
            fetch(other.url)
    assert other.connections == [1] * 3
    assert not any(other.asked_to_close())


def test_a_connection_that_the_server_closed_meanwhile_is_replaced_silently(fetch, kept_site):
    closed = Event()

    def talk(client) -> None:
        client.sendall(WELL)
        client.close()
        closed.set()

    with kept_site(talk, talk) as site:
        for _ in range(2):
            assert fetch(site.url).body == b"well"
            assert closed.wait(2)
            closed.clear()
        assert fetch(site.url).body == b"well"
    assert site.connections == [1, 2, 3]
    assert not any(site.asked_to_close())


def test_a_kept_connection_that_dies_over_the_request_costs_one_silent_retry(fetch, kept_site):
    with kept_site(WELL, CUT) as site:
        assert [fetch(site.url).body for _ in range(2)] == [b"well"] * 2
    assert site.connections == [1, 1, 2]


def test_the_second_failure_is_not_retried(fetch, kept_site):
    with kept_site(WELL, CUT, CUT) as site:
        fetch(site.url)
        with pytest.raises(Trouble) as caught:
            fetch(site.url)
        assert caught.value.kind is Kind.PROTOCOL
        assert fetch(site.url).body == b"well"
    assert site.connections == [1, 1, 2, 3]


def test_a_new_connection_that_dies_over_the_request_is_not_retried(fetch, kept_site):
    with kept_site(CUT) as site:
        with pytest.raises(Trouble) as caught:
            fetch(site.url)
        assert caught.value.kind is Kind.PROTOCOL
    assert site.connections == [1]


def test_an_answer_that_began_is_not_asked_for_twice(fetch, kept_site):
    def talk(client) -> None:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
        client.close()

    with kept_site(WELL, talk) as site:
        fetch(site.url)
        with pytest.raises(Trouble):
            fetch(site.url)
    assert site.connections == [1, 1]
