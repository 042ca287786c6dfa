"""A server on loopback that remembers whole requests, for commands that are typed side by side."""

import gzip
import re
from base64 import b64encode
from dataclasses import dataclass
from hashlib import md5

import gevent
from gevent.pywsgi import WSGIServer

STAMP = "Sun, 01 Nov 2020 10:00:00 GMT"
BODY = b"0123456789" * 10
_ALLOWED = f"Basic {b64encode(b'me:pw').decode()}"

_ASKED = {"secret": "Basic realm=x", "digest": 'Digest realm="x", nonce="n", qop="auth"'}
_FIXED = {
    "moved": ("302 Found", [("Location", "/a.txt")], b""),
    "missing": ("404 Not Found", [], b""),
    "named": ("200 OK", [("Content-Disposition", 'attachment; filename="b.txt"')], BODY),
}


def _is_allowed(path: str, said: str) -> bool:
    """Tell whether a login is the one of `me` with `pw`."""
    if path == "secret":
        return said == _ALLOWED
    found = dict(re.findall(r'(\w+)="?([^",]*)', said))
    user, asked = (_md5(text) for text in ("me:x:pw", "GET:/digest"))
    parts = (user, "n", found.get("nc", ""), found.get("cnonce", ""), "auth", asked)
    return found.get("response") == _md5(":".join(parts))


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Request:
    """A request as the server saw it."""

    line: str
    headers: dict[str, str]
    body: str


class HandServer:
    """Answers by path; `fresh` forgets what it has seen."""

    def __init__(self, **tls) -> None:
        self._tls = tls
        self.fresh()

    def __enter__(self) -> "HandServer":
        self._server = WSGIServer(
            ("127.0.0.1", 0), self._answer, log=None, error_log=None, **self._tls
        )
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0.1)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def fresh(self) -> None:
        self.requests: list[Request] = []

    def _answer(self, environ, start_response):
        headers = {name[5:]: value for name, value in environ.items() if name.startswith("HTTP_")}
        headers["CONTENT_TYPE"] = environ.get("CONTENT_TYPE", "")
        path, length = environ["PATH_INFO"], int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length).decode()
        path = path.partition("://")[2].partition("/")[2] or path.strip("/")
        self.requests.append(Request(f"{environ['REQUEST_METHOD']} /{path}", headers, body))
        status, fields, content = self._of(path, headers)
        if path == "slow":
            gevent.sleep(3)
        start_response(status, [("Content-Length", str(len(content))), *fields])
        return [content] if environ["REQUEST_METHOD"] != "HEAD" else []

    def _of(self, path: str, headers: dict[str, str]):
        if path in {"wall", "sets"} and headers.get("COOKIE") != "seen=1":
            said = ("Set-Cookie", "seen=1; Path=/")
            return "302 Found" if path == "wall" else "200 OK", [said, ("Location", "/wall")], BODY
        if path in _FIXED:
            return _FIXED[path]
        if path in _ASKED and not _is_allowed(path, headers.get("AUTHORIZATION", "")):
            return "401 Who are you", [("WWW-Authenticate", _ASKED[path])], b""
        if path == "packed" and "gzip" in headers.get("ACCEPT_ENCODING", ""):
            return "200 OK", [("Content-Encoding", "gzip")], gzip.compress(BODY, mtime=0)
        is_busy = path == "busy" and len(self.requests) == 1
        if is_busy or headers.get("IF_MODIFIED_SINCE") == STAMP:
            return "503 Busy" if is_busy else "304 Not Modified", [], b""
        return self._file(headers.get("RANGE", ""))

    def _file(self, asked: str):
        fields = [("Last-Modified", STAMP), ("Content-Type", "text/plain")]
        start = int(asked.removeprefix("bytes=").rstrip("-") or 0)
        if not start:
            return "200 OK", fields, BODY
        place = ("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
        return "206 Partial Content", [*fields, place], BODY[start:]
