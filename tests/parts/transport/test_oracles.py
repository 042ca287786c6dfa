"""Mutated answers, read by ours, by h11 and by httptools: where two accept one, they read the same.

Where the oracles differ with each other it is about what they accept: DISPUTED says on which side
ours is.
"""

import time
from collections import Counter
from random import Random

import h11
import httptools
import pytest

from crawler.config import Timeout
from crawler.model import Trouble
from crawler.transport.body_framing import body_of
from crawler.transport.connection import Connection
from crawler.transport.visit_timer import VisitTimer
from tests.parts.fetch.test_fetcher_fuzz import SOUND, chunked, framed, mutated
from tests.parts.rude_talks import CHUNKED, answer, length
from tests.parts.transport.test_connection_in_pieces import SENT, Wire

SEED = 9112
SHORT, LONG = 2_000, 40_000
SMALL = [data for data in SOUND if len(data) < 10_000] + [
    *SENT.values(),
    framed(b"flag" * 3),
    chunked(b"flag" * 5, 3),
    answer(CHUNKED, length(4), body=b"4\r\nflag\r\n0\r\n\r\n"),
    answer(b"Transfer-Encoding: identity", length(4), body=b"flag"),
    answer(CHUNKED, body=b"4\r\nflag\r\n0\r\nA: b\r\nC: d\r\n\r\n"),
    answer(CHUNKED, body=b'4;a="b c"\r\nflag\r\n0\r\n\r\n'),
    answer(CHUNKED, body=b"4\r\nflag\r\n0\r\n\r\n").replace(b"1.1", b"1.0"),
    answer(CHUNKED, body=b"0" * 16 + b"4\r\nflag\r\n0\r\n\r\n"),
    answer(length(4), b"Connection: close", body=b"flag", status=b"500 Oops"),
    answer(length(4), body=b"flag", status=b"205 Reset"),
    answer(CHUNKED, body=b"0\r\n\r\n", status=b"304 Not Modified"),
]  # fmt: skip
INTERIM = [b"", b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\n"]
LINES = [
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 404 No\r\n", b"HTTP/1.0 200 OK\r\n",
    b"HTTP/1.1 204 No\r\n", b"HTTP/1.1 304 No\r\n", b"HTTP/1.1 205 Reset\r\n",
    b"HTTP/1.1 206 Part\r\n", b"HTTP/1.1 200\r\n", b"HTTP/1.1 200 \r\n", b"HTTP/1.2 200 OK\r\n",
    b"HTTP/1.1  200 OK\r\n", b"HTTP/1.1 500 \xc3\xa9\r\n", b"HTTP/1.1 200 OK\n",
]  # fmt: skip
FIELDS = [
    b"Content-Length: 4\r\n", b"Content-Length: 4\r\n", b"Content-Length: 12\r\n",
    b"Content-Length: 0\r\n", b"Content-Length: 4, 4\r\n", b"Content-Length: 04\r\n",
    b"Content-Length:\r\n 4\r\n", b"content-length:\t4\t\r\n", b"Content-Length: 4 \r\n",
    b"Content-Length: 4\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: Chunked\r\n", b"Transfer-Encoding: chunked, chunked\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n", b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding: chunked;a\r\n", b"Transfer-Encoding:\r\n\tchunked\r\n",
    b"Transfer-Encoding: \x0bchunked\r\n", b"Connection: close\r\n", b"Connection: keep-alive\r\n",
    b"Connection: upgrade\r\n", b"Upgrade: h2c\r\n", b"A: b\r\n", b"A: b\r\n c\r\n", b"A:\r\n",
    b"A: \xff\r\n", b"A : b\r\n", b"Trailer: A\r\n", b"Content-Encoding: gzip\r\n",
]  # fmt: skip
BODIES = [
    b"flag", b"flag", b"4\r\nflag\r\n", b"4\r\nflag\r\n", b"0\r\n\r\n", b"0\r\n\r\n",
    b"0\r\nA: b\r\n\r\n", b"c\r\nflagflagflag\r\n", b"4;a=b\r\nflag\r\n", b"4 \r\nflag\r\n",
    b'4;a="b"\r\nflag\r\n', b"04\r\nflag\r\n", b"4\nflag\n", b"0\r\n", b"00\r\n\r\n", b"x",
    b"4\r\nflag", b"\r\n", b"",
]  # fmt: skip
DISPUTED = {
    "a length and chunks": (
        "ours h11", answer(CHUNKED, length(3), body=b"4\r\nflag\r\n0\r\n\r\n")),
    "two lengths that agree": ("ours h11", answer(length(4), length(4), body=b"flag")),
    "a list of lengths": ("h11", answer(b"Content-Length: 4, 4", body=b"flag")),
    "a folded length": ("ours h11", answer(b"Content-Length:\r\n 4", body=b"flag")),
    "a control character": ("ours h11", answer(b"A: \x01", length(4), body=b"flag")),
    "lines with LF": ("ours h11", answer(length(4), body=b"flag").replace(b"\r\n", b"\n")),
    "an empty line first": ("httptools", b"\r\n" + answer(length(4), body=b"flag")),
    "HTTP/1.2": ("ours h11", answer(length(4), body=b"flag").replace(b"1.1", b"1.2")),
    "HTTP/2.0": ("h11 httptools", answer(length(4), body=b"flag").replace(b"1.1", b"2.0")),
    "gzip as a transfer coding": (
        "httptools", answer(b"Transfer-Encoding: gzip, chunked", body=b"4\r\nflag\r\n0\r\n\r\n")),
    "chunked twice": ("httptools", answer(CHUNKED, CHUNKED, body=b"4\r\nflag\r\n0\r\n\r\n")),
    "a bare CR in a chunk extension": (
        "h11", answer(CHUNKED, body=b"4;a\rb\r\nflag\r\n0\r\n\r\n")),
    "no empty line after the last chunk": ("ours", answer(CHUNKED, body=b"4\r\nflag\r\n0\r\n")),
}  # fmt: skip
"""Who accepts an answer on which the three do not agree."""
Read = tuple[int, bytes] | None
"""Status and body, undecoded; None where the answer was refused or torn."""


def ours(data: bytes) -> Read:
    timer = VisitTimer(time.monotonic() + 60, Timeout())
    connection = Connection(Wire([data]), (None, "x:80", False), timer)
    try:
        head = connection.ask(b"GET / HTTP/1.1\r\n\r\n")
        body = body_of(head, connection)
        return head.status, b"".join(iter(body.read_some, b""))
    except (Trouble, ConnectionResetError):
        return None


def by_h11(data: bytes) -> Read:
    connection = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=262_144)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    status, body = 0, b""
    try:
        connection.receive_data(data)
        connection.receive_data(b"")
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return status, body
            elif not isinstance(event, h11.InformationalResponse):
                return None  # it ended, or became something else than HTTP
    except h11.RemoteProtocolError:
        return None


class Listener:
    """What httptools tells of the first final answer."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.status = 0
        self.body = b""
        self.until_the_end = True
        self.ended = False

    def on_message_begin(self) -> None:
        if not self.ended:
            self.status, self.body, self.until_the_end = 0, b"", True

    def on_header(self, name: bytes, _: bytes) -> None:
        if not self.ended and name.lower() in {b"content-length", b"transfer-encoding"}:
            self.until_the_end = False

    def on_headers_complete(self) -> None:
        if not self.ended:
            self.status = self.parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        if not self.ended:
            self.body += body

    def on_message_complete(self) -> None:
        self.ended = self.ended or self.status >= 200


def by_httptools(data: bytes) -> Read:
    listener = Listener()
    try:
        listener.parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        return None
    except httptools.HttpParserError:
        if not listener.ended:  # else it was about what follows the answer
            return None
    if listener.ended or (listener.status >= 200 and listener.until_the_end):
        return listener.status, listener.body
    return None


def composed(random: Random) -> bytes:
    """Put an answer together of lines that mostly are right, each alone."""
    interim = random.choice(INTERIM) * random.randrange(3)
    fields = random.choices(FIELDS, k=random.randrange(1, 4))
    body = b"".join(random.choices(BODIES, k=random.randrange(1, 4)))
    return b"".join((interim, random.choice(LINES), *fields, b"\r\n", body))


def answers(number: int) -> bytes:
    random = Random(SEED * 1_000_003 + number)
    if number % 2:
        return mutated(random.choice(SMALL), random)
    data = composed(random)
    return mutated(data, random) if random.random() < 0.5 else data


READERS = {"ours": ours, "h11": by_h11, "httptools": by_httptools}


@pytest.mark.parametrize("name", DISPUTED)
def test_where_the_readers_are_not_agreed_ours_is_on_the_known_side(name):
    accepting, data = DISPUTED[name]
    read = {reader: took for reader, function in READERS.items() if (took := function(data))}
    assert " ".join(read) == accepting
    assert set(read.values()) == {(200, b"flag")}


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_ours_and_an_oracle_that_accept_an_answer_read_the_same(full_campaign):
    counts: Counter[str] = Counter()
    start = time.monotonic()
    for number in range(LONG if full_campaign else SHORT):
        data = answers(number)
        read = {name: took for name, function in READERS.items() if (took := function(data))}
        assert len(set(read.values())) <= 1, (data, read)
        counts[" ".join(read) or "none"] += 1
    took = time.monotonic() - start
    print(f"\n{number + 1} answers in {took:.1f} s, by who accepts: {dict(counts.most_common())}")
    assert counts["ours h11 httptools"] > number / 10, "these are what can differ at all"
