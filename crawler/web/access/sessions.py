"""Sessions of browsers: a cookie that only who has the token can have made. Pure.

Nothing is remembered: the cookie says until when it holds, and a code proves that the server said
so (HMAC, RFC 2104). So a session outlasts the server, and a new token ends all of them.
"""

import hmac

from crawler.model import DAY_S, Seconds

LASTS_S: Seconds = 7 * DAY_S
"""How long a browser is known."""


def cookie_name(port: int) -> str:
    """Return the name of the cookie: browsers send cookies to every port of a host."""
    return f"crawler-{port}"


def opened(token: str, now: Seconds) -> str:
    """Return the value of a cookie from now on."""
    until = str(int(now + LASTS_S))
    return f"{until}.{_code(token, until)}"


def is_open(token: str, value: str, now: Seconds) -> bool:
    """Tell whether a value was made with this token, and its time is not over."""
    until, _, code = value.partition(".")
    is_ours = hmac.compare_digest(_code(token, until).encode(), code.encode("utf-8", "replace"))
    return is_ours and until.isdecimal() and now < int(until)


def set_cookie(name: str, value: str, *, secure: bool) -> str:
    """Return the header that gives a cookie; no value takes it away."""
    lasts = LASTS_S if value else 0
    only = "; Secure" if secure else ""
    return f"{name}={value}; Path=/; Max-Age={lasts:.0f}; HttpOnly; SameSite=Strict{only}"


def value_in(header: str, name: str) -> str:
    """Return the value of a cookie in what a browser sent; '' where it is not."""
    pairs = (one.strip().partition("=") for one in header.split(";"))
    return next((value for found, _, value in pairs if found == name), "")


def _code(token: str, until: str) -> str:
    text = f"session until {until}".encode("utf-8", "replace")
    return hmac.new(token.encode(), text, "sha256").hexdigest()
