"""How a verb is declared: where the function is that does it, finds its ledger, and answers.

A function is named by its place, `verbs.find:find`: the module below `crawler`, and its name there.
The module is loaded when the function is called.
"""

import functools
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from crawler.verbs.commands.options import CONFIG, JSON, STATE
from crawler.verbs.importing import importing

if TYPE_CHECKING:
    from crawler.state_address import StateAddress
    from crawler.verbs.answer import Answering
    from crawler.verbs.ledger import Ledger

Doing = Callable[..., Any]
"""What a verb does: it takes the values of its options by their names."""

ENDED_BY_INT = 130
"""Exit code of a program that a ^C ended, as shells give it: 128 and the number of SIGINT."""


def loaded(place: str) -> Doing:
    """Return the function at a place."""
    module, _, name = place.partition(":")
    with importing():
        return cast("Doing", getattr(import_module(f"crawler.{module}"), name))


def does(place: str) -> Callable[[Doing], Doing]:
    """Have a command call the function at a place; what is decorated has its name and help."""

    def declared(form: Doing) -> Doing:
        @functools.wraps(form)
        def verb(*arguments: Any, **options: Any) -> Any:
            return loaded(place)(*arguments, **options)

        verb.place = place  # type: ignore[attr-defined]
        return verb

    return declared


def verb_of(form: Doing) -> Doing:
    """Give a verb its ledger, from -c or --state, and an end when its reader closes the pipe."""
    return CONFIG(STATE(_ended(form, "verbs.ledger:ledger_of")))


def verb_that_asks(form: Doing) -> Doing:
    """Give a verb the same, where it asks and needs no more than the brief of a configuration."""
    return CONFIG(STATE(_ended(form, "verbs.ledger:ledger_asked")))


def verb_of_configuration(form: Doing) -> Doing:
    """Give a verb the same, where it needs the configuration and not its ledger alone."""
    return CONFIG(_ended(form, "verbs.ledger:configured_ledger"))


def _ended(form: Doing, finds: str) -> Doing:
    """Return a verb that finds its ledger by the function at a place.

    A reader such as `head` ends with what it wanted; the writer then ends quietly, with 0.
    """

    @functools.wraps(form)
    def verb(
        *, file: Path | None, state: "StateAddress | None" = None, **options: Any
    ) -> int | None:
        try:
            code: int | None = form(loaded(finds)(file, state), **options)
            sys.stdout.flush()
        except BrokenPipeError:
            discard_output()
            return 0
        return code

    verb.finds = finds  # type: ignore[attr-defined]
    return verb


def finder_of(command: click.Command) -> "Callable[..., Ledger]":
    """Return how a verb finds its ledger."""
    return loaded(command.callback.finds)  # type: ignore[union-attr]


def answering(form: Doing) -> Doing:
    """Give a verb that answers the option --json, and have its answer printed.

    `answers_of` returns the function itself.
    """

    @JSON
    @functools.wraps(form)
    def verb(ledger: "Ledger", *, as_json_: bool, **options: Any) -> int:
        answer = form(ledger, **options)
        loaded("verbs.answer:tell")(answer, ledger.mask, as_json_=as_json_)
        return cast("int", answer.code)

    return answered_by(form.place)(verb)  # type: ignore[attr-defined]


def answered_by(place: str) -> Callable[[Doing], Doing]:
    """Have `answers_of` return another function for a verb that prints as it goes along."""

    def mark(verb: Doing) -> Doing:
        verb.answers = place  # type: ignore[attr-defined]
        return verb

    return mark


def answers_of(command: click.Command) -> "Answering":
    """Return the function that answers for a verb without printing anything."""
    return loaded(command.callback.answers)  # type: ignore[union-attr]


def quietly(form: Doing) -> Doing:
    """Let a verb end quietly when its reader closes the pipe, with 0, and at a ^C, with 130."""

    @functools.wraps(form)
    def verb(**options: Any) -> int | None:
        try:
            code: int | None = form(**options)
            sys.stdout.flush()
        except BrokenPipeError:
            discard_output()
            return 0
        except KeyboardInterrupt:
            discard_output()
            return ENDED_BY_INT
        return code

    return verb


def discard_output() -> None:
    """Send standard output nowhere: Python flushes it once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
