"""The head of an answer, read strictly: what `http.client` lets pass, and a crawler must not.

`http.client` returns 103 as the final answer and gives the real one to the next request, stops at a
header line without a colon and loses all that follow, splits at a bare CR, and takes a status line
without a header for a whole answer. Here each of these is `protocol`, and interim answers are
skipped, at most MAX_INTERIM of them (RFC 9110, section 15.2).
"""

import re
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

from crawler.model import Kind, Trouble

MAX_INTERIM = 20
MAX_LINE = 16_384
MAX_HEAD = 262_144
MAX_TRAILERS = 100

_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:")
_CHUNK = re.compile(rb"[0-9a-fA-F]{1,15}[ \t]*(;|\r?\n)")
_LENGTH = re.compile(r"[0-9]{1,18}")
_SWITCHING, _FINAL, _LAST = 101, 200, 599


class Head:
    """The stream of an answer: its lines are checked and counted, its body is passed through."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.part = "status"
        """What is being read: status, fields or body."""
        self._taken = 0
        self._lines_in_a_row = 0
        self._last = b""

    def readline(self, limit: int = -1) -> bytes:
        """Return a line of the head, or, once that has ended, of the framing of chunks."""
        line: bytes = self.stream.readline(min(limit, MAX_LINE + 1) if limit > 0 else MAX_LINE + 1)
        if self.part != "body":
            self._check(line)
            return line
        self._lines_in_a_row += 1  # a chunk is a line and its data; trailers are lines only
        self._last = line
        if self._lines_in_a_row == 1 and line and not _CHUNK.match(line):
            raise Trouble(Kind.TRUNCATED, "a chunk without a size that can be read")
        if self._lines_in_a_row > MAX_TRAILERS:
            raise _refuse(f"more than {MAX_TRAILERS} trailers")
        return line

    def read(self, *args: Any) -> Any:
        """Read the body, which nobody checks here."""
        self._lines_in_a_row = 0
        return self.stream.read(*args)

    def read1(self, *args: Any) -> Any:
        """Read what there is of the body."""
        self._lines_in_a_row = 0
        return self.stream.read1(*args)

    def readinto(self, buffer: Any) -> Any:
        """Read the body into a buffer."""
        self._lines_in_a_row = 0
        return self.stream.readinto(buffer)

    def chunks_ended(self) -> bool:
        """Tell whether the last chunk and the empty line after it have been read."""
        return self._lines_in_a_row >= 2 and not self._last.strip(b"\r\n")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def _check(self, line: bytes) -> None:
        if not line and not self._taken:
            return  # nothing came at all; http.client has a name for that
        self._taken += len(line)
        if len(line) > MAX_LINE:
            raise _refuse(f"a header line of more than {MAX_LINE} bytes")
        if self._taken > MAX_HEAD:
            raise _refuse(f"a header of more than {MAX_HEAD} bytes")
        if not line.endswith(b"\n"):
            raise _refuse("the connection ended before the header did")
        if b"\0" in line or b"\r" in line.removesuffix(b"\r\n"):
            raise _refuse("a NUL or a bare CR in the header")
        if self.part == "fields" and not (_FIELD.match(line) or line[:1] in b" \t\r\n"):
            raise _refuse("a header line without a name")


class Answer(HTTPResponse):
    """An answer whose head is read strictly, and that tells of bytes nobody asked for."""

    fp: Any
    headers: Any

    def __init__(
        self, sock: Any, *args: Any, distrust: Callable[[], None], last: bool, **kwargs: Any
    ) -> None:
        super().__init__(sock, *args, **kwargs)
        self._socket = sock
        self._distrust = distrust
        self._irregular = last
        """Whether the connection ends with this answer, whatever the server thinks."""

    def begin(self) -> None:
        """Read the head.

        Raises:
            Trouble: `protocol`, if it is not one.
        """
        if self.headers is not None:
            return
        head = self.fp = Head(self.fp)
        super().begin()
        head.part = "body"
        self._check_framing()
        if self._irregular:
            self.will_close = True

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(MAX_INTERIM + 1):
            self.fp.part = "status"
            version, status, reason = super()._read_status()  # type: ignore[misc]
            self.fp.part = "fields"
            if status == _SWITCHING or status > _LAST:
                raise _refuse(f"status {status}")
            if status >= _FINAL:
                return version, status, reason
            self._irregular = True
            while self.fp.readline().strip(b"\r\n"):
                pass
        raise _refuse(f"more than {MAX_INTERIM} interim answers")

    def _check_framing(self) -> None:
        codings = self.headers.get_all("transfer-encoding", [])
        lengths = set(self.headers.get_all("content-length", []))
        if any(coding.strip().lower() != "chunked" for coding in codings) or len(codings) > 1:
            raise _refuse(f"Transfer-Encoding {', '.join(codings)[:80]!r}")
        if len(lengths) > 1 or not all(_LENGTH.fullmatch(length.strip()) for length in lengths):
            raise _refuse(f"Content-Length {', '.join(sorted(lengths))[:80]!r}")
        if codings and lengths:  # RFC 9112, section 6.3: chunked counts, and the connection ends
            self._irregular = True

    def _close_conn(self) -> None:
        """Look for bytes beyond the end: they would become the next URL's answer."""
        fp = self.fp
        if fp is not None and not self.will_close and self._is_whole(fp) and self._more(fp):
            self._distrust()
        super()._close_conn()  # type: ignore[misc]

    def _is_whole(self, fp: Any) -> bool:
        return bool(fp.chunks_ended() if self.chunked else self.length == 0)

    def _more(self, fp: Any) -> bool:
        timeout = self._socket.gettimeout()
        try:
            self._socket.settimeout(0.0)
            return bool(fp.stream.peek(1))
        except (OSError, ValueError):  # nothing there, or a TLS record that is no data
            return False
        finally:
            self._socket.settimeout(timeout)


def _refuse(reason: str) -> Trouble:
    return Trouble(Kind.PROTOCOL, reason)
