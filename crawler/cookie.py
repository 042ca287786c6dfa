"""A cookie, as a server has set it or a file names it; one that expired says that it is gone."""

import json
from collections.abc import Iterable
from typing import Literal, NamedTuple

Seconds = float
Keep = Literal["visit", "host", "job", "none"]
"""For how long, and for whom, a job keeps cookies."""


class Cookie(NamedTuple):
    """A cookie (RFC 6265bis, section 5.5); texts are as they came, in Latin-1."""

    domain: str
    """Name of the host that set it, or a domain that this host is in."""
    wide: bool
    """It is for the subdomains too."""
    path: str
    name: str
    value: str
    secure: bool
    """It is sent over TLS alone."""
    expires: Seconds
    """Wall time."""
    set_at: Seconds
    """Wall time at which it was set: of two with one key the newer one counts."""

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what tells it from others."""
        return self.domain, self.path, self.name

    @property
    def pair(self) -> str:
        """Return it as it is sent; one without a name is its value alone."""
        return f"{self.name}={self.value}" if self.name else self.value


class SetCookies(NamedTuple):
    """Cookies of one jar of a job: all of them, or those that answers have set."""

    job: str
    jar: str
    """Its name, see `cookie_jar.jar_name`."""
    cookies: tuple[Cookie, ...]


def packed(cookies: Iterable[Cookie]) -> str | None:
    """Return cookies as one text, in ASCII; None for none."""
    rows = [list(cookie) for cookie in cookies]
    return json.dumps(rows, separators=(",", ":")) if rows else None


def unpacked(text: str | None) -> tuple[Cookie, ...]:
    """Return the cookies of such a text."""
    return tuple(Cookie(*row) for row in json.loads(text)) if text else ()
