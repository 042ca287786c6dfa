"""Whether a body may be continued, and whether an answer is its continuation. Pure.

Every tool that resumes with `Range` alone can splice two versions of a file. With `If-Range` a
server whose file has changed sends the whole new one (RFC 9110, section 13.1.5); its answer is
checked all the same.
"""

import re
from collections.abc import Mapping

from crawler.model import Kept, Kind, Seconds, Trouble, Validators
from crawler.policy.codings import codings_of
from crawler.policy.http_dates import parse_http_date

MIN_STILL_S: Seconds = 60.0
"""Least time between Last-Modified and Date of an answer whose body may be continued by it."""

_SENDABLE = re.compile(r"[ -~]{1,256}")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})")


def keepable(part: str, status: int, headers: Mapping[str, str]) -> Kept | None:
    """Return the part to keep of a body that may break off, or None if it cannot be continued."""
    length = headers.get("content-length", "")
    refused = headers.get("accept-ranges", "").strip().lower() == "none"
    if status != 200 or not length.isdecimal() or refused or _is_coded(headers):
        return None
    validators = validators_of(headers)
    vouched = validators.strong() and (validators.etag or _is_strong_date(headers))
    return Kept(part, validators, int(length)) if vouched else None


def _is_coded(headers: Mapping[str, str]) -> bool:
    return bool(codings_of(headers.get("content-encoding", "")))


def _is_strong_date(headers: Mapping[str, str]) -> bool:
    """Tell whether Last-Modified vouches for every byte (RFC 9110, section 8.8.2.2).

    It does where the file had been still for a minute: it counts whole seconds, in which a file can
    change twice, and the clocks of a server's parts may differ.
    """
    modified = parse_http_date(headers.get("last-modified"))
    date = parse_http_date(headers.get("date"))
    return modified is not None and date is not None and date - modified >= MIN_STILL_S


def validators_of(headers: Mapping[str, str]) -> Validators:
    """Return the validators of an answer that can be sent back as they came."""
    return Validators(_sendable(headers.get("etag")), _sendable(headers.get("last-modified")))


def _sendable(value: str | None) -> str | None:
    return value if value and _SENDABLE.fullmatch(value) else None


def check_range(kept: Kept, have: int, headers: Mapping[str, str]) -> None:
    """Check that a 206 continues the kept part: start, end, total and validator.

    Raises:
        Trouble: `protocol`; on any doubt.
    """
    if _is_coded(headers):
        raise Trouble(Kind.PROTOCOL, "a 206 with a content coding")
    match = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    if not match:
        raise Trouble(Kind.PROTOCOL, "a 206 without a Content-Range that can be read")
    first, last, total = map(int, match.groups())
    if (first, last, total) != (have, kept.total - 1, kept.total):
        raise Trouble(
            Kind.PROTOCOL, f"a 206 with bytes {first}-{last} of {total} was not asked for"
        )
    if _changed(kept.validators, validators_of(headers)):
        raise Trouble(Kind.PROTOCOL, "the file changed while it was being continued")


def _changed(ours: Validators, theirs: Validators) -> bool:
    """Tell whether validators differ; one that is missing on a side says nothing."""
    pairs = (ours.etag, theirs.etag), (ours.last_modified, theirs.last_modified)
    return any(one and other and one != other for one, other in pairs)
