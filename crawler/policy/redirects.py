"""Where an answer redirects to: one judge for visits of URLs and for lists of jobs. Pure."""

from collections.abc import Mapping

from crawler.model import Kind, Trouble
from crawler.urls import canonical

MAX_REDIRECTS = 10
REDIRECT_STATUS = frozenset({301, 302, 303, 307, 308})
"""Statuses that name another URL to ask (RFC 9110, section 15.4)."""
_REPEATS_METHOD = frozenset({307, 308})


def redirect_of(
    status: int, headers: Mapping[str, str], location: str, *, hops: int, method: str = "GET"
) -> str | None:
    """Return the canonical URL that an answer redirects to, or None if the answer is no redirect.

    `location` is the URL that was asked, `hops` the number of redirects that led to it. `headers`
    are text as it came, in Latin-1; servers write Location in UTF-8.

    Raises:
        Trouble: `http_error` for a redirect that would repeat a POST, `redirect_limit` for one
            redirect more than MAX_REDIRECTS, `protocol` for a Location that is no URL.
    """
    if status not in REDIRECT_STATUS:
        return None
    if status in _REPEATS_METHOD and method != "GET":
        raise Trouble(Kind.HTTP_ERROR, "a redirect that would repeat the POST")
    if "location" not in headers:
        return None
    if hops >= MAX_REDIRECTS:
        raise Trouble(Kind.REDIRECT_LIMIT, f"more than {MAX_REDIRECTS} redirects")
    try:
        return canonical(headers["location"].encode("latin-1").decode(), location)
    except (UnicodeError, ValueError) as error:
        raise Trouble(Kind.PROTOCOL, f"bad Location: {error}") from None
