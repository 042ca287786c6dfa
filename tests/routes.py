"""The routes that a connection takes: straight or by a proxy, and what a test needs there."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import trustme

from tests.proxies import HttpProxy, SocksProxy

ROUTES = ("direct", "HTTP proxy", "CONNECT", "SOCKS")
ADDRESSES = ("127.0.0.1", "127.0.0.2", "::1")


@dataclass(frozen=True)
class Route:
    """An open route: the options that lead a job along it, and how its sites speak."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    """Of a job: `proxy` and `verify`."""
    context: ssl.SSLContext | None = None
    """The TLS of a site; CONNECT leads only to those that have it."""

    @property
    def scheme(self) -> str:
        return "https" if self.context else "http"


@contextmanager
def open_route(name: str, folder: Path) -> Iterator[Route]:
    """Open a route until the end of the block."""
    authority, context = tls()
    pem = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(pem))
    if name == "direct":
        yield Route(name, {"verify": pem})
        return
    with SocksProxy() if name == "SOCKS" else HttpProxy() as proxy:
        options = {"proxy": proxy.url, "verify": pem}
        yield Route(name, options, context if name == "CONNECT" else None)


@cache
def tls() -> tuple[trustme.CA, ssl.SSLContext]:
    """Return an authority, and the context of a server that it vouches for."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*ADDRESSES).configure_cert(context)
    return authority, context
