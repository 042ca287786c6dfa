"""What a verb answers: a value, which the command line prints and the web server sends."""

from collections.abc import Callable, Iterable
from typing import Any

import click

from crawler.policy.masking import Mask
from crawler.value import value
from crawler.verbs.words import as_json, print_lines


def _nothing() -> None:
    """There is no more to do."""


@value
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


def tell(answer: Answer, mask: Mask, *, as_json_: bool) -> None:
    """Print an answer, for programs or for people."""
    if as_json_ and answer.document is not None:
        click.echo(as_json(answer.document(), mask, indent=2))
    else:
        print_lines(answer.lines, mask)
    print_lines(answer.refused, mask, err=True)
    answer.after()
