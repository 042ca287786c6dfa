"""A body, read from its response as it comes; to its end where nobody wants it, if it is short."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import gevent
from requests import Response

from crawler.fetch.failures import EXCHANGE_ERRORS
from crawler.model import Seconds, Trouble

MAX_DRAINED_BYTES = 16_384
"""An error's body up to this size is read to its end, so that the connection can be used again."""
MAX_DRAIN_S: Seconds = 0.25
"""Longest time for that."""
_PIECE = 65_536


def pieces(response: Response) -> Iterator[bytes]:
    """Yield the body as it arrives, however little, so that deadlines are looked at in time."""
    raw: Any = response.raw
    while piece := raw.read1(_PIECE, decode_content=False):
        yield piece


def drain(response: Response, left: Seconds) -> None:
    """Read a short body to its end; one that is long, late or broken costs only the connection."""
    raw: Any = response.raw
    if not raw.chunked and (
        raw.length_remaining is None or raw.length_remaining > MAX_DRAINED_BYTES
    ):
        return
    with suppress(Trouble, *EXCHANGE_ERRORS), _at_most(max(0.0, min(MAX_DRAIN_S, left))):
        taken = 0
        for piece in pieces(response):
            taken += len(piece)
            if taken > MAX_DRAINED_BYTES:
                return


def _at_most(seconds: Seconds) -> gevent.Timeout:
    """Return a context that ends silently when its time is over."""
    return gevent.Timeout(seconds, False)  # type: ignore[arg-type]  # noqa: FBT003
