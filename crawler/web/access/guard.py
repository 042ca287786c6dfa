"""Who may ask, and who may act. Pure; every comparison of a secret takes the same time.

A browser sends cookies whatever page asks it to. So beside the token it is looked at who asked:
`Host` (a name that leads here is not ours: DNS rebinding), `Origin`, `Sec-Fetch-Site` (Fetch
Metadata Request Headers, W3C).
"""

import hmac
import ipaddress
import re
from collections.abc import Collection
from enum import IntEnum
from http import HTTPStatus

from crawler.model import Seconds
from crawler.value import value
from crawler.web.access import sessions
from crawler.web.problems import Problem

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")


class Rank(IntEnum):
    """What somebody may do."""

    NOBODY = 0
    READER = 1
    OPERATOR = 2


@value
class Asked:
    """What a request says of who asks; '' where it says nothing."""

    method: str
    host: str
    origin: str = ""
    fetch_site: str = ""
    authorization: str = ""
    cookie: str = ""

    @property
    def presented(self) -> str:
        """Return the token that was sent along (RFC 6750)."""
        scheme, _, token = self.authorization.partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""


@value
class Guard:
    """The rules of one server."""

    token: str
    port: int
    is_local: bool
    """Whether it listens on loopback alone."""
    public_read: bool = False
    names: Collection[str] = ()
    """Names of hosts, in small letters, by which it may be called beside addresses."""

    def knows(self, token: str) -> bool:
        """Tell whether this is the token."""
        return hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())

    def objection(self, asked: Asked) -> Problem | None:
        """Return why a request is not heard at all, whoever sent it."""
        if not self._is_named(asked.host):
            return _refused(
                f"{asked.host[:100]!r} is no name of this server: use its address, or start it "
                "with --name"
            )
        if asked.origin and not self._is_own(asked):
            return _refused(f"a page of {asked.origin[:100]!r} may not ask this server")
        return None

    def rank(self, asked: Asked, now: Seconds) -> Rank:
        """Return what somebody may do."""
        if asked.presented:
            return Rank.OPERATOR if self.knows(asked.presented) else Rank.NOBODY
        value = sessions.value_in(asked.cookie, sessions.cookie_name(self.port))
        if value and self._came_from_us(asked) and sessions.is_open(self.token, value, now):
            return Rank.OPERATOR
        return Rank.READER if self.public_read else Rank.NOBODY

    def _is_named(self, host: str) -> bool:
        """Tell whether a Host is an address, which no name can lead to, or one of our names."""
        found = _HOST.fullmatch(host)
        if not found:
            return False
        name = found[1].strip("[]").lower()
        return name == "localhost" or name in self.names or _is_address(name)

    def _is_own(self, asked: Asked) -> bool:
        scheme, _, authority = asked.origin.partition("://")
        return scheme in {"http", "https"} and authority.lower() == asked.host.lower()

    def _came_from_us(self, asked: Asked) -> bool:
        """Tell whether a browser sent its cookie because of our own page, or of its user.

        What acts has an Origin: browsers send it with every POST.
        """
        if asked.method not in {"GET", "HEAD"}:
            return self._is_own(asked)
        return asked.fetch_site in {"", "same-origin", "none"}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refused(detail: str) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, "auth", detail)
