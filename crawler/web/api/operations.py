"""The operations of the API that are verbs: one table, which routes them and describes them.

What a verb takes on the command line it takes here by the same words: its options by their names,
in `_` for `-`, and its arguments. The command itself reads them, so that it says the same of what
is wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import click

from crawler.verbs.answer import Answering
from crawler.verbs.commands.declaring import answers_of, finder_of
from crawler.verbs.commands.files import find_verb
from crawler.verbs.commands.hosts import failures_verb, host_verb, hosts_verb
from crawler.verbs.commands.ledgers import explain_verb
from crawler.verbs.commands.orders import reload_verb, stop_verb
from crawler.verbs.commands.status import status_verb
from crawler.verbs.commands.urls import add_verb, forget_verb, retry_verb
from crawler.verbs.commands.wishes import (
    pause_verb,
    resume_verb,
    set_verb,
    unset_verb,
    wake_verb,
    wishes_verb,
)
from crawler.web.api.pages import samples_verb, urls_verb
from crawler.web.api.words import Word, check, name_of
from crawler.web.ledgers import Find
from crawler.web.problems import usage

PREFIX = "/api/v1"
_FOUND_OTHERWISE = frozenset({"file", "state", "as_json_"})
"""Options that the server answers for itself."""


@dataclass(frozen=True)
class Operation:
    """A verb of the command line as the API has it: what asks is a GET, what acts a POST."""

    method: str
    path: str
    command: click.Command
    pick: str | None = None
    """The one key of the verb's document that is answered, with the time."""
    without: frozenset[str] = frozenset()
    """Options that make no sense here."""
    seeks: bool = False
    """Whether it looks through lists or files, which may take long."""
    alone: bool = False
    """Whether two at once would be in each other's way."""
    apart: str | None = None
    """The option with which it runs as a program of its own: it fetches then."""

    @property
    def acts(self) -> bool:
        """Tell whether it changes something."""
        return self.method == "POST"

    @property
    def summary(self) -> str:
        """Return what the command's help says first."""
        return (self.command.help or "").split("\n\n")[0].replace("\n", " ").strip()

    @property
    def finds(self) -> Find:
        """Return how the verb finds its ledger."""
        return finder_of(self.command)

    @property
    def answers(self) -> Answering:
        """Return the verb's function."""
        return answers_of(self.command)

    @property
    def names_one(self) -> bool:
        """Tell whether its path names something, which may not be there."""
        return "{" in self.path

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Return what it takes."""
        left_out = _FOUND_OTHERWISE | self.without
        found = (one for one in self.command.params if one.name not in left_out)
        return tuple(Word(name_of(one), one, f"{{{name_of(one)}}}" in self.path) for one in found)

    def options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the verb's function is called with.

        Raises:
            Problem, click.UsageError: the words mean nothing.
        """
        with self.command.make_context(self.command.name, self.argv(given)) as context:
            found = context.params
        return {name: value for name, value in found.items() if name not in _FOUND_OTHERWISE}

    def argv(self, given: Mapping[str, Any]) -> list[str]:
        """Return the command line of these words.

        Raises:
            Problem: they are not the verb's, or of another type.
        """
        words = {word.name: word for word in self.words}
        if unknown := sorted(given.keys() - words.keys()):
            known = ", ".join(words) or "nothing"
            raise usage(f"{unknown[0][:100]!r} is not known here; {self.command.name} has: {known}")
        options: list[str] = []
        arguments: list[str] = []
        for name, value in given.items():
            word = words[name]
            check(word, value)
            (options if word.is_option else arguments).extend(word.argv(value))
        return [*options, "--", *arguments]

    def value_of(self, name: str, texts: list[str]) -> Any:
        """Return the value of a word that a query gives as texts, as it would stand in a body.

        Raises:
            Problem: it is given twice.
        """
        word = next((one for one in self.words if one.name == name), None)
        if len(texts) > 1 and not (word and word.is_list):
            raise usage(f"{name[:100]}: it is given twice")
        return word.value_of(texts) if word else texts[0]


def _get(path: str, command: click.Command, **more: Any) -> Operation:
    return Operation("GET", f"{PREFIX}/{path}", command, **more)


def _post(command: click.Command, **more: Any) -> Operation:
    return Operation("POST", f"{PREFIX}/{command.name}", command, **more)


def load_verbs() -> None:
    """Load what all verbs do: a server does so before it serves, for an import holds it up."""
    for operation in OPERATIONS:
        _ = operation.answers, operation.finds


_CHECK = frozenset({"check", "max_silence", "max_failing", "min_room", "processes"})
OPERATIONS: tuple[Operation, ...] = (
    _get("status", status_verb),
    _get("jobs", status_verb, without=_CHECK, pick="jobs"),
    _get("processes", status_verb, without=_CHECK, pick="processes"),
    _get("hosts", hosts_verb),
    _get("hosts/{name}", host_verb),
    _get("failures", failures_verb),
    _get("wishes", wishes_verb),
    _get("explain", explain_verb, seeks=True),
    _get("find", find_verb, seeks=True),
    _get("urls", urls_verb, seeks=True),
    _get("samples", samples_verb),
    _post(pause_verb),
    _post(resume_verb),
    _post(wake_verb),
    _post(set_verb),
    _post(unset_verb),
    _post(retry_verb),
    _post(forget_verb),
    _post(add_verb, alone=True),
    _post(reload_verb, apart="dry_run"),
    _post(stop_verb),
)
