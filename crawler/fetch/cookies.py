"""A job's cookies.txt, as browsers, their extensions and curl write it, and what it has for a URL.

A line is domain, TRUE for its subdomains too, path, TRUE for https alone, seconds since 1970 (0 for
a session), name, value, with tabs between. Values are sent byte for byte as they stand there.
Matching is that of RFC 6265bis; a line that is odd is passed over, and told.
"""

import re
from collections.abc import Iterator
from math import inf
from pathlib import Path

from crawler.config import Job
from crawler.cookie import Cookie
from crawler.errors import UsageError
from crawler.model import Seconds
from crawler.policy.cookie_jar import header_of
from crawler.urls import canonical, split

_HTTP_ONLY = "#HttpOnly_"
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FLAGS = {"TRUE": True, "FALSE": False}
_EXPIRES = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{0,20})?")
_SENDABLE = re.compile(r"[ !-:<-~\x80-\xff]*")
"""Neither a control character nor the semicolon between two cookies."""
_ADDRESS = re.compile(r"\[.*\]|[0-9.]+")


class Cookies:
    """The cookies of a file, by domain and path; `odd` are its bad lines, as place and problem."""

    def __init__(self, odd: tuple[tuple[str, str], ...] = ()) -> None:
        self.odd = odd
        self._by_domain: dict[str, dict[tuple[str, str], Cookie]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_domain.values()))

    def add(self, cookie: Cookie) -> None:
        """Take in a cookie; it replaces one of the same name, domain and path."""
        self._by_domain.setdefault(cookie.domain, {})[cookie.name, cookie.path] = cookie

    def header(self, url: str, now: Seconds) -> str | None:
        """Return the Cookie field for a canonical URL, None if there is no cookie for it now."""
        place = split(url)
        return header_of(self.near(place.hostname), place, now)

    def values(self) -> Iterator[str]:
        """Yield the value of every cookie."""
        for cookies in self._by_domain.values():
            yield from (cookie.value for cookie in cookies.values())

    def near(self, host: str) -> Iterator[Cookie]:
        """Yield the cookies of a host, and those of the domains that it is in."""
        yield from self._by_domain.get(host, {}).values()
        domain = "" if _ADDRESS.fullmatch(host) else host.partition(".")[2]
        while domain:
            for cookie in self._by_domain.get(domain, {}).values():
                if cookie.wide:
                    yield cookie
            domain = domain.partition(".")[2]


NO_COOKIES = Cookies()


def cookies_of(job: Job) -> Cookies:
    """Read a job's cookies.txt; without one there is no cookie.

    Raises:
        UsageError: it cannot be read, or holds lines and no cookie.
    """
    file = job.cookies.file if job.cookies else None
    return load(file, job.name) if file else NO_COOKIES


def load(file: Path, name: str) -> Cookies:
    """Read the cookies.txt of the job of a name.

    Raises:
        UsageError: it cannot be read, or holds lines and no cookie.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UsageError(f"{name}: {file}: cannot be read: {error.strerror or error}") from error
    cookies = parse(data, file.name)
    if cookies.odd and not cookies:
        place, problem = cookies.odd[0]
        raise UsageError(f"{name}: {file} is no cookies.txt: {place}: {problem}")
    return cookies


def parse(data: bytes, name: str) -> Cookies:
    """Read the content of a cookies.txt; `name` is that of the file, for people. Pure."""
    if data.startswith(_UTF_16):
        data = data.decode("utf-16", "replace").encode()
    odd: list[tuple[str, str]] = []
    cookies = Cookies()
    for number, line in enumerate(data.removeprefix(_BOM).split(b"\n"), 1):
        text = line.decode("latin-1").rstrip("\r")
        text = text.removeprefix(_HTTP_ONLY)
        if not text.strip() or text.startswith("#"):
            continue
        try:
            cookies.add(_cookie(text))
        except ValueError as error:
            odd.append((f"{name}:{number}", str(error)))
    cookies.odd = tuple(odd)
    return cookies


def _cookie(text: str) -> Cookie:
    """Return the cookie of a line; whatever a server sets is newer.

    Raises:
        ValueError: it is odd; the message says why, without the line, which may hold a secret.
    """
    fields = text.split("\t")
    if len(fields) == 6:  # a value that is empty may have lost its tab
        fields.append("")
    if len(fields) != 7:
        raise ValueError(f"it has {len(fields)} fields with tabs between, 7 are needed")
    domain, wide, path, secure, expires, name, value = fields
    if not path.startswith("/"):
        raise ValueError("its third field is no path")
    host = _host(domain)
    many = _flag(wide, "second") and "." in host and not _ADDRESS.fullmatch(host)
    safe, until = _flag(secure, "fourth"), _until(expires)
    _check_sendable(name, value)
    return Cookie(host, many, path, name, value, safe, until, -inf)


def _host(domain: str) -> str:
    """Return a domain as URLs spell it: one label is a name like any other."""
    try:
        text = domain.strip().removeprefix(".").encode("latin-1").decode()
        text = f"[{text}]" if ":" in text and not text.startswith("[") else text
        host = split(canonical(f"http://{text}/")).hostname
    except ValueError:
        host = ""
    if not host or any(sign in domain for sign in "/?#@\\"):
        raise ValueError("its first field is no host")
    return host


def _until(expires: str) -> Seconds:
    """Return when a cookie ends; that of a session never does here."""
    if not _EXPIRES.fullmatch(expires):
        raise ValueError("its fifth field is no number of seconds")
    return until if (until := float(expires)) > 0 else inf


def _check_sendable(name: str, value: str) -> None:
    pair = f"{name}={value}" if name else value
    if not pair or not _SENDABLE.fullmatch(pair):
        raise ValueError("its name or its value cannot be sent")


def _flag(text: str, which: str) -> bool:
    found = _FLAGS.get(text.strip().upper())
    if found is None:
        raise ValueError(f"its {which} field is neither TRUE nor FALSE")
    return found
