"""How a job's connections are made: where names are, by which family, from which address."""

import socket
from collections.abc import Mapping
from contextlib import closing
from ipaddress import ip_address
from types import MappingProxyType
from typing import NamedTuple

from crawler.config import Job
from crawler.errors import UsageError
from crawler.model import Kind, Seconds, Trouble
from crawler.transport.resolver import ResolvedAddress, Resolver, literal

FAMILIES = {4: int(socket.AF_INET), 6: int(socket.AF_INET6)}


class Ways(NamedTuple):
    """What a job says of its connections, its proxy's among them."""

    family: int | None = None
    """4 or 6, where only one will do."""
    source: str | None = None
    """The address of this machine that connections come from."""
    known: Mapping[str, str] = MappingProxyType({})
    """Addresses of names that no resolver is asked for."""

    def addresses(
        self, resolver: Resolver, name: str, timeout: Seconds
    ) -> tuple[ResolvedAddress, ...]:
        """Return the addresses of a name, of the family that will do.

        Raises:
            Trouble: `dns`; there are none.
        """
        address = literal(self.known.get(name, ""))
        found = (address,) if address else resolver.lookup(name, timeout)
        if self.family is None:
            return found
        fits = tuple(one for one in found if one[0] == FAMILIES[self.family])
        if not fits:
            raise Trouble(Kind.DNS, f"{name} has no IPv{self.family} address")
        return fits


def ways_of(job: Job) -> Ways:
    """Return what a job says of its connections; they have the family of the address they leave."""
    source = job.source_address
    return Ways(ip_address(source).version if source else job.family, source, job.resolve)


def check_source(job: Job) -> None:
    """See that the address is one of this machine.

    Raises:
        UsageError: it is not.
    """
    source = job.source_address
    if source is None:
        return
    try:
        with closing(socket.socket(FAMILIES[ip_address(source).version])) as sock:
            sock.bind((source, 0))
    except OSError as error:
        raise UsageError(
            f"{job.name}: source_address {source}: {error.strerror}; name one of this machine"
        ) from error
