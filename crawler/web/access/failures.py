"""Wrong tokens: each costs a second, and only few are waited for at once."""

from http import HTTPStatus

import gevent

from crawler.model import Seconds
from crawler.web.problems import Problem

COSTS_S: Seconds = 1.0
"""How long the answer to a wrong token takes."""
MAX_AT_ONCE = 8
"""Wrong tokens that are waited for; more are turned away without a look."""


class Failures:
    """Slows down whoever guesses. A right token never waits: it is looked at before."""

    def __init__(self) -> None:
        self._waiting = 0

    def suffer(self) -> Problem:
        """Wait, and return what is answered to a wrong token."""
        if self._waiting >= MAX_AT_ONCE:
            return Problem(
                HTTPStatus.TOO_MANY_REQUESTS, "auth", "too many wrong tokens; try again later",
                retry_after=round(COSTS_S) + 1,
            )  # fmt: skip
        self._waiting += 1
        try:
            gevent.sleep(COSTS_S)
        finally:
            self._waiting -= 1
        return unknown("that is not the token")


def unknown(detail: str) -> Problem:
    """Return what is answered to who has not shown the token."""
    return Problem(HTTPStatus.UNAUTHORIZED, "auth", detail)
