"""The addresses of a server's names, found without holding the event loop, nor for ever.

libpq would ask the name servers itself, and everything would wait. It gets addresses beside the
names: it dials those, and holds a certificate against these (libpq, "hostaddr").
"""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import gevent
import psycopg

from crawler.model import Seconds

RESOLVING_S: Seconds = 5.0
"""How long the name servers may take for one name."""
PORT = "5432"


def resolved(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a connection with every address of each host, one after the other.

    A name of which nothing is known is left out while others are; what has an address, or is a
    folder with a socket, stays.

    Raises:
        psycopg.OperationalError: no name is known.
    """
    found, failed = list[tuple[str, str, str]](), None
    for host, port in _servers(parameters):
        try:
            found += [(host, address, port) for address in _addresses(host, port)]
        except OSError as error:
            failed = psycopg.OperationalError(f"failed to resolve host {host!r}: {error}")
    if found:
        hosts, addresses, ports = map(",".join, zip(*found, strict=True))
        return parameters | {"host": hosts, "hostaddr": addresses, "port": ports}
    if failed:
        raise failed
    return parameters


def _servers(parameters: dict[str, Any]) -> list[tuple[str, str]]:
    """Return each host with its port; none where addresses are given, or libpq finds a fault."""
    hosts = str(parameters.get("host") or "").split(",")
    ports = str(parameters.get("port") or PORT).split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    if parameters.get("hostaddr") or hosts == [""] or len(hosts) != len(ports):
        return []
    return list(zip(hosts, ports, strict=True))


def _addresses(host: str, port: str) -> Iterator[str]:
    """Yield the addresses of a host, each once.

    Raises:
        OSError: nothing is known of it, or not in time.
    """
    if not host or host[0] in "/@" or _is_address(host):
        yield ""  # psycopg takes it as it is
        return
    late = TimeoutError(f"no answer in {RESOLVING_S:g} s")
    with gevent.Timeout(RESOLVING_S, late):
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    yield from dict.fromkeys(str(address[0]) for *_, address in found)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
