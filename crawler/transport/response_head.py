"""The head of an answer, read strictly: pure, bytes in, a Head or a Trouble out.

The common parsers return 103 as the final answer and give the real one to the next request, stop at
a line without a colon and lose all that follows, split at a bare CR, and take a status line without
a header for a whole answer. Here each of these is `protocol` (RFC 9112, sections 2.2, 4 and 5), and
so is whatever else the grammar does not know, but for two old habits: lines may end with LF alone,
and a folded line is unfolded. Who is asked again will send the same, so such a URL is given up at
once; only what broke off may end better.
"""

import re
from collections.abc import Iterator, Mapping

from crawler.model import Kind, Trouble
from crawler.policy.http_grammar import FIELD_NAME, FIELD_TEXT
from crawler.value import mutable

MAX_LINE_BYTES = 65_536
MAX_HEAD_BYTES = 262_144
MAX_FIELDS = 500
MAX_LENGTH = 10**18
"""A Content-Length beyond this counts as this: no disk has so much room."""

HEAD_END = re.compile(rb"\n\r?\n")
"""Where a head ends."""
_STATUS = re.compile(rf"HTTP/1\.([0-9]) ++([0-9]{{3}})(?:[ \t]{FIELD_TEXT})?\r?\n")
_LINES = re.compile(rf"(?:(?:{FIELD_NAME}:|[ \t]){FIELD_TEXT}\r?\n)*+")
_FIELDS = re.compile(rf"(?:{FIELD_NAME}:{FIELD_TEXT}\r?\n(?:[ \t]{FIELD_TEXT}\r?\n)*+)*+\r?\n")
_FIELD = re.compile(rf"({FIELD_NAME}):[ \t]*+({FIELD_TEXT})\r?\n")
_START = b"HTTP/1."
_FOLD = re.compile(r"\r?\n[ \t]+")
_LENGTH = re.compile(r"0*+([0-9]*+)")
_SWITCHING, _FINAL = 101, 200
_NO_TUNNEL = 300
"""The first status that opens no tunnel."""
_BODILESS = frozenset({204, 304})


SINGLE = frozenset({
    "age", "content-encoding", "content-location", "content-range", "content-type", "date", "etag",
    "expires", "last-modified", "location", "retry-after",
})  # fmt: skip
"""Fields that stand in an answer once (RFC 9110, section 5.3); content-encoding may be a list."""
_TOLD = ("location", "etag", "last-modified", "content-encoding")
"""Single fields of which it is told that their lines differ: much hangs on them."""


class Headers(Mapping[str, str]):
    """The fields of an answer; names are found in any case, lines of one name are joined.

    Of SINGLE fields the first line counts.
    """

    __slots__ = ("_lines", "_values")

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        self._lines: dict[str, list[str]] = {}
        values = self._values
        for name, text in fields:
            key, value = name.lower(), text.rstrip(" \t")
            if key in values:
                self._lines.setdefault(key, [values[key]]).append(value)
                if key not in SINGLE:
                    values[key] = f"{values[key]}, {value}"  # RFC 9110, section 5.3
            else:
                values[key] = value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        return self._values.get(name.lower(), default)

    def getlist(self, name: str) -> list[str]:
        """Return the lines of a name one by one, as urllib3 calls it."""
        if lines := self._lines.get(name.lower()):
            return lines
        return [self._values[name.lower()]] if name.lower() in self._values else []

    def differing(self) -> str:
        """Return the names of single fields whose lines differ: the first one counts."""
        if not self._lines:
            return ""
        return ", ".join(name for name in _TOLD if len(set(self._lines.get(name, ()))) > 1)


@mutable
class Head:
    """Status, fields, and how the body is framed (RFC 9112, section 6.3)."""

    status: int
    headers: Headers
    chunked: bool = False
    length: int | None = None
    """None: in chunks, or until the connection ends."""
    keeps: bool = False
    """Whether the connection may bring another answer after this one."""
    raw: bytes = b""
    """The head as it came, its empty line included."""


def head_of(block: bytes, *, tunnel: bool = False) -> Head:
    """Read a whole head, the empty line at its end included; an interim one has no framing.

    With `tunnel` it answers CONNECT, and has none if it opens the tunnel: what it says of a body is
    ignored (RFC 9112, section 6.3).

    Raises:
        Trouble: `protocol`.
    """
    if len(block) > MAX_LINE_BYTES:
        _check_lengths(block)
    text = block.decode("latin-1")
    status = _STATUS.match(text)
    if not status or not _FIELDS.fullmatch(text, status.end()):
        raise _why_not(text)
    start = status.end()
    if "\n " in text or "\n\t" in text:  # RFC 9112, section 5.2
        text, start = _FOLD.sub(" ", text[start:]), 0
    fields = _FIELD.findall(text, start)
    if len(fields) > MAX_FIELDS:
        raise refusal(f"more than {MAX_FIELDS} header lines")
    head = Head(_status(status[2]), Headers(fields), raw=block)
    return head if head.status < (_NO_TUNNEL if tunnel else _FINAL) else _framed(head, status[1])


def check_sofar(block: bytes, checked: int) -> int:
    """Check the lines of a head that has not ended yet; return how far it has been checked.

    Raises:
        Trouble: `protocol`; whatever follows, this is no head.
    """
    end = block.rfind(b"\n") + 1
    if len(block) - end > MAX_LINE_BYTES:
        raise refusal(f"a header line of more than {MAX_LINE_BYTES} bytes")
    if end <= checked:
        return checked
    _check_lengths(block[checked:end])
    text = block[checked:end].decode("latin-1")
    status = None if checked else _STATUS.match(text)
    if not (checked or status) or not _LINES.fullmatch(text, status.end() if status else 0):
        raise _why_not(text, checked == 0)
    return end


def check_start(block: bytes) -> None:
    """Check the first bytes of a head that broke off.

    Raises:
        Trouble: `protocol`; whatever had followed, this is no head.
    """
    if not _START.startswith(block[: len(_START)]):
        raise refusal(f"no status line: {block[:80]!r}")


def refusal(reason: str) -> Trouble:
    """Return the Trouble of an answer that is none, however often it is asked for."""
    return Trouble(Kind.PROTOCOL, reason, final=True)


def _status(digits: str) -> int:
    status = int(digits)
    if status < 100 or status == _SWITCHING:
        raise refusal(f"status {status}")
    return status


def _framed(head: Head, minor: str) -> Head:
    headers = head.headers
    head.keeps = _persists(minor, (headers.get("connection") or "").lower())
    lengths = headers.getlist("content-length")
    if lengths:
        head.length = _length(lengths)
    if codings := headers.getlist("transfer-encoding"):
        head.keeps = head.keeps and not (lengths or minor == "0")  # it may not be meant: RFC 9112,
        if _is_chunked(codings):  # sections 6.3 and 6.1
            head.chunked, head.length = True, None
    if head.status in _BODILESS:
        head.chunked, head.length = False, 0
    head.keeps = head.keeps and (head.chunked or head.length is not None)
    return head


def _persists(minor: str, connection: str) -> bool:
    """Tell whether the other side means to keep the connection (RFC 9112, section 9.3)."""
    return "close" not in connection and (minor != "0" or "keep-alive" in connection)


def _length(lines: list[str]) -> int:
    number = _LENGTH.fullmatch(lines[0])
    if len(set(lines)) > 1 or not (lines[0] and number):
        raise refusal(f"Content-Length {', '.join(sorted(set(lines)))[:80]!r}")
    return int(number[1] or "0") if len(number[1]) <= 18 else MAX_LENGTH


def _is_chunked(lines: list[str]) -> bool:
    """Tell chunks from `identity`, which is no coding (RFC 2616, section 3.6)."""
    words = [word.strip(" \t") for word in ",".join(lines).lower().split(",")]
    if (codings := [word for word in words if word != "identity"]) not in ([], ["chunked"]):
        raise refusal(f"Transfer-Encoding {', '.join(lines)[:80]!r}")
    return bool(codings)


def _check_lengths(block: bytes) -> None:
    if any(len(line) >= MAX_LINE_BYTES for line in block.split(b"\n")):
        raise refusal(f"a header line of more than {MAX_LINE_BYTES} bytes")


def _why_not(text: str, first: bool = True) -> Trouble:  # noqa: FBT001, FBT002
    line = text.partition("\n")[0]
    if "\0" in text or "\r" in text.replace("\r\n", ""):
        return refusal("a NUL or a bare CR in the header")
    if first and not _STATUS.match(text):
        return refusal(f"no status line: {line[:80]!r}")
    return refusal("a header line without a name")
