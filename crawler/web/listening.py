"""Where the server listens."""

import contextlib
import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.errors import UsageError

BACKLOG = 64


@dataclass(frozen=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def is_local(self) -> bool:
        """Tell whether only programs of this machine get there."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def shown(self) -> str:
        """Return what a browser of this machine calls it."""
        found = ipaddress.ip_address(self.host)
        local = {4: "127.0.0.1", 6: "::1"}[found.version]
        return str(Address(local, self.port)) if found.is_unspecified else str(self)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@contextlib.contextmanager
def listening(address: Address) -> Iterator[socket.socket]:
    """Listen.

    Raises:
        UsageError: that is not possible.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # whoever connects has it
        try:
            listener.bind((address.host, address.port))
            listener.listen(BACKLOG)
        except OSError as error:
            raise UsageError(f"{address}: {error.strerror}; --listen names another one") from error
        yield listener
