"""However many servers stop in the middle of an answer, their answers share one budget."""

import random
import sys
import time
import zlib
from contextlib import ExitStack

import brotli
import gevent
import pytest
from gevent.event import Event

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from crawler.config import Job
from crawler.fetch.decode import decoder_for
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.store import Files
from crawler.transport.connection import MAX_PIECE_BYTES
from crawler.transport.memory import SMALL_BYTES, SMALL_WINDOW_BYTES, Memory
from crawler.urls import host_of
from tests.program import until
from tests.servers import RudeSite

AT_ONCE = 20
BUDGET = 1_000_000
SENT, REST = b"z" * 400_000, b"z" * 50_000
WINDOWS = 3_000_000
BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 450000\r\n\r\n" + SENT
FIELDS = b"".join(b"X-%d: %b\r\n" % (number, b"h" * 10_000) for number in range(15))
HEAD = b"HTTP/1.1 200 OK\r\n" + FIELDS
HEAD_END = b"Content-Length: 0\r\n\r\n"


class Crowd:
    """Visits that all stand in the middle of their answers until `end`."""

    def __init__(self, folder, first: bytes, last: bytes, *, robots: bool = False) -> None:
        self.folder, self._first, self._last, self._robots = folder, first, last, robots
        self.memory = Memory(BUDGET)
        self.windows = Memory(WINDOWS)
        self._more = Event()

    def __enter__(self):
        with ExitStack() as stack:
            self._site = stack.enter_context(RudeSite(self._talk))
            files = stack.enter_context(Files(self.folder, durable=False))
            self._fetcher = stack.enter_context(
                Fetcher(
                    user_agent=lambda _: "test/1",
                    files=files,
                    concurrency=AT_ONCE,
                    memory=self.memory,
                    windows=self.windows,
                )
            )
            stack.callback(self._more.set)
            self.visits = [gevent.spawn(self._visit, number) for number in range(AT_ONCE)]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()
        for file in self.folder.glob("*.part"):  # of bodies that came whole, and are not stored
            file.unlink()

    def on_disk(self) -> int:
        return sum(file.stat().st_size for file in self.folder.glob("*.part"))

    def end(self):
        """Let the answers end; return what was fetched, and what was refused."""
        self._more.set()
        gevent.joinall(self.visits, timeout=20, raise_error=True)
        values = [visit.value for visit in self.visits]
        refused = [value for value in values if isinstance(value, Trouble)]
        return [value for value in values if value not in refused], refused

    def _talk(self, sock) -> None:
        sock.sendall(self._first)
        self._more.wait(20)
        sock.sendall(self._last)

    def _visit(self, number: int):
        url = f"{self._site.url}/{number}"
        task = Task(number, "j", url, url, host_of(url), 1, number, 1, robots=self._robots)
        job = Job(name="j", urls=("http://x/",), allow_addresses=("127.0.0.0/8",))
        name, deadline = f"{number}.part", time.monotonic() + 20
        try:
            return self._fetcher.fetch(task, job, part=lambda: name, deadline=deadline)
        except Trouble as trouble:
            return trouble


def test_bodies_that_stall_are_in_memory_up_to_the_budget_and_all_come_whole(tmp_path):
    with Crowd(tmp_path, BODY, REST) as crowd:
        sent = AT_ONCE * len(SENT)
        until(lambda: crowd.memory.held + crowd.on_disk() == sent, "the bodies do not come")
        assert crowd.memory.held <= BUDGET + AT_ONCE * (SMALL_BYTES + MAX_PIECE_BYTES)
        fetched, refused = crowd.end()
        assert ([one.size for one in fetched], refused) == ([450_000] * AT_ONCE, [])
        assert crowd.memory.held == 0


def test_heads_that_stall_are_in_memory_up_to_the_budget(tmp_path):
    with Crowd(tmp_path, HEAD, HEAD_END) as crowd:
        until(lambda: any(visit.dead for visit in crowd.visits), "no head is refused")
        assert crowd.memory.held <= BUDGET
        fetched, refused = crowd.end()
        assert fetched
        assert {trouble.kind for trouble in refused} == {Kind.PROTOCOL}
        assert {trouble.reason for trouble in refused} == {
            "a long header while the memory for answers is used up"
        }
    assert crowd.memory.held == 0


def test_a_robots_txt_that_has_no_part_is_refused_where_the_memory_is_used_up(tmp_path):
    with Crowd(tmp_path, BODY, REST, robots=True) as crowd:
        until(lambda: any(visit.dead for visit in crowd.visits), "no body is refused")
        fetched, refused = crowd.end()
        assert {len(one.body) for one in fetched} == {450_000}
        assert {trouble.kind for trouble in refused} == {Kind.PROTOCOL}
        assert (crowd.memory.held, crowd.on_disk()) == (0, 0)


def test_a_small_answer_is_taken_however_little_memory_there_is(tmp_path):
    with Crowd(tmp_path, b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", b"z" * 9000) as crowd:
        crowd.memory.held = 10 * BUDGET
        fetched, refused = crowd.end()
        assert [len(one.body) for one in fetched] == [9000] * AT_ONCE
        assert refused == []
        crowd.memory.held -= 10 * BUDGET
        assert crowd.memory.held == 0


DATA = random.Random(1).randbytes(1_000_000)
_LONG_WINDOW = {zstd.CompressionParameter.window_log: 23}
CODED = {
    "zstd": zstd.compress(DATA, options=_LONG_WINDOW),
    "br": brotli.compress(DATA, quality=1, lgwin=20),
    "gzip": zlib.compress(DATA, wbits=31),
}


def coded(coding: str, length: int) -> tuple[bytes, bytes]:
    """Return a coded answer in two pieces, the first with so many bytes of the body."""
    body = CODED[coding]
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n"
    return head % (coding.encode(), len(body)) + body[:length], body[length:]


@pytest.mark.parametrize("coding", ["zstd", "br"])
def test_windows_of_bodies_that_stall_are_in_memory_up_to_their_budget(tmp_path, coding):
    with Crowd(tmp_path, *coded(coding, 900_000)) as crowd:
        until(lambda: any(visit.dead for visit in crowd.visits), "no window is refused")
        assert crowd.windows.held <= WINDOWS + AT_ONCE * SMALL_WINDOW_BYTES
        fetched, refused = crowd.end()
        assert fetched
        assert [one.size for one in fetched] == [len(DATA)] * len(fetched)
        assert {trouble.kind for trouble in refused} == {Kind.PROTOCOL}
        assert all("the memory of decoders is used up" in one.reason for one in refused)
    assert crowd.windows.held == 0


def test_a_short_window_is_taken_however_little_memory_there_is(tmp_path):
    with Crowd(tmp_path, *coded("gzip", 900_000)) as crowd:
        crowd.windows.held = 10 * WINDOWS
        fetched, refused = crowd.end()
        assert len(fetched) == AT_ONCE
        assert refused == []
        crowd.windows.held -= 10 * WINDOWS
    assert crowd.windows.held == 0


def test_a_window_that_brotli_fills_before_anything_is_taken_of_it_is_counted():
    body = brotli.compress(DATA[:100_000] * 80, quality=5, lgwin=22)
    decoder = decoder_for("br")
    first = next(decoder.feed(body))
    assert len(first) < 100_000
    assert decoder.window() == 1 << 22
