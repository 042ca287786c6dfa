"""However the bytes of an answer are cut on their way, a visit ends in the same way."""

import time
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from crawler.config import Timeout
from crawler.model import Kind, Trouble
from crawler.transport.body_framing import MAX_TRAILERS, body_of
from crawler.transport.connection import Connection
from crawler.transport.response_head import MAX_FIELDS, MAX_LINE_BYTES, head_of
from crawler.transport.visit_timer import VisitTimer
from tests import FULL
from tests.parts.rude_talks import CHUNKED, WHOLE, answer, length

HUNDRED = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST = b"0\r\n\r\n"


class Wire:
    """A socket whose other end has sent some pieces and hung up."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece][::-1]

    def fileno(self) -> int:
        return 0

    def send(self, data: bytes) -> int:
        return len(data)

    def recv(self, size: int) -> bytes:
        if not self._pieces:
            return b""
        piece = self._pieces.pop()
        if len(piece) > size:
            self._pieces.append(piece[size:])
        return piece[:size]

    def close(self) -> None:
        pass


def read(pieces: list[bytes]) -> tuple:
    """Return all that is seen of an answer, or the kind of trouble that it is."""
    timer = VisitTimer(time.monotonic() + 60, Timeout())
    connection = Connection(Wire(pieces), (None, "x:80", False), timer)
    try:
        head = connection.ask(b"GET / HTTP/1.1\r\n\r\n")
        body = body_of(head, connection)
        content = b"".join(iter(body.read_some, b""))
    except Trouble as trouble:
        return (trouble.kind,)
    except ConnectionResetError as error:
        return (type(error),)
    while more := connection.receive():  # bytes that nobody asked for may be still on their way
        connection.buffered += more
    fields = [(name, head.headers.getlist(name)) for name in head.headers]
    return head.status, head.keeps, fields, content, body.whole, connection.buffered


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    return [data[a:b] for a, b in pairwise([0, *sorted(cuts), len(data)])]


SENT = {
    "a length": answer(length(4), body=b"flag"),
    "no length": answer(body=b"flag"),
    "lines with LF": answer(length(4), b"A: b", body=b"flag").replace(b"\r\n", b"\n"),
    "lines with both": b"HTTP/1.1 200 OK\nContent-Length: 4\r\nA: b\n\r\nflag",
    "a folded line": answer(b"A: b\r\n c\r\n\td", length(4), body=b"flag"),
    "lines of one name": answer(b"A: b", b"a: c", b"A:", length(4), body=b"flag"),
    "white space around values": answer(b"A: \t b \t", b"Content-Length:4 ", body=b"flag"),
    "no reason": answer(length(4), body=b"flag", status=b"200"),
    "more than was asked for": answer(length(2), body=b"flag"),
    "interim answers": HUNDRED * 3 + answer(length(4), body=b"flag"),
    "interim answers only": HUNDRED * 3,
    "too many interim answers": HUNDRED * 22,
    "chunks": answer(CHUNKED, body=b"3\r\nfla\r\n1 ;a=b\r\ng\r\n0;x\r\nA: b\r\n\r\n"),
    "chunks and more": answer(CHUNKED, body=b"4\r\nflag\r\n" + LAST + b"EVIL"),
    "chunks and half a trailer": answer(CHUNKED, body=b"4\r\nflag\r\n0\r\nA: b\r\nB"),
    "no empty line after the last chunk": answer(CHUNKED, body=b"4\r\nflag\r\n0\r\n"),
    "chunks that end with LF": answer(CHUNKED, body=b"4\nflag\n0\n\n"),
    "a chunk that is longer than its size": answer(CHUNKED, body=b"4\r\nflags\r\n" + LAST),
    "a good chunk and a bad one": answer(CHUNKED, body=b"4\r\nflag\r\nzz\r\nflag\r\n"),
    "a chunk that is cut": answer(CHUNKED, body=b"4\r\nfl"),
    "a size that is cut": answer(CHUNKED, body=b"4\r\nflag\r\n0"),
    "a chunk and a NUL": answer(CHUNKED, body=b"4\r\nflag\r\n\0"),
    "a length that is cut": answer(length(9), body=b"flag"),
    "204 and a body": answer(length(4), body=b"flag", status=b"204 No Content"),
    "a bare CR": answer(b"A: b\rc", length(4), body=b"flag"),
    "a NUL": answer(b"A: b\0c", length(4), body=b"flag"),
    "no colon": answer(b"oops", length(4), body=b"flag"),
    "a fold at once": answer(b" oops", length(4), body=b"flag"),
    "a space before the colon": answer(b"Content-Length : 4", body=b"flag"),
    "two lengths": answer(length(4), length(5), body=b"flag"),
    "a length of another alphabet": answer("Content-Length: \u0664".encode(), body=b"flag"),
    "HTTP/1.0": b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nflag",
    "HTTP/1.0, kept": b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n",
    "HTTP/0.9": b"HTTP/0.9 200 OK\r\n\r\n",
    "an empty line first": b"\r\n" + answer(length(4), body=b"flag"),
    "nothing": b"",
    "half a status": b"HTTP/1.1 20",
    "a status that is long": b"HTTP/1.1 2000 OK\r\n\r\n",
    "no status": answer(length(0), status=b"OK"),
}
"""Answers, most of them rude, that are cut in every place."""


@pytest.mark.parametrize("name", SENT)
def test_an_answer_is_read_in_the_same_way_byte_by_byte_and_cut_anywhere_once(name):
    data = SENT[name]
    whole = read([data])
    assert read([data[at : at + 1] for at in range(len(data))]) == whole
    for at in range(len(data)):
        assert read(cut(data, [at])) == whole, at


PARTS = [
    b"HTTP/1.1 200 OK\r\n", HUNDRED, b"Content-Length: 4\r\n", b"Content-Length: 12\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"A: b\r\n", b"A: b\n", b" c\r\n",
    b"\r\n", b"\n", b"\r", b"\0", b":", b"oops\r\n", b"4\r\nflag\r\n", b"c;a=b\r\nflagflagflag\r\n",
    b"0\r\n", b"0\n", LAST, b"flag", b"x", b"ffffffffffffffff\r\n", b"HTTP/1.0 404 No\r\n",
]  # fmt: skip
answers = st.lists(st.sampled_from(PARTS) | st.binary(max_size=9), max_size=14).map(b"".join)


@settings(
    max_examples=15_000 if FULL else 500, deadline=None, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)  # fmt: skip
@given(data=answers, prefix=st.booleans(), random=st.randoms(use_true_random=False))
@example(data=b"Content-Length: 4\r\n\r\n" + b"flag" * 9, prefix=True, random=Random(1))
def test_whatever_comes_is_read_in_the_same_way_however_it_is_cut(data, prefix, random):
    data = b"HTTP/1.1 200 OK\r\n" * prefix + data
    whole = read([data])
    assert read([data[at : at + 1] for at in range(len(data))]) == whole
    for _ in range(4):
        cuts = [random.randrange(len(data) + 1) for _ in range(random.randrange(6))]
        assert read(cut(data, cuts)) == whole


def test_long_answers_are_read_in_the_same_way_however_they_are_cut():
    random = Random(5)
    for data in (
        answer(CHUNKED, body=b"3e80\r\n" + WHOLE + b"\r\n" + b"1\r\nf\r\n" * 999 + LAST),
        answer(b"A: " + b"b" * (MAX_LINE_BYTES - 5), length(4), body=b"flag"),
        answer(b"A: " + b"b" * (MAX_LINE_BYTES - 4), length(4), body=b"flag"),
        answer(*[b"A: " + b"b" * 16_000] * 16, length(4), body=b"flag"),
        answer(*[b"A: " + b"b" * 16_000] * 17, length(4), body=b"flag"),
        answer(CHUNKED, body=b"4;" + b"a" * MAX_LINE_BYTES + b"\r\nflag\r\n" + LAST),
        answer(CHUNKED, body=b"0\r\n" + b"a" * MAX_LINE_BYTES + b"\r\n\r\n"),
    ):
        whole = read([data])
        for _ in range(20):
            cuts = [random.randrange(len(data) + 1) for _ in range(random.randrange(60))]
            assert read(cut(data, cuts)) == whole


EDGES = {
    "the longest line": (answer(b"A: " + b"b" * (MAX_LINE_BYTES - 5), length(0)), 200),
    "a longer line": (answer(b"A: " + b"b" * (MAX_LINE_BYTES - 4), length(0)), Kind.PROTOCOL),
    "as many fields as may be": (answer(length(0), *[b"A: b"] * (MAX_FIELDS - 1)), 200),
    "a field too many": (answer(length(0), *[b"A: b"] * MAX_FIELDS), Kind.PROTOCOL),
    "as many trailers as may be": (
        answer(CHUNKED, body=b"0\r\n" + b"A: b\r\n" * MAX_TRAILERS + b"\r\n"), 200),
    "a trailer too many": (
        answer(CHUNKED, body=b"0\r\n" + b"A: b\r\n" * (MAX_TRAILERS + 1) + b"\r\n"), Kind.PROTOCOL),
    "twenty interim answers": (HUNDRED * 20 + answer(length(0)), 200),
    "one more": (HUNDRED * 21 + answer(length(0)), Kind.PROTOCOL),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_limits_hold_exactly(name):
    data, seen = EDGES[name]
    assert read([data])[0] == seen


def test_a_name_has_no_case_and_its_lines_are_one_value_and_several():
    headers = head_of(answer(b"X-Robots-Tag: a", b"x-robots-tag: b", b"A: c")).headers
    assert headers["X-ROBOTS-TAG"] == headers.get("x-robots-tag") == "a, b"
    assert (headers.getlist("X-Robots-Tag"), headers.getlist("a")) == (["a", "b"], ["c"])
    assert (headers.get("b"), headers.get("b", "-"), headers.getlist("b")) == (None, "-", [])
    assert ("A" in headers, "B" in headers, len(headers)) == (True, False, 2)


def test_a_hostile_head_costs_no_more_than_its_length():
    """The expressions have no way back: what does not match is refused in linear time."""
    for piece in (
        b"A: b\r\n c",
        b"A: b\r\n c" + b" " * 15_000 + b"d\r\n",
        b"A:\r\n\t",
        b"a" * 8,
        b"A: \t \t",
    ):
        data = b"HTTP/1.1 200 OK\r\n" + piece * (200_000 // len(piece))
        start = time.process_time()
        assert read([data + b"\0\r\n\r\n"])[0] is Kind.PROTOCOL
        assert time.process_time() - start < 0.5
