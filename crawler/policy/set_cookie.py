"""Set-Cookie, read: what a browser would keep of it (RFC 6265bis, sections 5.6 and 5.7). Pure.

What is not for the host that sent it, or is for all sites below a public suffix, is no cookie.
SameSite and HttpOnly are about pages and their scripts, of which there are none here.
"""

import re
from datetime import UTC, datetime

from crawler.cookie import Cookie
from crawler.model import DAY_S, Seconds
from crawler.policy.sites import is_public_suffix
from crawler.urls import SplitUrl

MAX_COOKIE = 4096
"""Bytes of a name and a value together (RFC 6265bis, section 5.6)."""
MAX_ATTRIBUTE = 1024
"""Bytes of the value of an attribute that counts (ibid.)."""
MAX_LIFE_S: Seconds = 400 * DAY_S
"""Longest time for which a cookie is kept (RFC 6265bis, section 5.5); without one it is that."""
_REFUSED = re.compile(r"[\x00-\x1f\x7f]")
_MAX_AGE = re.compile(r"-?[0-9]+")
_ADDRESS = re.compile(r"\[.*\]|[0-9.]+")
_DELIMITERS = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE = {
    "time": re.compile(r"([0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2})(?:[^0-9]|$)"),
    "day": re.compile(r"([0-9]{1,2})(?:[^0-9]|$)"),
    "month": re.compile(f"({'|'.join(_MONTHS)})", re.IGNORECASE),
    "year": re.compile(r"([0-9]{2,4})(?:[^0-9]|$)"),
}
"""What is sought in a date, in this order: each token of it is one of them."""


def cookie_of(line: str, place: SplitUrl, now: Seconds) -> Cookie | None:
    """Return the cookie of a Set-Cookie line that came from a place; None if it sets none.

    `line` is in Latin-1. Control characters, TAB too, make it void, as in curl.
    """
    pair, _, rest = line.strip(" \t").partition(";")
    name, value = _named(pair)
    if _REFUSED.search(line.strip(" \t")) or not 0 < len(name) + len(value) <= MAX_COOKIE:
        return None
    found = _attributes(rest)
    secure = "secure" in found
    domain = _domain(found.get("domain", ""), place.hostname)
    if domain is None or (secure and place.scheme != "https"):
        return None
    path = found.get("path", "")
    cookie = Cookie(
        domain or place.hostname,
        bool(domain),
        path if path.startswith("/") else default_path(place.path),
        name,
        value,
        secure,
        _expires(found, now),
        now,
    )
    return cookie if _keeps_its_prefix(cookie, path) else None


def default_path(path: str) -> str:
    """Return the path of a cookie that names none (RFC 6265bis, section 5.1.4)."""
    return path[: path.rfind("/")] or "/"


def _named(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    return (name.strip(" \t"), value.strip(" \t")) if equals else ("", pair.strip(" \t"))


def _attributes(rest: str) -> dict[str, str]:
    """Return the attributes; of one name the last counts."""
    found = {}
    for one in rest.split(";"):
        name, _, value = one.partition("=")
        value = value.strip(" \t")
        if len(value) <= MAX_ATTRIBUTE:
            found[name.strip(" \t").lower()] = value
    return found


def _domain(said: str, host: str) -> str | None:
    """Return the domain that a cookie is for; '' for its host alone, None if it may not be set."""
    domain = said.removeprefix(".").lower()
    if not domain:
        return ""
    if _ADDRESS.fullmatch(host):
        return "" if domain == host else None
    if domain != host and not host.endswith(f".{domain}"):
        return None
    if is_public_suffix(domain):
        return "" if domain == host else None
    return domain


def _expires(found: dict[str, str], now: Seconds) -> Seconds:
    """Return when a cookie ends; Max-Age counts before Expires."""
    until = now + MAX_LIFE_S
    age, date = found.get("max-age", ""), found.get("expires", "")
    if _MAX_AGE.fullmatch(age):
        seconds = 0 if age.startswith("-") else int(age[:12])
        return min(until, now + seconds) if seconds else 0.0
    at = _date(date) if date else None
    return until if at is None else min(until, at)


def _date(text: str) -> Seconds | None:
    """Return the wall time of a date of whatever form (RFC 6265bis, section 5.1.1)."""
    found: dict[str, str] = {}
    for token in _DELIMITERS.split(text):
        for name, pattern in _DATE.items():
            if name not in found and (match := pattern.match(token)):
                found[name] = match[1]
                break
    if len(found) < len(_DATE):
        return None
    hour, minute, second = map(int, found["time"].split(":"))
    month, year = _MONTHS.index(found["month"].lower()) + 1, int(found["year"])
    year += 1900 if 70 <= year <= 99 else 2000 if year <= 69 else 0
    try:
        moment = datetime(year, month, int(found["day"]), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp()


def _keeps_its_prefix(cookie: Cookie, path: str) -> bool:
    """Tell whether a cookie is what its name promises (RFC 6265bis, section 4.1.3).

    One without a name must not look as if it had such a one.
    """
    name = (cookie.name or cookie.value).lower()
    if not name.startswith(("__secure-", "__host-")):
        return True
    if not cookie.name or not cookie.secure:
        return False
    return name.startswith("__secure-") or (not cookie.wide and path == "/")
