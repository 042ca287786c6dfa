"""Cookies together: which of two counts, which goes where, how many there may be. Pure.

Jars of several processes are joined: of one key the newest counts, also where it says that the
cookie is gone. So it does not matter in which order, or how often, they are told.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from crawler.cookie import Cookie, Keep
from crawler.model import DAY_S, Seconds
from crawler.policy.set_cookie import cookie_of
from crawler.policy.sites import site_of
from crawler.urls import SplitUrl

Key = tuple[str, str, str]
Jar = Mapping[Key, Cookie]
MAX_LINES = 180
"""Set-Cookie lines of one answer that are read."""
MAX_OF_DOMAIN = 50
"""Cookies of a domain, at least (RFC 6265bis, section 6.1)."""
MAX_OF_SITE = 180
"""Cookies of a jar."""
MAX_OF_VISIT, MAX_BYTES_OF_VISIT = 50, 16_384
"""Cookies that the redirects of a visit carry on, and their bytes."""
MAX_HEADER = 8190
"""Bytes of a Cookie field, beyond which cookies stay behind, as in curl: servers take no longer."""
GONE_S: Seconds = DAY_S
"""How long it is known that a cookie is gone: what others know of it is older by then."""
_TICK_S: Seconds = 1e-6
_RENEWED = 0.1
"""Share of its life by which a cookie that is set again has to last longer to be news."""


def jar_name(keep: Keep, place: SplitUrl) -> str:
    """Return which jar of a job is for a place: that of its site, or `=host` of its host alone."""
    return site_of(place.hostname) if keep == "job" else f"={place.hostname}"


def cookies_set(lines: Iterable[str], place: SplitUrl, now: Seconds, jar: Jar) -> list[Cookie]:
    """Return what the Set-Cookie lines of an answer change in a jar.

    What came without TLS lays nothing over what is for TLS alone (RFC 6265bis, section 5.7).
    """
    found: dict[Key, Cookie] = {}
    for line in islice(lines, MAX_LINES):
        cookie = cookie_of(line, place, now)
        if cookie and not _is_covered(cookie, place, jar.values()):
            found[cookie.key] = cookie
    known = [(one, jar.get(one.key)) for one in found.values()]
    return [_after(one, before) for one, before in known if _is_news(one, before, now)]


def joined(*jars: Iterable[Cookie]) -> dict[Key, Cookie]:
    """Return the cookies of jars by key; of two the newer one, of two as new the later one."""
    found: dict[Key, Cookie] = {}
    for jar in jars:
        for cookie in jar:
            known = found.get(cookie.key)
            if known is None or known.set_at <= cookie.set_at:
                found[cookie.key] = cookie
    return found


def bounded(jar: dict[Key, Cookie], now: Seconds) -> dict[Key, Cookie]:
    """Return a jar without what ended long ago, and without the oldest of too many."""
    kept = [one for one in jar.values() if max(one.expires, one.set_at + GONE_S) > now]
    if len(kept) > MAX_OF_DOMAIN:
        kept = _newest(kept)
    return {one.key: one for one in kept}


def _newest(cookies: Sequence[Cookie]) -> list[Cookie]:
    number: Counter[str] = Counter()
    found = []
    for one in sorted(cookies, key=lambda cookie: -cookie.set_at)[:MAX_OF_SITE]:
        number[one.domain] += 1
        if number[one.domain] <= MAX_OF_DOMAIN:
            found.append(one)
    return found[::-1]


def carried(jar: Iterable[Cookie]) -> tuple[Cookie, ...]:
    """Return what the redirects of a visit carry on: the newest, as far as there is room."""
    left, number = MAX_BYTES_OF_VISIT, MAX_OF_VISIT
    found = []
    for one in sorted(jar, key=lambda cookie: cookie.set_at)[::-1]:
        left -= sum(map(len, (*one.key, one.value)))
        number -= 1
        if left < 0 or number < 0:
            break
        found.append(one)
    return tuple(reversed(found))


def header_of(cookies: Iterable[Cookie], place: SplitUrl, now: Seconds) -> str | None:
    """Return the Cookie field for a place (RFC 6265bis, section 5.8.3); None if none goes there."""
    found = [one for one in cookies if goes_to(one, place, now)]
    found.sort(key=lambda cookie: -len(cookie.path))
    room, pairs = MAX_HEADER, []
    for one in found:
        room -= len(one.pair) + 2
        if room < 0:
            break
        pairs.append(one.pair)
    return "; ".join(pairs) or None


def goes_to(cookie: Cookie, place: SplitUrl, now: Seconds) -> bool:
    """Tell whether a cookie is for a place."""
    if cookie.expires <= now or (cookie.secure and place.scheme != "https"):
        return False
    host = place.hostname
    here = host == cookie.domain or (cookie.wide and host.endswith(f".{cookie.domain}"))
    return here and _within(place.path, cookie.path)


def _within(path: str, cookie_path: str) -> bool:
    """Tell whether a path is a cookie's, or below it (RFC 6265bis, section 5.1.4)."""
    if not path.startswith(cookie_path):
        return False
    return cookie_path.endswith("/") or path[len(cookie_path) :][:1] in {"", "/"}


def _is_covered(cookie: Cookie, place: SplitUrl, jar: Iterable[Cookie]) -> bool:
    """Tell whether one that is for TLS alone stands in the way of a cookie that came without."""
    return place.scheme != "https" and any(
        one.secure
        and one.name == cookie.name
        and (_in(one.domain, cookie.domain) or _in(cookie.domain, one.domain))
        and _within(cookie.path, one.path)
        for one in jar
    )


def _after(cookie: Cookie, known: Cookie | None) -> Cookie:
    """Return a cookie that is newer than the one it replaces, whatever the clock was then."""
    if known is None or known.set_at < cookie.set_at:
        return cookie
    return cookie._replace(set_at=known.set_at + _TICK_S)


def _in(domain: str, other: str) -> bool:
    return domain == other or domain.endswith(f".{other}")


def _is_news(cookie: Cookie, known: Cookie | None, now: Seconds) -> bool:
    """Tell whether a cookie changes a jar; one that lasts a little longer does not."""
    if known is None or known.expires <= now:
        return cookie.expires > now or known is None
    same = known._replace(expires=cookie.expires, set_at=cookie.set_at) == cookie
    if not same or cookie.expires <= known.expires:
        return not (same and cookie.expires == known.expires)
    return cookie.expires - known.expires > _RENEWED * (cookie.expires - now)
