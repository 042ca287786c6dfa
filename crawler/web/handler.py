"""One connection: a request comes whole and in time, or not at all.

pywsgi waits for ever for a client that sends a byte a minute, and reads what nobody asked for to
its end. Here a request is read, body and all, under one deadline and within bounds before the
application sees it; what is not read in time by the client ends its connection.
"""

from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from typing import Any, cast

import gevent
from gevent.pywsgi import WSGIHandler

from crawler.model import Seconds
from crawler.web.media import PROBLEM
from crawler.web.problems import Problem
from crawler.web.strict import check_fields, check_line, origin_form

REQUEST_S: Seconds = 10.0
"""How long a request may take to come; a connection without one is closed after that, too."""
WRITE_S: Seconds = 20.0
"""How long a client may take nothing of its answer."""
MAX_HEAD_BYTES = 32_768
MAX_BODY_BYTES = 262_144


class _Head:
    """The lines of a head, as far as its bound."""

    def __init__(self, rfile: Any) -> None:
        self._rfile = rfile
        self._left = MAX_HEAD_BYTES

    def readline(self, size: int = -1) -> bytes:
        line: bytes = self._rfile.readline(min(size, self._left + 1) if size >= 0 else self._left)
        self._left -= len(line)
        if self._left < 0:
            raise _problem(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"the headers have more than {MAX_HEAD_BYTES:,} bytes",
            )
        check_line(line)
        return line


class Handler(WSGIHandler):
    """Handles one connection for the server."""

    _body = b""
    _deadline: gevent.Timeout | None = None

    def handle(self) -> None:
        """Handle all requests of a connection."""
        self.socket.settimeout(WRITE_S)
        with suppress(OSError):  # of a client that does not read even why it is refused
            super().handle()

    def handle_one_request(self) -> Any:
        """Handle one request; what is too long to be read has an answer like the others."""
        found = super().handle_one_request()
        if isinstance(found, tuple) and found[0] == "414":
            status = HTTPStatus.REQUEST_URI_TOO_LONG
            return self._handle_client_error(_problem(status, "the line has more than 8 KiB"))
        return found

    def read_requestline(self) -> str:
        """Read the first line; from here on the request has its deadline."""
        late = _problem(HTTPStatus.REQUEST_TIMEOUT, f"it did not come within {REQUEST_S:g} s")
        self._deadline = gevent.Timeout.start_new(REQUEST_S, late)
        try:
            line: str = super().read_requestline()
        except Problem:  # nothing was asked
            return ""
        if not line:
            self._deadline.cancel()
        return line

    def read_request(self, raw_requestline: str) -> Any:
        """Read the head and the body."""
        assert self._deadline is not None
        try:
            super().read_request(raw_requestline)
            check_fields(self.headers)
            self.path = origin_form(str(self.path), self.headers)
            self._body = self._read_body()
        finally:
            self._deadline.cancel()
        return True

    def MessageClass(self, rfile: Any, *arguments: Any) -> Any:  # noqa: N802  its name in pywsgi
        """Read the headers."""
        return super().MessageClass(cast("Any", _Head(rfile)), *arguments)

    def _read_body(self) -> bytes:
        if "transfer-encoding" in self.headers:
            raise _problem(HTTPStatus.LENGTH_REQUIRED, "send the body with a Content-Length")
        length, self.content_length = self.content_length or 0, 0  # nothing is left to be read
        if length > MAX_BODY_BYTES:
            raise _problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the body has more than {MAX_BODY_BYTES:,} bytes",
            )
        if length and self.headers.get("expect", "").lower() == "100-continue":
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body: bytes = self.rfile.read(length)
        if len(body) < length:
            raise ValueError("the body broke off")
        return body

    def get_environ(self) -> dict[str, Any]:
        """Return what the application gets."""
        environ: dict[str, Any] = super().get_environ()
        return {**environ, "wsgi.input": BytesIO(self._body), "wsgi.input_terminated": True}

    def handle_error(self, t: Any, v: Any, tb: Any) -> None:
        """Answer what nobody has foreseen; a client that does not read is nobody's fault here."""
        if isinstance(v, TimeoutError):
            self.close_connection = True
        else:
            super().handle_error(t, v, tb)

    def _handle_client_error(self, ex: Exception) -> tuple[str, bytes]:
        """Return the answer to what is no request; the connection is closed after it."""
        found = ex if isinstance(ex, Problem) else None
        found = found or _problem(HTTPStatus.BAD_REQUEST, "that is no request of HTTP/1.1")
        body = found.body()
        head = (
            f"HTTP/1.1 {found.status.value} {found.status.phrase}\r\nConnection: close\r\n"
            f"Content-Type: {PROBLEM}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return str(found.status.value), head.encode() + body


def _problem(status: HTTPStatus, detail: str) -> Problem:
    return Problem(status, "size" if status in _SIZES else "request", detail)


_SIZES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.REQUEST_URI_TOO_LONG,
}
