"""Where an answer redirects to: one judge for visits of URLs and for lists of jobs. Pure."""

from collections.abc import Mapping

from crawler.model import Kind, Trouble
from crawler.urls import canonical

MAX_REDIRECTS = 10
"""Redirects of one visit, where no job says another number."""
REDIRECT_STATUS = frozenset({301, 302, 303, 307, 308})
"""Statuses that name another URL to ask (RFC 9110, section 15.4)."""
_REPEATS_METHOD = frozenset({307, 308})


def redirect_of(
    status: int,
    headers: Mapping[str, str],
    location: str,
    *,
    hops: int,
    method: str = "GET",
    most: int = MAX_REDIRECTS,
) -> str | None:
    """Return the canonical URL that an answer redirects to, or None if the answer is no redirect.

    `location` is the URL that was asked, `hops` the number of redirects that led to it. `headers`
    are text as it came, in Latin-1; servers write Location in UTF-8, or in bytes of another
    encoding, which stay as they are.

    Raises:
        Trouble: `http_error` for a redirect that would repeat a POST, `redirect_limit` for one
            redirect more than `most`, `blocked` for a Location that cannot be asked for.
    """
    if status not in REDIRECT_STATUS:
        return None
    if status in _REPEATS_METHOD and method != "GET":
        raise Trouble(Kind.HTTP_ERROR, "a redirect that would repeat the POST")
    if "location" not in headers:
        return None
    if hops >= most:
        reason = f"more than {most} redirects" if most else "a redirect, and none is followed"
        raise Trouble(Kind.REDIRECT_LIMIT, reason)
    try:
        return canonical(_text(headers["location"]), location)
    except ValueError as error:
        raise Trouble(Kind.BLOCKED, f"bad Location: {error}") from None


def _text(location: str) -> str:
    """Return a Location as text; bytes that are no UTF-8 are percent-encoded, as curl does it."""
    raw = location.encode("latin-1")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in raw)
