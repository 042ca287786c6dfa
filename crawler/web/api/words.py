"""Words of the API: what an operation takes, as the command line has it and as JSON has it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import click

from crawler.verbs.commands.urls import AT_ONCE, STANDARD_INPUT
from crawler.web.problems import usage

MAX_ITEMS = AT_ONCE
"""Items of a list in a request."""
_DIGITS = re.compile(r"-?[0-9]{1,19}")
MAX_CHARACTERS = 8192
"""Of a text in a request."""


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


def name_of(parameter: click.Parameter) -> str:
    """Return what the API calls an option or an argument."""
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len).removeprefix("--").replace("-", "_")
    return parameter.name or ""


def check(word: Word, value: Any) -> None:
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
