"""Which addresses may be dialled: a pure rule on the address itself, whatever name led to it.

The tables are those of IANA's special-purpose registries, written out here, for what
`ipaddress.is_global` says differs between Pythons. IPv4 is allowed unless it is on the list. IPv6
is refused unless it is global unicast (2000::/3, RFC 4291) and on no list, or a public IPv4 address
within the well-known prefix of translators (RFC 6052). Where an operator allows an IPv4 address,
all its wrappings are allowed.
"""

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network, RFC 791
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # shared by the customers of a provider, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link-local, RFC 3927
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.0.2.0/24",  # documentation, RFC 5737
        "192.88.99.0/24",  # anycast of 6to4 relays, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "198.18.0.0/15",  # benchmarks, RFC 2544
        "198.51.100.0/24",  # documentation, RFC 5737
        "203.0.113.0/24",  # documentation, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, RFC 1112; broadcast, RFC 919
    )
)
_UNICAST_6 = IPv6Network("2000::/3")
_SPECIAL_6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments, RFC 2928: Teredo, benchmarks, ORCHID and others
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, RFC 3056 and 7526
        "2620:4f:8000::/48",  # AS112, RFC 7534
        "3fff::/20",  # documentation, RFC 9637
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_WRAPPING = (_NAT64, IPv6Network("64:ff9b:1::/48"), IPv6Network("::/96"))
"""Networks whose last 32 bits are an IPv4 address (RFC 6052, 8215 and 4291)."""


def network(text: str) -> Network:
    """Read an address or a network, as `allow_addresses` has them.

    Raises:
        ValueError: it is neither.
    """
    try:
        return ip_network(text, strict=False)
    except ValueError:
        raise ValueError("an address or a network is needed, as in 10.0.0.0/8 or ::1") from None


def may_dial(text: str, allowed: Iterable[Network]) -> bool:
    """Tell whether an address may be dialled: global unicast, or allowed by name."""
    address = ip_address(text.partition("%")[0])
    wrapped = _wrapped(address)
    if any(one and _within(one, network) for one in (address, wrapped) for network in allowed):
        return True
    return _is_public(address)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_4)
    if address in _NAT64:
        return _is_public(IPv4Address(address.packed[-4:]))
    return address in _UNICAST_6 and not any(address in network for network in _SPECIAL_6)


def _wrapped(address: Address) -> IPv4Address | None:
    """Return the IPv4 address within an IPv6 address, if there is one."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped or any(address in network for network in _WRAPPING):
        return IPv4Address(address.packed[-4:])
    return address.sixtofour or (address.teredo[1] if address.teredo else None)


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network
