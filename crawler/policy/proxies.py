"""The proxies that the environment names, as curl and wget read it. Pure.

`HTTP_PROXY` in capitals is not read: in CGI it is a header of the request (CVE-2016-5385).
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from crawler.urls import split

_VARIABLES = {
    "http": ("http_proxy", "all_proxy", "ALL_PROXY"),
    "https": ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"),
}
"""Names by the scheme of a URL; the first that is set counts."""
_EXEMPTIONS = ("no_proxy", "NO_PROXY")


class Named(NamedTuple):
    """A proxy, and the variable that names it."""

    variable: str
    url: str


class Proxies(NamedTuple):
    """The proxy of each scheme, and the hosts that are asked without one."""

    by_scheme: Mapping[str, Named]
    exempt: tuple[str, ...] = ()

    def of(self, url: str) -> str | None:
        """Return the proxy of a canonical URL, None where it is asked straight."""
        parts = split(url)
        named = self.by_scheme.get(parts.scheme)
        if named is None or any(_covers(one, parts.hostname, parts.port) for one in self.exempt):
            return None
        return named.url

    def urls(self) -> list[str]:
        """Return the proxies, each once."""
        return sorted({named.url for named in self.by_scheme.values()})


def proxies_of(environment: Mapping[str, str]) -> Proxies | None:
    """Return the proxies of an environment, None if it names none.

    A value without a scheme is that of an HTTP proxy; hosts are separated by commas or blanks.
    """
    found = {}
    for scheme, names in _VARIABLES.items():
        variable = next((name for name in names if environment.get(name)), None)
        if variable:
            value = environment[variable]
            found[scheme] = Named(variable, value if "://" in value else f"http://{value}")
    text = next((environment[name] for name in _EXEMPTIONS if environment.get(name)), "")
    exempt = tuple(one.lower() for one in text.replace(",", " ").split())
    return Proxies(found, exempt) if found else None


def _covers(exempt: str, name: str, port: str) -> bool:
    """Tell whether an entry of no_proxy means a host: by name, as a domain, address or network."""
    host, _, its_port = exempt.rpartition(":")
    if its_port.isdecimal() and host.count(":") == 0 and host:
        return its_port == port and _covers(host, name, port)
    if exempt == "*":
        return True
    try:
        address = ip_address(name.strip("[]"))
    except ValueError:
        domain = exempt.removeprefix("*").removeprefix(".").removesuffix(".")
        return bool(domain) and f".{name}".endswith(f".{domain}")
    return _holds(exempt.strip("[]"), address)


def _holds(text: str, address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is the one in a text, or of the network there."""
    try:
        return address in ip_network(text, strict=False)
    except ValueError:
        return False
