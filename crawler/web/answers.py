"""The answers of the API: verbs, run in native threads, as JSON."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple

from gevent.lock import RLock

from crawler.errors import UsageError
from crawler.log import printable
from crawler.model import DAY_S
from crawler.verbs.answer import Answering
from crawler.verbs.commands.status import status_verb
from crawler.verbs.hosts_verbs import list_failures
from crawler.verbs.ledger import Ledger, ledger_asked
from crawler.verbs.status_verb import show_status
from crawler.verbs.words import as_json
from crawler.web.apart import Apart
from crawler.web.api.operations import Operation
from crawler.web.events import event
from crawler.web.ledgers import Find, Ledgers
from crawler.web.metrics import exposition
from crawler.web.problems import Problem, problem_of
from crawler.web.readers import Opener, Readers
from crawler.web.shared import Shared

MAX_FAILURES = 20
"""Failures that every event tells of."""


class Threads(NamedTuple):
    """Who runs verbs, so that one kind holds up no other."""

    askers: Readers
    seekers: Readers
    """For what looks through lists and files."""
    actors: Readers
    waiters: Readers
    """For acts that wait until what they ask for is done, which holds up no other act."""


class Look(NamedTuple):
    """How the crawler was at a moment."""

    status: dict[str, Any]
    notes: list[str]
    """What is to be said beside it."""


class Answers:
    """Answers for the verbs, from the ledger of the server."""

    def __init__(self, ledgers: Ledgers, threads: Threads) -> None:
        self._ledgers = ledgers
        self._threads = threads
        self._askers = threads.askers
        self._status = Shared(lambda: self._askers.run(self._look_at_status))
        """How the crawler is, which many ask for, and which takes the longest to count."""
        self._alone = RLock()
        self._apart = Apart(ledgers)

    def of(self, operation: Operation, given: Mapping[str, Any]) -> bytes:
        """Return what a verb answers to these words, as JSON.

        Raises:
            Problem, CrawlerError, click.UsageError, OSError: it does not.
        """
        options = operation.options(given)
        with ExitStack() as stack:
            if operation.alone:
                stack.enter_context(self._alone)
            if operation.acts:
                return self._acted(operation, given, options)
            if operation.command is status_verb and not options["check"]:
                return self._picked(operation)
            ask = partial(self._ask, operation.finds, operation.answers, options)
            try:
                return (self._threads.seekers if operation.seeks else self._askers).run(ask)
            except UsageError as error:
                if operation.names_one:
                    raise Problem(HTTPStatus.NOT_FOUND, "missing", str(error)) from error
                raise

    def _acted(
        self, operation: Operation, given: Mapping[str, Any], options: dict[str, Any]
    ) -> bytes:
        """Return what came of an act; how the crawler is, is looked at anew after it."""
        if operation.apart and options[operation.apart]:
            return self._apart.run([str(operation.command.name), *operation.argv(given)])
        threads = self._threads.waiters if options.get("waits") else self._threads.actors
        try:
            return threads.run(partial(self._act, operation.finds, operation.answers, options))
        finally:
            self._status.forget()

    def _picked(self, operation: Operation) -> bytes:
        """Return how the crawler is, or a part of that."""
        found = self._status().status
        if operation.pick:
            found = {"at": found["at"], operation.pick: found[operation.pick]}
        return as_json(found).encode()

    def look(self) -> bytes:
        """Return how the crawler is, as an event for all who listen."""
        try:
            found = self._status()
            failures = self._askers.run(self._look_at_failures)
        except Exception as error:
            problem = problem_of(error)
            if problem is None:
                raise
            return event("fault", problem.body())
        told = {"status": found.status, "failures": failures, "notes": found.notes}
        return event("state", as_json(told).encode())

    def check(self) -> None:
        """See that the ledger can be read.

        Raises:
            CrawlerError, Problem: it cannot.
        """
        self._askers.run(self._check)

    def metrics(self) -> bytes:
        """Return the text for Prometheus."""
        return self._askers.run(self._metrics)

    # What is below runs in native threads. Verbs are loaded before: locks of imports are patched.

    def _ask(
        self, find: Find, answering: Answering, options: dict[str, Any], opener: Opener
    ) -> bytes:
        ledger = replace(self._ledgers.found(find), desks=opener, note=lambda _: None)
        answer = answering(ledger, **options)
        assert answer.document is not None
        return as_json(answer.document(), ledger.mask).encode()

    def _act(self, find: Find, answering: Answering, options: dict[str, Any], _: Opener) -> bytes:
        ledger = self._ledgers.found(find)
        answer = answering(ledger, **options)
        told = {
            "exit": answer.code,
            "answer": answer.document() if answer.document else None,
            "lines": [printable(line) for line in answer.lines],
            "refused": [printable(line) for line in answer.refused],
        }
        answer.after()
        return as_json(told, ledger.mask).encode()

    def _look_at_status(self, opener: Opener) -> Look:
        notes: list[str] = []
        ledger = self._asked(opener, notes)
        answer = show_status(ledger, **_STATUS)
        assert answer.document is not None
        return Look(ledger.mask.within(answer.document()), [ledger.mask(one) for one in notes])

    def _look_at_failures(self, opener: Opener) -> Any:
        ledger = self._asked(opener, [])
        answer = list_failures(ledger, since=DAY_S, host=None, limit=MAX_FAILURES)
        assert answer.document is not None
        return ledger.mask.within(answer.document())

    def _check(self, opener: Opener) -> None:
        ledger = self._asked(opener, [])
        with opener(ledger.state) as desk:
            desk.sums()

    def _metrics(self, opener: Opener) -> bytes:
        ledger = self._asked(opener, [])
        with opener(ledger.state) as desk:
            return exposition(desk, ledger.give_up)

    def _asked(self, opener: Opener, notes: list[str]) -> Ledger:
        return replace(self._ledgers.found(ledger_asked), desks=opener, note=notes.append)


_STATUS: dict[str, Any] = {
    "check": False,
    "max_silence": 0.0,
    "max_failing": 0.0,
    "min_room": 0,
    "processes": 1,
}
