"""Proxies on loopback: they pass bytes on as they come, however rude, and remember what came."""

import base64
import contextlib
import re
import socket
import ssl
import struct
from collections.abc import Mapping

import gevent
from gevent.pool import Pool
from gevent.server import StreamServer

Login = tuple[str, str]
_ABSOLUTE = re.compile(rb"[A-Z]+ http://(\[[^\]]*\]|[^:/]*):?(\d*)[/?]")
_CONNECT = re.compile(rb"CONNECT (\[[^\]]*\]|[^:]*):(\d+) HTTP/1\.[01]\r\n")
_RESET = struct.pack("ii", 1, 0)


class RefusalError(Exception):
    """What the proxy answers instead of leading anywhere."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(answer)
        self.answer = answer


class Proxy:
    """A proxy server; `names` are the ones that it resolves, all else is dialled as it is."""

    scheme = "http"

    def __init__(
        self,
        *,
        login: Login | None = None,
        refusal: bytes | None = None,
        names: Mapping[str, str] | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._login = login
        self._refusal = refusal
        self._names = names or {}
        self._context = context
        self.asked: list[tuple[str, int]] = []
        """Where connections were to lead, one entry a connection."""

    def __enter__(self):
        self._server = StreamServer(("127.0.0.1", 0), self._handle, spawn=Pool(10_000))
        self._server.start()
        self.port = self._server.server_port
        at = f"{self._login[0]}:{self._login[1]}@" if self._login else ""
        scheme = "https" if self._context else self.scheme
        self.url = f"{scheme}://{at}127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0)

    def _handle(self, client: socket.socket, _: object) -> None:
        try:
            if self._context:
                client = self._context.wrap_socket(client, server_side=True)
            self._serve(client)
        except OSError:
            pass  # the crawler has hung up, or there is nobody where the connection was to lead
        except RefusalError as refusal:
            client.sendall(refusal.answer)
        finally:
            client.close()

    def _dialled(self, name: str, port: int) -> socket.socket:
        self.asked.append((name, port))
        return socket.create_connection((self._names.get(name, name), port), timeout=2)


class HttpProxy(Proxy):
    """An HTTP proxy: absolute-form as it is, CONNECT as a tunnel."""

    def __init__(self, *, fields: bytes = b"", **options) -> None:
        super().__init__(**options)
        self._fields = fields
        """Header lines of the answer that opens a tunnel."""
        self.heads: list[bytes] = []
        """The first header of each connection, as it came."""

    def _serve(self, client: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            if not more:
                return
            data += more
        self.heads.append(data.partition(b"\r\n\r\n")[0])
        if self._refusal is not None:
            raise RefusalError(self._refusal)
        if self._login:
            pair = base64.b64encode(":".join(self._login).encode())
            if b"\r\nProxy-Authorization: Basic %b\r\n" % pair not in data:
                raise RefusalError(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
        tunnel = _CONNECT.match(data)
        name, port = (tunnel or _ABSOLUTE.match(data)).groups()
        try:
            server = self._dialled(name.decode().strip("[]"), int(port or 80))
        except OSError:
            raise RefusalError(b"HTTP/1.1 502 Oops\r\nContent-Length: 0\r\n\r\n") from None
        with server:
            if tunnel:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n%b\r\n" % self._fields)
            else:
                server.sendall(data)
            relay(client, server)


class SocksProxy(Proxy):
    """SOCKS5 with or without a user (RFC 1928, RFC 1929), for one kind of request: CONNECT."""

    scheme = "socks5"

    def __init__(self, *, reply: int = 0, **options) -> None:
        super().__init__(**options)
        self._reply = reply
        self.types: list[int] = []
        """The address types that were asked for: 1 is IPv4, 3 a name, 4 IPv6."""

    def _serve(self, client: socket.socket) -> None:
        methods = exactly(client, exactly(client, 2)[1])
        if self._refusal is not None:
            raise RefusalError(self._refusal)
        if self._login:
            if 2 not in methods:
                raise RefusalError(b"\x05\xff")
            client.sendall(b"\x05\x02")
            user = exactly(client, exactly(client, 2)[1]).decode()
            password = exactly(client, exactly(client, 1)[0]).decode()
            client.sendall(b"\x01\x00" if (user, password) == self._login else b"\x01\x01")
        else:
            client.sendall(b"\x05\x00")
        _, command, _, kind = exactly(client, 4)
        assert command == 1
        self.types.append(kind)
        if kind == 3:
            name = exactly(client, exactly(client, 1)[0]).decode()
        else:
            family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            name = socket.inet_ntop(family, exactly(client, size))
        (port,) = struct.unpack(">H", exactly(client, 2))
        if self._reply:
            self.asked.append((name, port))
            raise RefusalError(b"\x05" + bytes([self._reply]) + b"\x00\x01" + bytes(6))
        try:
            server = self._dialled(name, port)
        except OSError:
            raise RefusalError(b"\x05\x05\x00\x01" + bytes(6)) from None
        with server:
            client.sendall(b"\x05\x00\x00\x03\x03abc" + bytes(2))  # a bound address of any type
            relay(client, server)


def exactly(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = client.recv(size - len(data))
        if not more:
            raise ConnectionResetError
        data += more
    return data


def relay(client: socket.socket, server: socket.socket) -> None:
    """Pass on what comes until one side ends, and a reset as a reset."""
    server.settimeout(None)
    pumps = [gevent.spawn(pump, client, server), gevent.spawn(pump, server, client)]
    try:
        gevent.joinall(pumps, count=1)
    finally:
        gevent.killall(pumps)


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except ConnectionResetError:
            target.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            target.close()
