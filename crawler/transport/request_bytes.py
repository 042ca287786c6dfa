"""A request in bytes: made once for a job and a host, but for its path and its conditions."""

import re
from collections.abc import Mapping

from requests import PreparedRequest
from requests.structures import CaseInsensitiveDict

from crawler.policy.http_grammar import FIELD_NAME, FIELD_TEXT
from crawler.urls import SplitUrl

_NAME = re.compile(FIELD_NAME)
_VALUE = re.compile(FIELD_TEXT)
_TARGET = re.compile(r"[!-~]+")
_DEFAULT = {"http": "80", "https": "443"}


class Origin:
    """Scheme, name and port that a request goes to, as TLS, HTTP and the crawler spell them."""

    __slots__ = ("field", "host", "name", "port", "secure", "text")

    def __init__(self, text: str, place: SplitUrl) -> None:
        self.text = text
        """scheme://authority, as URLs spell it."""
        self.secure = place.scheme == "https"
        self.host = place.host
        self.name = _name(text)
        self.port = int(place.port)
        default = place.port == _DEFAULT[place.scheme]
        self.field = place.hostname if default else place.host
        """The Host header."""


def _name(text: str) -> str:
    """Return the name that is looked up: a dot at its end keeps it from being completed."""
    authority = text.partition("://")[2]
    name, colon, port = authority.rpartition(":")
    return (authority if not colon or port.endswith("]") else name).strip("[]")


class Request(PreparedRequest):
    """A prepared request, and the bytes of its header."""

    def __init__(
        self,
        method: str,
        origin: Origin,
        url: str,
        headers: CaseInsensitiveDict[str],
        lines: bytes,
        body: bytes | None,
    ) -> None:
        """Assign; what requests would prepare is given already."""
        self.method = method
        self.origin = origin
        self.url = url
        self.headers = headers
        self.body = body
        self._lines = lines
        self._content = body or b""

    def wire(self, *, close: bool, forward: bytes | None = None) -> bytes:
        """Return all of its bytes.

        With `forward`, the header lines for a proxy, its target is the whole URL.

        Raises:
            ValueError: there are characters in its URL that would break the request line.
        """
        target = str(self.url)[len(self.origin.text) :]
        if not target.startswith("/"):
            target = f"/{target}"
        if not _TARGET.fullmatch(target):
            raise ValueError("a URL with characters that cannot be sent")
        end = b"Connection: close\r\n\r\n" if close else b"\r\n"
        if forward is not None:
            target, end = f"{self.origin.text}{target}", forward + end
        return b"%b %b HTTP/1.1\r\n%b%b%b" % (
            str(self.method).encode(), target.encode(), self._lines, end, self._content,
        )  # fmt: skip


def lines_of(headers: Mapping[str, str], origin: Origin) -> bytes:
    """Return a header in bytes.

    Raises:
        ValueError: a name or a value that would break it, or cannot be sent as latin-1.
    """
    fields = list(headers.items())
    if not any(name.lower() == "host" for name in headers):
        fields.insert(0, ("Host", origin.field))
    for name, value in fields:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(f"the request header {name[:80]!r} cannot be sent")
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("latin-1")
