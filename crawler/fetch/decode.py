"""Content codings, undone in bounded steps, with proof that the end was reached.

requests and urllib3 take a gzip stream that was cut for a whole one (nothing asks the decoder
whether it saw the end). Here a body is whole only if its decoder says so.
"""

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from crawler.model import Kind, Trouble
from crawler.policy.codings import MAX_CODINGS, codings_of
from crawler.policy.frames import Frames
from crawler.policy.windows import ZSTD_HEADER_BYTES, Window, brotli_window, zstd_window

ACCEPT_ENCODING = "gzip, deflate, br, zstd"
_GZIP = b"\x1f\x8b"
STEP_BYTES = 65_536
"""Decoded bytes handed on at a time, so that a bomb never stands in memory."""
_ZLIB_WINDOW_BYTES = 1 << zlib.MAX_WBITS

_ERRORS = (zlib.error, brotli.error, zstd.ZstdError, ValueError)


class Decoder(Protocol):
    """Undoes one content coding."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what the data decodes to, in pieces of about STEP_BYTES bytes."""

    def finished(self) -> bool:
        """Tell whether the end of the coded stream was seen."""

    def window(self) -> int:
        """Return the bytes of its window that are filled: memory that nobody else sees."""


def decoder_for(encoding: str, *, gzip_file: bool = False) -> Decoder | None:
    """Return the decoder of a Content-Encoding header, None for identity.

    A `gzip_file` stays gzip: where that is all that was sent, nothing is undone.

    Raises:
        Trouble: `decode`; a coding was not offered, or too many are stacked.
    """
    codings = codings_of(encoding)
    if not codings:
        return None
    if len(codings) > MAX_CODINGS:
        raise Trouble(
            Kind.DECODE, f"{len(codings)} content codings, at most {MAX_CODINGS} are undone"
        )
    if unknown := [coding for coding in codings if coding not in _DECODERS]:
        raise Trouble(Kind.DECODE, f"Content-Encoding {unknown[0][:80]!r} was not asked for")
    if gzip_file and codings in (["gzip"], ["x-gzip"]):
        return _GzipFile()
    decoder = _DECODERS[codings.pop()]()
    while codings:
        decoder = _Stacked(decoder, _DECODERS[codings.pop()]())
    return decoder


def decoded(decoder: Decoder, data: bytes) -> Iterator[bytes]:
    """Feed a decoder, and yield what comes of it.

    Raises:
        Trouble: `decode`; the data is broken.
    """
    try:
        yield from decoder.feed(data)
    except _ERRORS as error:
        raise Trouble(Kind.DECODE, f"the body does not decode: {error}") from error


class _Zlib:
    """gzip (RFC 1952, any number of members); deflate (RFC 1950, or raw as some servers send)."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._stream = zlib.decompressobj(wbits)
        self._started = False
        self._frames = Frames()

    def feed(self, data: bytes) -> Iterator[bytes]:
        if data and not self._started:
            self._start(data[0])
        while data:
            if self._stream.eof:
                if self._wbits != zlib.MAX_WBITS | 16 or not data.startswith(b"\x1f"):
                    return  # padding after the end
                self._frames.another()
                self._stream = zlib.decompressobj(self._wbits)
            yield self._frames.decoded(self._stream.decompress(data, STEP_BYTES))
            data = self._stream.unconsumed_tail or self._stream.unused_data
        while not self._stream.eof and (rest := self._stream.decompress(b"", STEP_BYTES)):
            yield rest

    def _start(self, first: int) -> None:
        self._started = True
        if self._wbits == zlib.MAX_WBITS and first & 0x0F != zlib.DEFLATED:
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)

    def finished(self) -> bool:
        return self._stream.eof

    def window(self) -> int:
        return _ZLIB_WINDOW_BYTES if self._started else 0


class _Brotli:
    """br (RFC 7932)."""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._window = Window(brotli_window, 1, ahead=STEP_BYTES // 4)

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._stream.is_finished():
            raise brotli.error("data after the end")
        self._window.came(data)
        yield self._window.filled(self._stream.process(data, output_buffer_limit=STEP_BYTES))
        while rest := self._stream.process(b"", output_buffer_limit=STEP_BYTES):
            yield self._window.filled(rest)

    def finished(self) -> bool:
        return bool(self._stream.is_finished())

    def window(self) -> int:
        return self._window.held()


class _Zstd:
    """zstd (RFC 8878, any number of frames)."""

    def __init__(self) -> None:
        self._frames = Frames()
        self._stream = self._new()

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data or not (self._stream.eof or self._stream.needs_input):
            if self._stream.eof:
                self._frames.another()
                self._stream = self._new()
            self._window.came(data)
            piece = self._window.filled(self._stream.decompress(data, STEP_BYTES))
            yield self._frames.decoded(piece)
            data = self._stream.unused_data if self._stream.eof else b""

    def _new(self) -> Any:
        """Return a decoder of one frame; RFC 9659 bounds its window to 8 MB on the web."""
        self._window = Window(zstd_window, ZSTD_HEADER_BYTES)
        return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: 23})

    def finished(self) -> bool:
        return bool(self._stream.eof)

    def window(self) -> int:
        return self._window.held()


class _Stacked:
    """Two codings, one within the other; what is within may be a stack, too."""

    def __init__(self, outer: Decoder, inner: Decoder) -> None:
        self._outer = outer
        self._inner = inner
        self._began = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        for middle in self._outer.feed(data):
            yield b""  # others run while much becomes nothing
            if middle:
                self._began = True
                yield from self._inner.feed(middle)

    def finished(self) -> bool:
        return self._outer.finished() and (not self._began or self._inner.finished())

    def window(self) -> int:
        return self._outer.window() + self._inner.window()


class _GzipFile:
    """A gzip file that was sent as if gzip were its coding: the file is what came.

    Where the server has coded it once more, the file is what comes of undoing that; which of the
    two it is shows in the first bytes. The coding is undone in both cases, as a proof of the end.
    """

    def __init__(self) -> None:
        self._coding = _DECODERS["gzip"]()
        self._came = b""
        self._decoded = b""
        self._is_coded: bool | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._is_coded is False:
            yield data
        elif self._is_coded is None:
            self._came += data
        for piece in self._coding.feed(data):
            if self._is_coded is None:
                self._decoded += piece
                yield from self._decided()
            else:
                yield piece if self._is_coded else b""
        if self._is_coded is None and self._coding.finished():
            yield from self._decided(ended=True)

    def finished(self) -> bool:
        return self._coding.finished()

    def window(self) -> int:
        return self._coding.window()

    def _decided(self, *, ended: bool = False) -> Iterator[bytes]:
        """Decide as soon as there is enough to see, and hand on what was held until then."""
        if len(self._decoded) < len(_GZIP) and not ended and len(self._came) < STEP_BYTES:
            return
        self._is_coded = self._decoded.startswith(_GZIP)
        yield self._decoded if self._is_coded else self._came
        self._came = self._decoded = b""


_DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "x-gzip": lambda: _Zlib(zlib.MAX_WBITS | 16),
    "deflate": lambda: _Zlib(zlib.MAX_WBITS),
    "br": _Brotli,
    "zstd": _Zstd,
}
