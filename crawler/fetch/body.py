"""The body of an answer, read to its end piece by piece: decoded, within its limits, or dropped."""

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import gevent

from crawler.fetch.decode import Decoder, decoded
from crawler.fetch.failures import EXCHANGE_ERRORS
from crawler.fetch.limits import Limits
from crawler.model import Kind, Seconds, Trouble
from crawler.transport.adapter import Answer
from crawler.transport.body_framing import (
    MAX_BIG_PIECE_BYTES,
    MAX_POURED_BYTES,
    Body,
    Pour,
    Sized,
)
from crawler.transport.memory import SMALL_WINDOW_BYTES, Memory, Share

MAX_DRAINED_BYTES = 16_384
"""An error's body up to this size is read to its end, so that the connection can be used again."""
MAX_DRAIN_S: Seconds = 0.25
"""Longest time for that."""


def read_body(
    body: Body,
    decoder: Decoder | None,
    limits: Limits,
    take: Callable[[bytes], None],
    windows: Memory,
    pour: Pour | None = None,
) -> None:
    """Read a body to its end, or as far as it may be read.

    Its pieces are handed on as they came, however little, so that deadlines are looked at in time.
    While they come faster than they are stored, `pour` takes them straight from the socket instead:
    a hand-off for megabytes, and nothing is copied. It is for a body that nobody looks into.

    Raises:
        Trouble: `too_big`, `timeout`, `decode`, or `truncated` where the body or its coding had no
            end; `protocol` where all decoders together hold more than the `windows` may.
        OSError: the connection broke.
    """
    if decoder is None:
        return _read(body, None, limits, take, pour)
    share = Share(windows, SMALL_WINDOW_BYTES)
    try:
        _read(body, decoder, limits, partial(_decode, decoder, limits, take, share))
    finally:
        share.hold(0)


def _read(
    body: Body,
    decoder: Decoder | None,
    limits: Limits,
    stage: Callable[[bytes], None],
    pour: Pour | None = None,
) -> None:
    began = False
    while piece := body.read_some():
        began = True
        limits.received(len(piece))
        stage(piece)
        if limits.cut and limits.enough(coded=decoder is not None):
            return
        full = len(piece) == MAX_BIG_PIECE_BYTES
        del piece  # or it would be held, uncounted, while the next one is waited for
        if full and pour and isinstance(body, Sized):
            _pour(body, limits, pour)
    if decoder and began and not decoder.finished():
        raise Trouble(Kind.TRUNCATED, "the compressed body ends before its own end mark")


def _pour(body: Sized, limits: Limits, pour: Pour) -> None:
    """Go on straight from the socket until less has come than may be taken at once."""
    size = MAX_POURED_BYTES
    while size == MAX_POURED_BYTES:
        size = body.pour(pour)
        limits.received(size)


def drain(body: Body, left: Seconds) -> None:
    """Read a short body to its end; one that is long, late or broken costs only the connection."""
    if not body.framed or (body.left or 0) > MAX_DRAINED_BYTES:
        return
    with suppress(Trouble, *EXCHANGE_ERRORS), at_most(min(MAX_DRAIN_S, left)):
        taken = 0
        while taken <= MAX_DRAINED_BYTES and (piece := body.read_some()):
            taken += len(piece)


def leave(answer: Answer, deadline: Seconds) -> None:
    """Give up an answer for another one on the same connection, if that can be."""
    try:
        drain(answer.body, (deadline - time.monotonic()) / 2)
    finally:
        answer.close()


def _decode(
    decoder: Decoder, limits: Limits, take: Callable[[bytes], None], window: Share, piece: bytes
) -> None:
    """Hand on what a piece decodes to: the stage between the pieces as they came and as stored."""
    for output in decoded(decoder, piece):
        limits.decoded(output)
        window.hold(decoder.window())
        if window.is_short:
            raise Trouble(
                Kind.PROTOCOL,
                f"a window of {decoder.window()} bytes while the memory of decoders is used up",
            )
        if output:
            take(output)


def at_most(seconds: Seconds) -> gevent.Timeout:
    """Return a context that ends silently when its time is over."""
    return gevent.Timeout(max(0.0, seconds), False)  # type: ignore[arg-type]  # noqa: FBT003
