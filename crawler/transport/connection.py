"""One connection: the bytes of a request out, the head of its answer in, and whether it is kept."""

import socket
import ssl
import time
from collections.abc import Callable
from select import POLLIN
from typing import Any

from gevent.monkey import get_original

from crawler.model import Kind, Seconds, Trouble
from crawler.rounds import ROUNDS
from crawler.transport.memory import SMALL_BYTES, Memory, Share
from crawler.transport.response_head import (
    HEAD_END,
    MAX_HEAD_BYTES,
    Head,
    check_sofar,
    check_start,
    head_of,
    refusal,
)
from crawler.transport.visit_timer import VisitTimer

MAX_INTERIM = 20
MAX_PIECE_BYTES = 65_536
"""Bytes taken in at once."""
_COPIES = 3
"""A head is held as it came, as text, and as fields."""

_poll = get_original("select", "poll")
_LOST = (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class StaleError(ConnectionResetError):
    """A kept connection turned out to be closed before it brought an answer."""


class Connection:
    """A connected socket, with TLS or without, and what has come on it and is not read yet."""

    __slots__ = (
        "_began",
        "_memory",
        "_plain",
        "_poll",
        "_sock",
        "asked_at",
        "buffered",
        "idle_since",
        "key",
        "served",
        "timer",
        "torn",
    )

    def __init__(
        self,
        sock: Any,
        key: tuple[object, str, bool],
        timer: VisitTimer,
        memory: Memory | None = None,
    ) -> None:
        self._sock = sock
        self._memory = Share(memory or Memory())
        """What the head holds of it, from its first bytes to the end of the answer."""
        self._plain = type(sock) is socket.socket
        self._poll = _poll()
        self._poll.register(sock.fileno(), POLLIN)
        self.key = key
        """How it was dialled, name:port of the origin, and whether that speaks TLS."""
        self.timer = timer
        self.buffered = b""
        """Bytes that came with the ones that were asked for."""
        self._began = False
        """Whether anything of the present answer has come."""
        self.asked_at: Seconds = 0.0
        """Monotonic time at which the present request was sent."""
        self.served = 0
        """Answers that it has brought."""
        self.idle_since: Seconds = 0.0
        self.torn = False
        """Whether it ended without the message by which TLS ends (RFC 8446, section 6.1)."""

    def ask(self, wire: bytes, *, tunnel: bool = False) -> Head:
        """Send a request in one piece, with `tunnel` a CONNECT, and read the head of its answer.

        Raises:
            StaleError: a kept connection had died.
            Trouble: `protocol`; what came is no answer.
        """
        self._began = False
        try:
            self._send(wire)
            return self._head(tunnel=tunnel)
        except _LOST as error:
            if self.served and not self._began:
                raise StaleError from error
            raise

    def receive(self, most: int = MAX_PIECE_BYTES) -> bytes:
        """Wait for more bytes; there are none at the end."""
        timer = self.timer
        timer.until = time.monotonic() + timer.read
        try:
            if self._plain and not self._began:  # gevent would try to read first
                self._sock._wait(self._sock._read_event)  # noqa: SLF001  there is no other way
            piece: bytes = self._sock.recv(most)
        except ssl.SSLEOFError:
            piece, self.torn = b"", True
        finally:
            timer.until = 0.0
        if not self._began:  # after the read: a socket left ready would wake the loop each round
            ROUNDS.give_way()
        return piece

    def straight(self) -> Callable[[memoryview], int] | None:
        """Return what reads the next bytes into a buffer without a wait, in any thread.

        It raises BlockingIOError where none have come. None: they are not to be had so, for TLS is
        between, or some of them are `buffered`.
        """
        straight = self._plain and not self.buffered
        return self._sock._sock.recv_into if straight else None  # noqa: SLF001  below gevent's

    def quiet(self) -> bool:
        """Tell whether an idle connection may be used again: open, and nothing to read on it."""
        return not self._poll.poll(0)

    def surplus(self) -> bool:
        """Tell whether there is more at hand than was asked for."""
        return bool(self.buffered) or (not self._plain and self._sock.pending() > 0)

    def spoke(self) -> bool:
        """Tell the end of an idle connection, or what TLS says by itself, from bytes of a body."""
        self._sock.settimeout(0.0)
        try:
            return bool(self._sock.recv(1))
        except (OSError, ValueError):
            return False

    def peer(self) -> str:
        """Return the address that it is connected to: the proxy's, if there is one.

        Raises:
            OSError: it is connected no more.
        """
        return str(self._sock.getpeername()[0])

    def answered(self) -> None:
        """Note that an answer is over, and its head with it."""
        self.served += 1
        self._memory.hold(0)

    def close(self) -> None:
        self._memory.hold(0)
        self._sock.close()

    def _send(self, wire: bytes) -> None:
        timer = self.timer
        now = self.asked_at = time.monotonic()
        timer.until = now + timer.read
        try:
            sent = self._sock.send(wire)
            if sent < len(wire):
                self._sock.sendall(memoryview(wire)[sent:])
        except BrokenPipeError:
            if self.served:
                raise
            # else the server may have answered before it hung up
        finally:
            timer.until = 0.0

    def _head(self, *, tunnel: bool) -> Head:
        """Read heads until a final one; the interim ones are skipped (RFC 9110, section 15.2)."""
        taken = 0
        for interim in range(MAX_INTERIM + 1):
            block = self._block(MAX_HEAD_BYTES - taken)
            taken += len(block)
            head = head_of(block, tunnel=tunnel)
            if head.status >= 200:
                head.keeps = head.keeps and not interim
                return head
        raise refusal(f"more than {MAX_INTERIM} interim answers")

    def _block(self, most: int) -> bytes:
        """Return a head as it came; what is no head is refused as soon as that shows."""
        checked = 0
        while True:
            buffer = self.buffered
            found = HEAD_END.search(buffer, max(0, checked - 2))
            end = found.end() if found else len(buffer)
            if end > most:
                raise refusal(f"a header of more than {MAX_HEAD_BYTES} bytes")
            if found:
                self.buffered = buffer[end:]
                self._hold(_COPIES * end)
                return buffer[:end]
            if buffer:
                self._hold(len(buffer))
                checked = check_sofar(buffer, checked)
            if not (more := self.receive()):
                raise self._ended()
            self._began = True
            self.buffered = buffer + more

    def _hold(self, size: int) -> None:
        """Count the bytes of a head that is not small."""
        if size > SMALL_BYTES:
            self._memory.hold(size)
            if self._memory.is_short:
                raise Trouble(
                    Kind.PROTOCOL, "a long header while the memory for answers is used up"
                )

    def _ended(self) -> Exception:
        if self._began:
            check_start(self.buffered)
            return Trouble(Kind.PROTOCOL, "the connection ended before the header did")
        return ConnectionResetError("the server hung up without an answer")
