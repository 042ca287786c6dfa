"""The hosts of the night, served by a process of their own until its input ends.

All of them have one port, each an address of its own. 127.0.0.5 is none of them: it refuses.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import gevent

import crawler.errors  # noqa: F401  it patches the standard library
from tests.servers import Answer, Route, Site, status

WELL, BIG, HANGS, BUSY, REFUSES, EMPTY = (f"127.0.0.{number}" for number in range(1, 7))
FILM_BYTES = 120_000_000
PIECE_BYTES = 20_000
PIECE_EVERY_S = 0.1
HANGS_FOR_S = 3600.0
BUSY_AFTER_S = 1.0
"""What is busy takes its time to say so: what refuses fails before it."""
RETRY_AFTER_S = 7200


def _page(path: str) -> Answer:
    if path == "/robots.txt":
        return b"User-agent: *\nDisallow: /drafts/\n"
    return f"<h1>{path}</h1>\n".encode() * 200


def _film(_: str) -> Answer:
    return "200 OK", [("Content-Length", str(FILM_BYTES))], _pieces()


def _pieces() -> Iterator[bytes]:
    for _ in range(FILM_BYTES // PIECE_BYTES):
        yield b"\0" * PIECE_BYTES
        gevent.sleep(PIECE_EVERY_S)


def _hang(_: str) -> Answer:
    gevent.sleep(HANGS_FOR_S)
    return b""


def _busy(_: str) -> Answer:
    gevent.sleep(BUSY_AFTER_S)
    return status("503 Service Unavailable", ("Retry-After", str(RETRY_AFTER_S)))


def _gone(_: str) -> Answer:
    return status("404 Not Found")


ROUTES: Iterable[tuple[str, Route]] = (
    (WELL, _page), (BIG, _film), (HANGS, _hang), (BUSY, _busy), (EMPTY, _gone),
)  # fmt: skip


def serve(port: int) -> None:
    """Serve on a port, or on any that is free, and print which."""
    with ExitStack() as sites:
        for address, route in ROUTES:
            port = sites.enter_context(Site(route, [address], port=port)).port
        print(port, flush=True)
        gevent.get_hub().threadpool.apply(os.read, (sys.stdin.fileno(), 1))
