"""A big body goes straight from its socket to its part: what that costs, and how it can end."""

import hashlib
import os
import socket
import struct
import time
from contextlib import contextmanager, suppress

import pytest
from gevent.monkey import get_original

from crawler.config import Timeout
from crawler.fetch.body import read_body
from crawler.fetch.declared import Declared
from crawler.fetch.intake import Intake
from crawler.fetch.limits import Limits
from crawler.model import Kind, Trouble
from crawler.store import Files
from crawler.threads import Native
from crawler.transport.body_framing import Sized
from crawler.transport.connection import Connection
from crawler.transport.memory import Memory, Share
from crawler.transport.visit_timer import VisitTimer
from tests.program import until

real_socket = get_original("socket", "socket")

MB = 1_000_000
HANDED = 0.29
"""Hand-offs to a native thread that a megabyte costs, as counted."""
READS = 0.97
"""Reads of a socket that it costs likewise."""
TENTH = 1.1
REST = b"HTTP/1.1 200 OK\r\n"
"""What stands behind a body: the next answer."""


class Counting(Native):
    """Native threads that count what is handed to them."""

    handed = 0

    def call(self, function, /, *args, **kwargs):
        self.handed += 1
        return super().call(function, *args, **kwargs)


class Ahead(Connection):
    """A connection whose server is always ahead: as many bytes are there as are asked for."""

    __slots__ = ("reads",)

    def receive(self, most: int = 0) -> bytes:
        self.reads += 1
        return bytes(most)

    def straight(self):
        return self._filled

    def _filled(self, buffer: memoryview) -> int:
        self.reads += 1
        return len(buffer)


@pytest.fixture
def files(tmp_path):
    files = Files(tmp_path, durable=False)
    files._native = Counting(1)
    with files:
        yield files
        files.discard(["j.part"])


def connected(kind, sock):
    return kind(sock, (None, "x:80", False), VisitTimer(time.monotonic() + 60, Timeout()))


def intake_of(files, body) -> Intake:
    share, declared = Share(Memory()), Declared().body(body.left)
    return Intake(files, lambda: "j.part", None, lambda _: None, None, share, declared)


def stored(files, body, *, pours: bool = True):
    """Take a body in; return its size and digest."""
    limits = Limits(1 << 40, time.monotonic() + 60)
    with intake_of(files, body) as intake:
        read_body(body, None, limits, intake.take, Memory(), intake.pour if pours else None)
        return intake.finish()[2:]


def connection_of_two():
    """Return both ends of a connection, the server's first."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname())
        there, _ = server.accept()
    return there, ours


@contextmanager
def sender(data: bytes):
    """Connect to a native thread that sends all of it as fast as it can, and hangs up."""
    there, ours = connection_of_two()
    with Native(1) as thread:
        sent = thread.start(_send, there.detach(), data)
        try:
            yield ours
        finally:
            ours.close()
            sent.get()


def _send(descriptor: int, data: bytes) -> None:
    with real_socket(fileno=descriptor) as real, suppress(OSError):
        real.setblocking(True)
        real.sendall(data)


def test_a_body_that_comes_fast_costs_few_hand_offs_and_reads(files):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection = connected(Ahead, ours)
        connection.reads = 0
        size, digest = stored(files, Sized(connection, 100 * MB))
    assert (size, digest) == (100 * MB, hashlib.sha256(bytes(size)).hexdigest())
    assert files._native.handed <= 100 * HANDED * TENTH
    assert connection.reads <= 100 * READS * TENTH


@pytest.mark.parametrize("pours", [True, False])
def test_a_big_body_comes_whole_and_leaves_the_next_answer_alone(files, tmp_path, pours):
    content = os.urandom(MB) * 30
    with sender(content + REST) as sock:
        connection = connected(Connection, sock)
        body = Sized(connection, len(content))
        found = stored(files, body, pours=pours)
        left = connection.buffered + sock.recv(100)
        while len(left) < len(REST):
            left += sock.recv(100)
    assert body.whole
    assert left == REST
    assert found == (len(content), hashlib.sha256(content).hexdigest())
    assert (tmp_path / "j.part").read_bytes() == content


def test_what_came_before_the_connection_broke_is_stored(files, tmp_path):
    content, digest = os.urandom(20_000), hashlib.sha256()
    there, ours = connection_of_two()
    with ours:
        there.sendall(content)
        until(lambda: len(ours.recv(MB, socket.MSG_PEEK)) == len(content), "it does not come")
        there.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        there.close()
        part = files.part("j.part")
        body = Sized(connected(Connection, ours), MB)
        with pytest.raises(ConnectionResetError):
            body.pour(lambda read, most: part.pour(read, most, digest))
        part.close()
    assert body.left == MB - len(content)
    assert (tmp_path / "j.part").read_bytes() == content
    assert digest.digest() == hashlib.sha256(content).digest()


def test_a_connection_that_ends_while_it_is_poured_is_truncated(files):
    with sender(bytes(10 * MB)) as sock, pytest.raises(Trouble) as caught:
        stored(files, Sized(connected(Connection, sock), 20 * MB))
    assert caught.value.kind is Kind.TRUNCATED


def test_bytes_at_hand_and_those_of_tls_are_not_read_past(files):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"later")
        connection = connected(Connection, ours)
        connection.buffered = b"first"
        assert connection.straight() is None
        assert Sized(connection, 10).pour(lambda *_: pytest.fail("read past")) == 0
        connection.buffered = b""
        connection._plain = False
        assert connection.straight() is None
