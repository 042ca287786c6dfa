"""What really happened, read from the chain of causes: `requests` tells by type only half of it.

A read timeout while a body arrives is a ConnectionError to requests, an unknown name too; so the
decision looks at every exception that led to the one that was raised.
"""

import socket
import ssl
from collections.abc import Iterator
from http.client import BadStatusLine, HTTPException, IncompleteRead, LineTooLong

from requests.exceptions import RequestException
from urllib3 import exceptions as u3

from crawler.errors import LOCAL_FAULTS, PATH_FAULTS
from crawler.model import Kind, Trouble
from crawler.urls import masked

EXCHANGE_ERRORS = (RequestException, u3.HTTPError, HTTPException, OSError, ValueError)
"""What requests and the layers below it let out."""

_TABLE: tuple[tuple[tuple[type[BaseException], ...], Kind], ...] = (
    ((u3.NameResolutionError, socket.gaierror), Kind.DNS),
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError), Kind.CONNECT),
    ((ssl.SSLError, ssl.CertificateError, u3.SSLError), Kind.TLS),
    ((u3.IncompleteRead, u3.InvalidChunkLength, IncompleteRead), Kind.TRUNCATED),
    ((u3.ReadTimeoutError,), Kind.TIMEOUT),
    ((u3.NewConnectionError, u3.ConnectTimeoutError), Kind.CONNECT),
    ((TimeoutError, socket.timeout), Kind.TIMEOUT),
    ((u3.LocationValueError, u3.InvalidHeader, BadStatusLine, LineTooLong), Kind.PROTOCOL),
)


def trouble_of(error: BaseException, *, in_body: bool) -> Trouble:
    """Translate what requests, urllib3 or the system raised; the reason is the root's, in words.

    A connection that breaks is `truncated` once the header had arrived, `protocol` before.
    """
    chain = list(_chain(error))
    for cause in chain:
        if (number := _errno(cause)) in LOCAL_FAULTS | PATH_FAULTS:
            return Trouble(Kind.LOCAL_IO, masked(_words(cause)), ours=number in LOCAL_FAULTS)
    for types, kind in _TABLE:
        for cause in reversed(chain):  # the root knows best
            if isinstance(cause, types) and not (in_body and kind is Kind.CONNECT):
                return Trouble(kind, masked(_words(cause)))
    return Trouble(Kind.TRUNCATED if in_body else Kind.PROTOCOL, masked(_words(chain[-1])))


def _errno(error: BaseException) -> int | None:
    """Return the system's error number; OpenSSL and the resolver put numbers of their own there."""
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError | socket.gaierror):
        return error.errno
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and all that led to it, also those kept as `reason` or in `args`."""
    seen: set[int] = set()
    todo: list[BaseException] = [error]
    while todo:
        here = todo.pop(0)
        if id(here) in seen:
            continue
        seen.add(id(here))
        yield here
        linked = (here.__cause__, here.__context__, getattr(here, "reason", None), *here.args)
        todo += [link for link in linked if isinstance(link, BaseException)]


def _words(error: BaseException) -> str:
    """Say what happened in a sentence, without object addresses and library prefixes."""
    if isinstance(error, u3.NewConnectionError):  # the resolver's is one of these
        error = error.__cause__ or error
    if isinstance(error, ssl.SSLError):
        return _tls_words(error)
    for types, words in _WORDS:
        if isinstance(error, types):
            return words
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, RequestException | u3.HTTPError) and error.args:
        return str(error.args[-1])
    return str(error) or type(error).__name__


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "the connection ended in the middle of TLS"
    return f"TLS failed: {(error.reason or str(error)).replace('_', ' ').lower()}"


_WORDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((u3.IncompleteRead, IncompleteRead), "the connection ended before the body did"),
    ((u3.ReadTimeoutError, u3.ConnectTimeoutError), "the server was silent for too long"),
)
