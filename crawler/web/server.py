"""The process: it listens, serves until a signal, and ends with 0."""

import os
import socket
import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import click
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from crawler.daemon.hub_errors import quiet_hub
from crawler.daemon.service_manager import ServiceManager, service_manager
from crawler.daemon.signals import signals_heard
from crawler.errors import CrawlerError
from crawler.frontier import load_engine
from crawler.log import Log, open_log
from crawler.model import Seconds
from crawler.state_address import StateAddress
from crawler.verbs.ledger import ledger_asked, ledger_of
from crawler.web.access.guard import Guard
from crawler.web.access.token import file_of, token_in
from crawler.web.answers import Answers, Threads
from crawler.web.api.operations import load_verbs
from crawler.web.app import App, Site
from crawler.web.events import Events
from crawler.web.handler import Handler
from crawler.web.ledgers import Ledgers
from crawler.web.listening import Address, listening
from crawler.web.problems import Problem
from crawler.web.readers import Readers

ASKERS = 3
SEEKERS = 2
ACTORS = 2
WAITERS = 4
"""Native threads for what asks, for what looks long, for what acts, and for what waits for it."""
ASK_S: Seconds = 15.0
"""Longest time for an answer that looks at no list and no file."""
MAX_CONNECTIONS = 128
STOP_S: Seconds = 3.0
"""How long requests under way may take at the end."""
LOG_FLUSH_S: Seconds = 0.3


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
            UsageError, LocalFaultError: it is of no use; the old one stays in force.
        """
        self._guard = replace(self._guard, token=token_in(self.file))


def serve(options: Options) -> int:
    """Serve until TERM or INT; return the exit code.

    Raises:
        UsageError: the address cannot be had, or the configuration or the token is of no use.
        LocalFaultError: the token cannot be written, as on a full disk.
    """
    manager = service_manager()
    ledger = ledger_asked(options.file, options.state)
    load_engine(ledger.state)
    load_verbs()
    output = ledger.brief.output if ledger.brief else None
    token_file = options.token_file or file_of(ledger.state, output)
    token = token_in(token_file)
    log, lines = open_log("info", "auto", mask=ledger.mask)
    log.come_from(0)
    quiet_hub(log)
    try:
        with listening(options.listen) as listener:
            address = Address(options.listen.host, listener.getsockname()[1])
            guard = Guard(
                token, address.port, address.is_local,
                public_read=options.public_read, names=frozenset(options.names),
            )  # fmt: skip
            rules = Rules(guard, token_file)
            with manager.going_round():
                at_work = _serve(listener, address, rules, options, log, manager)
    finally:
        lines.close(LOG_FLUSH_S)
    if at_work:
        # they sleep and wait in event loops of their own, which Python's own end would take from
        # under them (a segmentation fault)
        os._exit(0)
    return 0


def _serve(
    listener: socket.socket,
    address: Address,
    rules: Rules,
    options: Options,
    log: Log,
    manager: ServiceManager,
) -> int:
    """Serve; return how many native threads are still at work, which end with the process."""
    stop = Event()
    with ExitStack() as stack:
        threads = _opened(stack)
        answers = Answers(_ledgers(options), threads)
        events = Events(answers.look)
        app = App(Site(rules, answers, events, log))
        connections = Pool(MAX_CONNECTIONS)
        server = WSGIServer(
            listener, app.wsgi, log=None, error_log=None, spawn=connections, handler_class=Handler
        )
        renewal = _Renewal(rules, events, log, manager)
        with signals_heard(lambda _: stop.set(), renewal, log):
            server.start()
            log.info("web.ready", listen=str(address), token_file=str(rules.file))
            _tell_link(address, rules)
            manager.ready()
            stop.wait()
            manager.stopping()
            _end(server, events, connections)
    at_work = sum(group.at_work for group in threads)
    log.info("web.stopped", under_way=at_work)
    return at_work


def _opened(stack: ExitStack) -> Threads:
    """Return native threads, which are given up at the end of the stack."""
    ranks = ((ASKERS, ASK_S), (SEEKERS, None), (ACTORS, None), (WAITERS, None))
    return Threads(*(stack.enter_context(Readers(*rank)) for rank in ranks))


def _ledgers(options: Options) -> Ledgers:
    ledgers = Ledgers(options.file, options.state)
    with suppress(Problem):  # what is wrong is said to who needs it
        ledgers.found(ledger_asked)
        ledgers.found(ledger_of)
    return ledgers


class _Renewal:
    """Takes the token that is in its file now, when a signal asks for it."""

    def __init__(self, rules: Rules, events: Events, log: Log, manager: ServiceManager) -> None:
        self._rules = rules
        self._events = events
        self._log = log
        self._manager = manager

    def __call__(self) -> None:
        self._manager.reloading()
        try:
            self._rules.read_again()
            self._events.end()  # who has the old token alone hears no more
            self._log.info("web.token_read")
        except CrawlerError as error:
            self._log.error("web.token_kept", cause=str(error))
        self._manager.ready()


def _end(server: WSGIServer, events: Events, connections: Pool) -> None:
    """End what is under way, in time."""
    # 1  nobody new comes
    server.close()
    # 2  streams end
    events.close()
    # 3  answers under way come to their end, connections that are idle do not
    connections.join(timeout=STOP_S)
    connections.kill(block=False)


def _tell_link(address: Address, rules: Rules) -> None:
    """Print the link with the token on a terminal; what reads a log must not have it."""
    if sys.stderr.isatty():
        click.echo(f"http://{address.shown}/#token={rules().token}", err=True)
