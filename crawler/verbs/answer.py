"""What a verb answers: a value, which the command line prints and the web server sends."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

import click

from crawler.policy.masking import Mask
from crawler.verbs.ledger import Ledger
from crawler.verbs.words import as_json, print_lines


def _nothing() -> None:
    """There is no more to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb has found or done; what costs something is worked out when it is asked for."""

    lines: Iterable[str]
    """For people, and of more than one for who waits: they are printed as they come."""
    document: Callable[[], Any] | None = None
    """Makes the value for programs; None where `lines` are all that there is."""
    code: int = 0
    """The exit code."""
    refused: Iterable[str] = ()
    """For people too: what was not done, and why."""
    after: Callable[[], None] = _nothing
    """What is waited for when all is told."""


Answering = Callable[..., Answer]
"""A verb's function: it takes a `Ledger`, and the options of the verb by their names."""


def answering(function: Answering) -> Callable[..., int]:
    """Give a verb that answers the option --json, and have its answer printed.

    `answers_of` returns the function itself.
    """

    @click.option("--json", "as_json_", is_flag=True, help="For programs.")
    @functools.wraps(function)
    def verb(ledger: Ledger, *, as_json_: bool, **options: Any) -> int:
        answer = function(ledger, **options)
        tell(answer, ledger.mask, as_json_=as_json_)
        return answer.code

    return answered_by(function)(verb)


def answered_by(function: Answering) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Have `answers_of` return a function for a verb that prints as it goes along."""

    def mark(verb: Callable[..., int]) -> Callable[..., int]:
        verb.answers = function  # type: ignore[attr-defined]
        return verb

    return mark


def answers_of(command: click.Command) -> Answering:
    """Return the function that answers for a verb without printing anything."""
    return cast("Answering", command.callback.answers)  # type: ignore[union-attr]


def tell(answer: Answer, mask: Mask, *, as_json_: bool) -> None:
    """Print an answer, for programs or for people."""
    if as_json_ and answer.document is not None:
        click.echo(as_json(answer.document(), mask, indent=2))
    else:
        print_lines(answer.lines, mask)
    print_lines(answer.refused, mask, err=True)
    answer.after()
