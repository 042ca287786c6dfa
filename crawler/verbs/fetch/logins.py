"""Whose credentials go with which URL: those typed with -u, within the URL, or kept in ~/.netrc.

Each login makes a job of its own, whose URLs alone have it.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from crawler.errors import UsageError
from crawler.policy.credentials import Origins
from crawler.urls import split

_WITH_USER = re.compile(r"(https?://)((?:[^/?#@\s]*@)+)", re.IGNORECASE)
_GLOB = re.compile(r"[{}\[\]]")


class Login(NamedTuple):
    """User and password of Basic authentication (RFC 7617)."""

    user: str
    password: str


Known = Callable[[str], Login | None]
"""Returns the login that is kept for the name of a host."""


def by_login(
    urls: Sequence[str], typed: Login | None, known: Known | None = None
) -> dict[Login | None, list[str]]:
    """Return the URLs of each login, without user and password; -u goes before what they say.

    Raises:
        UsageError: --netrc cannot tell which host a URL means.
    """
    groups: dict[Login | None, list[str]] = {}
    for url in urls:
        plain, own = taken_apart(url)
        login = typed or own or (_known(plain, known) if known else None)
        groups.setdefault(login, []).append(plain)
    return groups


def taken_apart(url: str) -> tuple[str, Login | None]:
    """Return a URL without the user and the password in it, and these, decoded."""
    found = _WITH_USER.match(url)
    if not found or _GLOB.search(found[2]):
        return url, None
    user, _, password = found[2][:-1].partition(":")
    login = Login(unquote(user), unquote(password))
    return found[1] + url[found.end() :], login if found[2] != "@" else None


def login_of(text: str, ask: Callable[[str], str]) -> Login:
    """Return the login of -u; `ask` asks a person for the password of a user."""
    user, colon, password = text.partition(":")
    return Login(user, password if colon else ask(user))


def hosts_of(urls: Sequence[str]) -> list[str]:
    """Return the hosts of URLs with globs, as name:port."""
    return sorted({origin.partition("://")[2] for origin in Origins(urls)})


def _known(url: str, known: Known) -> Login | None:
    origins = list(Origins([url]))
    if len(origins) != 1:
        raise UsageError("--netrc: a URL of one host is needed, without globs in its name")
    return known(split(f"{origins[0]}/").hostname)
