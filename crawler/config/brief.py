"""What a verb that asks needs of a configuration, read from the document without the models.

The models take longer to load than such a verb takes in all. Whatever the document does not say
plainly is left to `loading`, which also says what is wrong with it.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

from crawler.config.line_values import asks_lines, mark_of
from crawler.config.quantities import duration
from crawler.config.text.reading import read
from crawler.errors import ConfigError
from crawler.model import DAY_S, Seconds
from crawler.policy.masking import REDACTED
from crawler.policy.naming import DEFAULT_TEMPLATE
from crawler.state_address import StateAddress, state_address
from crawler.value import value

STATE = Path("var/crawler.sqlite")
OUTPUT = Path("var/files")
NAME = r"^[A-Za-z0-9._-]{1,64}$"
GIVE_UP_S: Seconds = DAY_S
"""Defaults of `state`, `output` and `give_up`, and the pattern of `name`."""
_SECTIONS = frozenset({"crawler", "job_defaults", "hosts", "include", "jobs"})


@value
class Brief:
    """The options of a configuration that a verb which asks needs; its paths are absolute."""

    name: str
    state: StateAddress
    output: Path
    redact_query: tuple[str, ...]
    give_up: Seconds
    """The longest of the jobs."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """What jobs make of lines (`line_values`), '' for nothing, by their names; as far as they
    plainly say so."""


def brief(file: Path, environment: Mapping[str, str] = os.environ) -> Brief | None:
    """Return what the document alone says; None where it says it in no plain way."""
    try:
        document = read(file, environment)
        return None if document.problems else _brief(file.absolute(), document.value)
    except (ConfigError, ValueError):  # `loading` tells what is wrong
        return None


def _brief(file: Path, value: Any) -> Brief:
    """Read a document.

    Raises:
        ValueError: something in it is odd.
    """
    sections = _mapping(value)
    options, defaults = (_mapping(sections.get(one, {})) for one in ("crawler", "job_defaults"))
    jobs = [_mapping(job) for job in _list(sections.get("jobs"))]
    if not jobs or not _SECTIONS.issuperset(sections):
        raise ValueError("the sections are odd")
    give_up = defaults.get("give_up", GIVE_UP_S)
    name = options.get("name")
    return Brief(
        stem_of(file) if name is None else _name(name),
        located(file.parent, state_address(_text(options.get("state", str(STATE))))),
        absolute(file.parent, Path(_text(options.get("output", str(OUTPUT))))),
        tuple(map(_text, _list(options.get("redact_query", [*REDACTED])))),
        max(_span(job.get("give_up", give_up)) for job in jobs),
        {} if "headers" in defaults else dict(_marks(jobs, defaults)),
    )


def _marks(
    jobs: Sequence[dict[str, Any]], defaults: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    for job in jobs:
        path, headers = job.get("path", defaults.get("path", DEFAULT_TEMPLATE)), job.get("headers")
        named = {_text(name): _text(value) for name, value in _mapping(headers or {}).items()}
        checks = job.get("checksums", defaults.get("checksums", False)) is True
        uses = asks_lines(_text(path), named, checks=checks)
        mark = mark_of(path, named, checks=checks)
        yield _text(job.get("name")), mark if uses else ""


def absolute(folder: Path, path: Path) -> Path:
    """Return a path of a configuration that lies in a folder."""
    return Path(os.path.normpath(folder / path))


def located(folder: Path, state: StateAddress) -> StateAddress:
    """Return where the ledger of a configuration is that lies in a folder."""
    return absolute(folder, state) if isinstance(state, Path) else state


def stem_of(file: Path) -> str:
    """Return the name of a configuration that says none; the ledger has no bytes."""
    return os.fsencode(file.stem).decode("utf-8", "backslashreplace")


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("no mapping")  # noqa: TRY004  a ValueError is what is odd
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("no list")  # noqa: TRY004  likewise
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")  # noqa: TRY004  likewise
    return value


def _name(value: Any) -> str:
    if not re.fullmatch(NAME, _text(value)):
        raise ValueError("no name")
    return _text(value)


def _span(value: Any) -> Seconds:
    return GIVE_UP_S if value is GIVE_UP_S else duration(value)
