"""The process: it listens, serves until a signal, and ends with 0."""

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import click
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from crawler.daemon.process import quiet_hub
from crawler.daemon.signals import signals_heard
from crawler.errors import UsageError
from crawler.frontier import load_engine
from crawler.log import Log, open_log
from crawler.model import Seconds
from crawler.state_address import StateAddress
from crawler.verbs.ledger import ledger_asked, ledger_of
from crawler.web.access.guard import Guard
from crawler.web.access.token import file_of, token_in
from crawler.web.answers import Answers, Threads
from crawler.web.app import App, Site
from crawler.web.events import Events
from crawler.web.handler import Handler
from crawler.web.ledgers import Ledgers
from crawler.web.problems import Problem
from crawler.web.readers import Readers

ASKERS = 3
SEEKERS = 2
ACTORS = 2
"""Native threads for what asks, for what looks long, and for what acts."""
MAX_CONNECTIONS = 128
BACKLOG = 64
STOP_S: Seconds = 3.0
"""How long requests under way may take at the end."""
LOG_FLUSH_S: Seconds = 0.3


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


@dataclass(frozen=True)
class Options:
    """How the server is started."""

    listen: Address
    file: Path | None
    state: StateAddress | None
    token_file: Path | None
    public_read: bool
    names: tuple[str, ...]


class Rules:
    """The guard in force; the token in it is read anew when that is asked for."""

    def __init__(self, guard: Guard, token_file: Path) -> None:
        self._guard = guard
        self.file = token_file

    def __call__(self) -> Guard:
        """Return the guard."""
        return self._guard

    def read_again(self) -> None:
        """Take the token that is in the file now.

        Raises:
            UsageError: it is of no use; the old one stays in force.
        """
        self._guard = replace(self._guard, token=token_in(self.file))


def serve(options: Options) -> int:
    """Serve until TERM or INT; return the exit code.

    Raises:
        UsageError: the address cannot be had, or the configuration or the token is of no use.
    """
    ledger = ledger_asked(options.file, options.state)
    load_engine(ledger.state)
    output = ledger.brief.output if ledger.brief else None
    token_file = options.token_file or file_of(ledger.state, output)
    token = token_in(token_file)
    log, lines = open_log("info", "auto", mask=ledger.mask)
    log.come_from(0)
    quiet_hub(log)
    try:
        with _listening(options.listen) as listener:
            address = Address(options.listen.host, listener.getsockname()[1])
            guard = Guard(
                token, address.port, address.is_local,
                public_read=options.public_read, names=frozenset(options.names),
            )  # fmt: skip
            _serve(listener, address, Rules(guard, token_file), options, log)
    finally:
        lines.close(LOG_FLUSH_S)
    return 0


def _serve(
    listener: socket.socket, address: Address, rules: Rules, options: Options, log: Log
) -> None:
    stop = Event()
    with Readers(ASKERS) as askers, Readers(SEEKERS) as seekers, Readers(ACTORS) as actors:
        ledgers = Ledgers(options.file, options.state)
        with contextlib.suppress(Problem):  # what is wrong is said to who needs it
            ledgers.found(ledger_asked)
            ledgers.found(ledger_of)
        answers = Answers(ledgers, Threads(askers, seekers, actors))
        events = Events(answers.look)
        app = App(Site(rules, answers, events, log))
        connections = Pool(MAX_CONNECTIONS)
        server = WSGIServer(
            listener, app.wsgi, log=None, error_log=None, spawn=connections, handler_class=Handler
        )

        def renew() -> None:
            try:
                rules.read_again()
                log.info("web.token_read")
            except UsageError as error:
                log.error("web.token_kept", cause=str(error))  # noqa: TRY400  the cause is told

        with signals_heard(lambda _: stop.set(), renew, log):
            server.start()
            log.info("web.ready", listen=str(address), token_file=str(rules.file))
            _tell_link(address, rules)
            stop.wait()
            # 1  nobody new comes
            server.close()
            # 2  streams end
            events.close()
            # 3  answers under way come to their end, connections that are idle do not
            connections.join(timeout=STOP_S)
            connections.kill(block=False)
    log.info("web.stopped")


def _tell_link(address: Address, rules: Rules) -> None:
    """Print the link with the token on a terminal; what reads a log must not have it."""
    if sys.stderr.isatty():
        click.echo(f"http://{address.shown}/#token={rules().token}", err=True)


@contextlib.contextmanager
def _listening(address: Address) -> Iterator[socket.socket]:
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
