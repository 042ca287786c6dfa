"""The handshake of SOCKS5 (RFC 1928), with a user and a password where one is asked (RFC 1929).

It reads byte for byte what belongs to it: the next byte is the origin's.
"""

import socket
import struct
from typing import Any

from crawler.model import Kind, Trouble
from crawler.transport.resolver import literal

MAX_TEXT_BYTES = 255
"""Longest user, password or name of a host: their lengths are one byte."""

_VERSION, _LOGIN_VERSION, _CONNECT = 5, 1, 1
_NO_LOGIN, _LOGIN = 0, 2
_IPV4, _NAME, _IPV6 = 1, 3, 4
_ADDRESS_BYTES = {_IPV4: 4, _IPV6: 16}
_REPLIES = {
    1: "general failure",
    2: "not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
}
"""RFC 1928, section 6."""


class RefusedError(Exception):
    """The proxy does not lead there, or not us; says why."""


def login_fits(user: str, password: str) -> bool:
    """Tell whether a user and a password can be sent."""
    return all(len(text.encode()) <= MAX_TEXT_BYTES for text in (user, password))


def connect(sock: Any, name: str, port: int, user: str, password: str) -> None:
    """Have a proxy connect to a name or an address; after that the socket leads there.

    Raises:
        RefusedError: it does not.
        ConnectionError: it hung up.
        Trouble: `protocol`; it does not speak SOCKS5. `dns`; no name can be that long.
    """
    target = _target(name, port)
    methods = bytes([_NO_LOGIN, _LOGIN]) if user or password else bytes([_NO_LOGIN])
    sock.sendall(bytes([_VERSION, len(methods)]) + methods)
    version, method = _received(sock, 2)
    _check_version(version)
    if method not in methods:
        raise RefusedError("it accepts no login that the URL of the proxy allows")
    if method == _LOGIN:
        sock.sendall(bytes([_LOGIN_VERSION]) + _counted(user) + _counted(password))
        version, refused = _received(sock, 2)
        _check_version(version, _LOGIN_VERSION)
        if refused:
            raise RefusedError("user or password")
    sock.sendall(bytes([_VERSION, _CONNECT, 0]) + target)
    version, reply, _, kind = _received(sock, 4)
    _check_version(version)
    if reply != 0:
        raise RefusedError(_REPLIES.get(reply, f"reply {reply}"))
    if kind not in {*_ADDRESS_BYTES, _NAME}:
        raise _no_socks()
    _received(sock, (_ADDRESS_BYTES.get(kind) or _received(sock, 1)[0]) + 2)  # where it is bound


def _target(name: str, port: int) -> bytes:
    """Return an address or a name, and a port, as the protocol has them."""
    if address := literal(name):
        family, text = address
        kind = _IPV4 if family == socket.AF_INET else _IPV6
        host = bytes([kind]) + socket.inet_pton(family, text.partition("%")[0])
    elif len(name) > MAX_TEXT_BYTES:
        raise Trouble(Kind.DNS, f"{name[:80]} is no name: it is too long")
    else:
        host = bytes([_NAME]) + _counted(name)
    return host + struct.pack(">H", port)


def _counted(text: str) -> bytes:
    data = text.encode()
    return bytes([len(data)]) + data


def _received(sock: Any, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            raise ConnectionResetError("it hung up during the SOCKS handshake")
        data += more
    return data


def _check_version(version: int, expected: int = _VERSION) -> None:
    if version != expected:
        raise _no_socks()


def _no_socks() -> Trouble:
    return Trouble(Kind.PROTOCOL, "it does not speak SOCKS5")
