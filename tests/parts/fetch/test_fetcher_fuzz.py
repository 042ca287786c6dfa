"""Random and mutated bytes as answers: a visit ends with a value or a Trouble, and in time."""

import gc
import gzip
import re
import socket
import struct
import time
import zlib
from collections import Counter
from random import Random

import brotli
import gevent
import psutil
import pytest
from gevent.pool import Pool
from gevent.server import StreamServer

from crawler.config import Job, Timeout
from crawler.fetch.decode import zstd
from crawler.fetch.fetcher import Fetcher
from crawler.model import Fetched, Kind, Task, Trouble
from crawler.policy import statuses
from crawler.store import Files
from crawler.urls import host_of

SEED = 20_261_120
TOTAL = 0.6
MARGIN = 0.25
BODY = b"flag" * 500
BIG = bytes(range(256)) * 6_000
"""More than travels in memory."""
MAX_SIZE = 3_000_000
TOKENS = [
    b"\r\n", b"\n", b"\r", b"\0", b":", b" ", b"\r\n\r\n", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 100\r\n\r\n", b"Content-Length: ", b"-1", b"0",
    b"99999999999999999999", b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: br\r\n", b"Connection: close\r\n", b"0\r\n\r\n", b"5\r\nhello\r\n",
    b"ffffffff\r\n",
    b"Location: ", b"http://[::1", b"\xff\xfe", b"Set-Cookie: a=b\r\n", b"Retry-After: 1e99\r\n",
    b'ETag: "x"\r\n', b"Last-Modified: Thu, 99 Foo\r\n", b"Content-Range: bytes 0-1/2\r\n", b"206",
    b"304", b"302", b"204", b"404",
]  # fmt: skip


def framed(body: bytes, *fields: bytes, status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join(
        (b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *fields, b"", body)
    )


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    coded = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + coded + b"0\r\nA: b\r\n\r\n"


SOUND = [
    framed(BODY),
    framed(BODY, b"Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", b'ETag: "a"'),
    framed(BODY, b"Connection: close"),
    framed(BODY, status=b"404 Not Found"),
    framed(b"", b"Location: /x", status=b"302 Found"),
    framed(b"", b"Retry-After: 3", status=b"503 Busy"),
    framed(BODY[:100], b"Content-Range: bytes 0-99/2000", status=b"206 Partial"),
    b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + framed(BODY),
    b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    chunked(BODY, 100),
    chunked(BODY, 1),
    framed(gzip.compress(BODY, mtime=0), b"Content-Encoding: gzip"),
    framed(zlib.compress(BODY), b"Content-Encoding: deflate"),
    framed(brotli.compress(BODY), b"Content-Encoding: br"),
    framed(zstd.compress(BODY), b"Content-Encoding: zstd"),
    framed(BIG),
    framed(BIG, b'ETag: "a"', b"Accept-Ranges: bytes"),
    framed(gzip.compress(BIG, mtime=0), b"Content-Encoding: gzip"),
]  # fmt: skip


def mutated(data: bytes, random: Random) -> bytes:
    """Do to an answer what a broken server, proxy or line would do."""
    reply = bytearray(data)
    for _ in range(random.choice([0, 1, 1, 1, 2, 3, 8])):
        near = random.choice([min(len(reply), 200), len(reply)])
        at = random.randrange(near + 1)
        match random.randrange(7):
            case 0:
                del reply[at:]
            case 1:
                del reply[at : at + random.randrange(1, 20)]
            case 2:
                reply[at:at] = random.choice(TOKENS)
            case 3:
                reply[at : at + 1] = bytes([random.randrange(256)])
            case 4:
                reply[at:at] = random.randbytes(random.randrange(1, 50))
            case 5:
                reply[at:at] = reply[at : at + random.randrange(1, 200)] * random.randrange(1, 5)
            case 6:
                reply[at : at + 1] = bytes(
                    [(reply[at : at + 1] or b"\0")[0] ^ 1 << random.randrange(8)]
                )
    return bytes(reply)


def reply_of(number: int) -> tuple[list[bytes], str]:
    """Return the pieces of an answer, and how the connection ends."""
    random = Random(SEED + number)
    shape = random.randrange(10)
    if shape == 0:
        data = random.randbytes(random.randrange(2000))
    elif shape == 1:
        data = b"".join(random.choices(TOKENS, k=random.randrange(1, 60)))
    elif shape == 2:
        data = b"HTTP/1.1 200 OK\r\n" + random.randbytes(random.randrange(500)) + b"\r\n\r\n"
    else:
        data = mutated(random.choice(SOUND), random)
    cuts = sorted(random.randrange(len(data) + 1) for _ in range(random.choice([0, 0, 1, 3])))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    return pieces, random.choices(["end", "reset", "keep", "silence"], [6, 2, 2, 0.3])[0]


class FuzzSite:
    """Answers /N with reply N."""

    def __enter__(self) -> "FuzzSite":
        self._server = StreamServer(("127.0.0.1", 0), self._serve, spawn=Pool(10_000))
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0.1)

    def _serve(self, client: socket.socket, _: object) -> None:
        with client:
            try:
                while found := re.match(rb"GET /(\d+) ", client.recv(65536)):
                    pieces, end = reply_of(int(found[1]))
                    for piece in pieces:
                        client.sendall(piece)
                        gevent.sleep(0.001)
                    if end == "reset":
                        client.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                        )
                    if end in {"end", "reset"}:
                        return
                    if end == "silence":
                        client.recv(1)
            except OSError:
                pass  # the crawler has hung up


class Campaign:
    """Visits reply after reply, several at a time."""

    def __init__(self, fetcher: Fetcher, files: Files, url: str) -> None:
        self._fetcher = fetcher
        self._files = files
        self._url = url
        self._job = Job(
            name="j", urls=("http://x/",), max_size=MAX_SIZE, allow_addresses=("127.0.0.0/8",),
            timeout=Timeout(connect="300ms", read="300ms", total="600ms"),
        )  # fmt: skip
        self.kinds: Counter[str] = Counter()
        self.slowest = 0.0
        self.wrong: list[str] = []

    def visit(self, number: int) -> None:
        url, start = f"{self._url}{number}", time.monotonic()
        task = Task(number + 1, "j", url, url, host_of(url), 1, number, 1)
        try:
            fetched = self._fetcher.fetch(
                task, self._job, part=lambda: f"{number}.part", deadline=start + TOTAL
            )
            self.kinds[f"status {fetched.status // 100}xx"] += 1
            self._look_at(number, fetched)
        except Trouble as trouble:
            self.kinds[trouble.kind] += 1
            if trouble.kind in {Kind.BUG, Kind.LOCAL_IO} or "object at 0x" in trouble.reason:
                self.wrong.append(f"{number}: {trouble.kind} {trouble.reason}")
        except Exception as error:  # noqa: BLE001  that is what is looked for
            self.wrong.append(f"{number}: {type(error).__name__}: {error}")
        took = time.monotonic() - start
        self.slowest = max(self.slowest, took)
        if took > TOTAL + MARGIN:
            self.wrong.append(f"{number}: took {took:.2f} s")

    def _look_at(self, number: int, fetched: Fetched) -> None:
        if fetched.part:
            self._files.discard([fetched.part])
        if fetched.size > MAX_SIZE or (
            fetched.body is not None and len(fetched.body) != fetched.size
        ):
            self.wrong.append(f"{number}: {fetched.size} bytes")
        if fetched.status not in statuses.ALL:
            self.wrong.append(f"{number}: status {fetched.status}")


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_no_answer_whatsoever_breaks_the_fetcher(tmp_path, full_campaign):
    replies = 60_000 if full_campaign else 600
    gc.collect()
    kept: set[str] = set()
    before, start = psutil.Process().num_fds(), time.monotonic()
    with (
        Files(tmp_path, durable=False) as files,
        Fetcher(
            user_agent=lambda _: "t/1",
            files=files,
            concurrency=16,
            note=lambda _, told: kept.add(told.part),
        ) as fetcher,
        FuzzSite() as site,
    ):
        campaign = Campaign(fetcher, files, site.url)
        pool = Pool(16)
        for number in range(replies):
            pool.spawn(campaign.visit, number)
        pool.join()
        files.discard(sorted(kept))  # noted, to go on from
    took = time.monotonic() - start
    print(f"\nseed {SEED}: {replies} replies in {took:.1f} s, the slowest {campaign.slowest:.2f} s,"
          f" {dict(campaign.kinds)}")  # fmt: skip
    assert not campaign.wrong
    assert sum(campaign.kinds.values()) == replies
    assert not list(tmp_path.rglob("*"))
    gc.collect()
    with gevent.Timeout(3, False):
        while psutil.Process().num_fds() > before:
            gevent.sleep(0.02)
    assert psutil.Process().num_fds() <= before
