"""The exit code of a run of `crawler fetch`: what failed, in one number. Pure.

4 to 8 are those of wget.
"""

from collections.abc import Iterable

from crawler.model import Kind, Outcome

OK, LOCAL, USAGE, FORCED, NETWORK, TLS, CREDENTIALS, PROTOCOL, REFUSED, UNWANTED = range(10)
MIXED = LOCAL

CODES: dict[Kind, int] = {
    Kind.STORED: OK,
    Kind.UNCHANGED: OK,
    Kind.EMPTY: REFUSED,
    Kind.NOT_FOUND: REFUSED,
    Kind.HTTP_ERROR: REFUSED,
    Kind.REDIRECTED: REFUSED,
    Kind.REDIRECT_LIMIT: REFUSED,
    Kind.ROBOTS: REFUSED,
    Kind.BLOCKED: LOCAL,
    Kind.DNS: NETWORK,
    Kind.CONNECT: NETWORK,
    Kind.TIMEOUT: NETWORK,
    Kind.TRUNCATED: NETWORK,
    Kind.TLS: TLS,
    Kind.PROTOCOL: PROTOCOL,
    Kind.DECODE: PROTOCOL,
    Kind.TOO_BIG: UNWANTED,
    Kind.UNWANTED: UNWANTED,
    Kind.MISMATCH: UNWANTED,
    Kind.LOCAL_IO: LOCAL,
    Kind.CANCELLED: LOCAL,
    Kind.BUG: LOCAL,
}
_WANTS_CREDENTIALS = frozenset({401, 407})
"""Statuses that ask for credentials (RFC 9110, sections 15.5.2 and 15.5.8)."""


def code_of(outcome: Outcome) -> int:
    """Return the code of a URL that ended so."""
    if outcome.kind is Kind.HTTP_ERROR and outcome.status in _WANTS_CREDENTIALS:
        return CREDENTIALS
    return CODES[outcome.kind]


def exit_code(codes: Iterable[int], *, forced: bool = False) -> int:
    """Return the code of a run: that of its failures, where all of them have the same."""
    failures = set(codes) - {OK}
    if forced:
        return FORCED
    if not failures:
        return OK
    return failures.pop() if len(failures) == 1 else MIXED
