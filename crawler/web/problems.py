"""What goes wrong, as the API tells it: problem details (RFC 9457), in the verbs' sentences."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import click

from crawler.errors import (
    CrawlerError,
    EndOfProcessError,
    HeldElsewhereError,
    LocalFaultError,
    StateError,
    UsageError,
)
from crawler.policy.masking import USUAL, Mask


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818  it is what is answered, and not always a fault
    """An answer that is none: a status of HTTP, a word for programs, a sentence for people."""

    status: HTTPStatus
    kind: str
    detail: str
    retry_after: int | None = None
    """Seconds after which it may be asked again."""

    def document(self, mask: Mask = USUAL) -> dict[str, Any]:
        """Return the members of RFC 9457, and `kind`."""
        return {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": mask(self.detail),
            "kind": self.kind,
        }

    def body(self, mask: Mask = USUAL) -> bytes:
        """Return the document as JSON."""
        return json.dumps(self.document(mask)).encode()


_KINDS: tuple[tuple[type[Exception], HTTPStatus, str], ...] = (
    (HeldElsewhereError, HTTPStatus.CONFLICT, "held"),
    (UsageError, HTTPStatus.BAD_REQUEST, "usage"),
    (StateError, HTTPStatus.SERVICE_UNAVAILABLE, "ledger"),
    (LocalFaultError, HTTPStatus.SERVICE_UNAVAILABLE, "ledger"),
    (EndOfProcessError, HTTPStatus.SERVICE_UNAVAILABLE, "ledger"),
    (CrawlerError, HTTPStatus.CONFLICT, "crawler"),
    (OSError, HTTPStatus.SERVICE_UNAVAILABLE, "machine"),
)
"""The first class that an error is of decides. What a CrawlerError alone says may pass."""


def problem_of(error: Exception) -> Problem | None:
    """Return what is answered of an error; None if nobody has foreseen it."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, click.ClickException):
        return Problem(HTTPStatus.BAD_REQUEST, "usage", error.format_message())
    for kind, status, word in _KINDS:
        if isinstance(error, kind):
            return Problem(status, word, _words(error))
    return None


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or 'this machine'}: {error.strerror or error}"
    return str(error)


def usage(detail: str) -> Problem:
    """Return what is answered to words that mean nothing."""
    return Problem(HTTPStatus.BAD_REQUEST, "usage", detail)
