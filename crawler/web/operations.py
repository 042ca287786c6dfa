"""The operations of the API that are verbs: one table, which routes them and describes them.

What a verb takes on the command line it takes here by the same words: its options by their names,
in `_` for `-`, and its arguments. The command itself reads them, so that it says the same of what
is wrong.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import click

from crawler.verbs.answer import Answering, answers_of
from crawler.verbs.desk import explain_verb
from crawler.verbs.desk_options import finder_of
from crawler.verbs.find import find_verb
from crawler.verbs.hosts_verbs import failures_verb, host_verb, hosts_verb
from crawler.verbs.orders.reloading import reload_verb
from crawler.verbs.orders.stopping import stop_verb
from crawler.verbs.status_verb import status_verb
from crawler.verbs.urls.adding import add_verb
from crawler.verbs.urls.forgetting import forget_verb
from crawler.verbs.urls.given import AT_ONCE, STANDARD_INPUT
from crawler.verbs.urls.retrying import retry_verb
from crawler.verbs.wishes.listing import wishes_verb
from crawler.verbs.wishes.pausing import pause_verb, resume_verb
from crawler.verbs.wishes.setting import set_verb, unset_verb
from crawler.verbs.wishes.waking import wake_verb
from crawler.web.ledgers import Find
from crawler.web.pages import samples_verb, urls_verb
from crawler.web.problems import usage

PREFIX = "/api/v1"
MAX_ITEMS = AT_ONCE
"""Items of a list in a request."""
_DIGITS = re.compile(r"-?[0-9]{1,19}")
MAX_CHARACTERS = 8192
"""Of a text in a request."""
_FOUND_OTHERWISE = frozenset({"file", "state", "as_json_"})
_OURS = _FOUND_OTHERWISE | {"waits"}
"""Options that the server answers for itself; to wait is the client's."""


@dataclass(frozen=True)
class Word:
    """Something that an operation takes."""

    name: str
    parameter: click.Parameter
    in_path: bool = False

    @property
    def is_option(self) -> bool:
        """Tell whether it is an option of the command, and no argument."""
        return isinstance(self.parameter, click.Option)

    @property
    def is_list(self) -> bool:
        """Tell whether it may be given several times."""
        return self.parameter.nargs == -1 or self.parameter.multiple

    @property
    def is_number(self) -> bool:
        """Tell whether it is a whole number."""
        return isinstance(self.parameter.type, click.types.IntParamType)

    @property
    def is_flag(self) -> bool:
        """Tell whether it is there or is not."""
        return isinstance(self.parameter, click.Option) and self.parameter.is_flag

    @property
    def is_required(self) -> bool:
        """Tell whether nothing is done without it."""
        return self.parameter.required

    def argv(self, value: Any) -> Iterator[str]:
        """Yield it as the command line has it; a value never turns into an option."""
        texts = value if self.is_list else [value]
        if not self.is_option:
            yield from texts
        elif self.is_flag:
            yield from [self._option] if value else []
        else:
            yield from (f"{self._option}={text}" for text in texts)

    def value_of(self, texts: list[str]) -> Any:
        """Return the value that texts of a query stand for, as it would stand in a body."""
        if self.is_list:
            return texts
        if self.is_flag:
            return {"true": True, "false": False}.get(texts[0], texts[0])
        return int(texts[0]) if self.is_number and _DIGITS.fullmatch(texts[0]) else texts[0]

    @property
    def _option(self) -> str:
        return max(self.parameter.opts, key=len)


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
        left_out = _OURS | self.without
        found = (one for one in self.command.params if one.name not in left_out)
        return tuple(Word(_name(one), one, f"{{{_name(one)}}}" in self.path) for one in found)

    def options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the verb's function is called with.

        Raises:
            Problem, click.UsageError: the words mean nothing.
        """
        words = {word.name: word for word in self.words}
        if unknown := sorted(given.keys() - words.keys()):
            known = ", ".join(words) or "nothing"
            raise usage(f"{unknown[0][:100]!r} is not known here; {self.command.name} has: {known}")
        options: list[str] = []
        arguments: list[str] = []
        for name, value in given.items():
            word = words[name]
            _check(word, value)
            (options if word.is_option else arguments).extend(word.argv(value))
        argv = [*options, "--", *arguments]
        with self.command.make_context(self.command.name, argv) as context:
            found = context.params
        return {name: value for name, value in found.items() if name not in _FOUND_OTHERWISE}

    def value_of(self, name: str, texts: list[str]) -> Any:
        """Return the value of a word that a query gives as texts, as it would stand in a body.

        Raises:
            Problem: it is given twice.
        """
        word = next((one for one in self.words if one.name == name), None)
        if len(texts) > 1 and not (word and word.is_list):
            raise usage(f"{name[:100]}: it is given twice")
        return word.value_of(texts) if word else texts[0]


def _name(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len).removeprefix("--").replace("-", "_")
    return parameter.name or ""


def _check(word: Word, value: Any) -> None:
    """See that a value is of its type.

    Raises:
        Problem: it is not.
    """
    kind, is_right = _expected(word)
    if word.is_list:
        if not isinstance(value, list) or not all(map(is_right, value)):
            raise usage(f"{word.name}: a list of texts is needed")
        if len(value) > MAX_ITEMS:
            raise usage(f"{word.name}: {len(value):,} at once, and {MAX_ITEMS} are the most")
        if STANDARD_INPUT in value:
            raise usage(f"{word.name}: {STANDARD_INPUT!r} would be standard input; name each one")
    elif not is_right(value):
        raise usage(f"{word.name}: {kind} is needed")


def _expected(word: Word) -> tuple[str, Callable[[Any], bool]]:
    if word.is_flag:
        return "true or false", lambda value: isinstance(value, bool)
    if word.is_number:
        return "a number", lambda value: type(value) is int
    return f"a text of up to {MAX_CHARACTERS:,} characters", _is_text


def _is_text(value: Any) -> bool:
    """Tell whether it is a text that is one in every encoding and column."""
    if not isinstance(value, str) or len(value) > MAX_CHARACTERS or "\0" in value:
        return False
    return not any("\ud800" <= one <= "\udfff" for one in value)


def _get(path: str, command: click.Command, **more: Any) -> Operation:
    return Operation("GET", f"{PREFIX}/{path}", command, **more)


def _post(command: click.Command, **more: Any) -> Operation:
    return Operation("POST", f"{PREFIX}/{command.name}", command, **more)


_CHECK = frozenset({"check", "max_silence", "max_failing", "min_room", "processes"})
OPERATIONS: tuple[Operation, ...] = (
    _get("status", status_verb, without=_CHECK),
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
    _post(reload_verb, without=frozenset({"dry_run"})),
    _post(stop_verb),
)
