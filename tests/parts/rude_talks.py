"""The ways of a rude server, to build a table of: what it sends, when, and how it ends."""

import gzip
import socket
import struct
import zlib
from collections.abc import Callable
from functools import cache
from itertools import chain, repeat

import brotli
import gevent

from crawler.fetch.decode import zstd
from tests.servers import sends

Talk = Callable[[socket.socket], None]
WHOLE = b"flag" * 4000
_MEBIBYTES_16 = bytes(1 << 24)


def answer(*fields: bytes, body: bytes = b"", status: bytes = b"200 OK") -> bytes:
    return b"\r\n".join((b"HTTP/1.1 " + status, *fields, b"", body))


def length(body: bytes | int) -> bytes:
    return b"Content-Length: %d" % (body if isinstance(body, int) else len(body))


def coded(coding: bytes, body: bytes) -> Talk:
    return sends(answer(b"Content-Encoding: " + coding, length(body), body=body))


def chunked(*lines: bytes) -> bytes:
    return answer(CHUNKED, body=b"\r\n".join((*lines, b"")))


def reset(data: bytes) -> Talk:
    """Send something, then a RST instead of an end."""

    def talk(client: socket.socket) -> None:
        client.sendall(data)
        for _ in range(25):  # rounds of the loop, however busy: else the RST overtakes the data
            gevent.sleep(0.002)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    return talk


def cuts(data: bytes) -> Talk:
    """Send something, and cut TLS without its end."""

    def talk(client: socket.socket) -> None:
        client.sendall(data)
        client.shutdown(socket.SHUT_RDWR)

    return talk


def drips(data: bytes, drop: bytes = b"x") -> Talk:
    def talk(client: socket.socket) -> None:
        client.sendall(data)
        while True:
            client.sendall(drop)
            gevent.sleep(0.05)

    return talk


def silent(data: bytes) -> Talk:
    """Send something, then nothing until the crawler hangs up."""

    def talk(client: socket.socket) -> None:
        client.sendall(data)
        client.recv(1)

    return talk


def late(data: bytes, more: bytes) -> Talk:
    def talk(client: socket.socket) -> None:
        client.sendall(data)
        gevent.sleep(0.05)
        client.sendall(more)

    return talk


def hop(location: bytes, talk: Talk | None = None) -> Talk:
    """Redirect the first visit, and serve the following ones well."""
    talks = chain([talk or redirect(location)], repeat(sends(SOUND)))

    def take_turns(client: socket.socket) -> None:
        next(talks)(client)

    return take_turns


def redirect(location: bytes) -> Talk:
    return sends(answer(b"Location: " + location, length(0), status=b"302 Found"))


def status(line: bytes, *fields: bytes) -> Talk:
    return sends(answer(*fields, length(0), status=line))


@cache
def gzip_bomb() -> bytes:
    """One stream of 1 GiB: a block that stands alone, 64 times; the trailer is never reached."""
    squeeze = zlib.compressobj(9, wbits=-15)
    block = squeeze.compress(_MEBIBYTES_16) + squeeze.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + block * 64 + squeeze.flush() + bytes(8)


@cache
def brotli_bomb() -> bytes:
    squeeze = brotli.Compressor(quality=2)
    return b"".join(squeeze.process(_MEBIBYTES_16) for _ in range(64)) + squeeze.finish()


@cache
def zstd_bomb() -> bytes:
    squeeze = zstd.ZstdCompressor(level=1)
    return b"".join(squeeze.compress(_MEBIBYTES_16) for _ in range(64)) + squeeze.flush()


def bomb(coding: bytes, build: Callable[[], bytes]) -> Talk:
    return lambda client: client.sendall(answer(b"Content-Encoding: " + coding, body=build()))


CHUNKED = b"Transfer-Encoding: chunked"
SOUND = answer(length(WHOLE), body=WHOLE)
BOMBS = {b"gzip": gzip_bomb, b"br": brotli_bomb, b"zstd": zstd_bomb}
"""Build them before the clock runs."""
