"""YAML with its places: plain values of the YAML 1.2 core schema, and the position of each.

PyYAML reads YAML 1.1, in which `no` is false, `1:30` is ninety and `0755` is 493; here they are
the strings that they look like. Duplicate keys, which PyYAML drops without a word, are errors.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from crawler.config.variables import Variables
from crawler.errors import ConfigError, Problem

Key = str | int
Path_ = tuple[Key, ...]

_CORE = (
    (re.compile(r"null|Null|NULL|~|"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?(0|[1-9][0-9]*)"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?"), float),
)
MAX_REPEATED = 100_000
"""Nodes that the aliases of a file repeat, all together; what stands in the file is not counted."""
MAX_DEPTH = 100
"""Lists and mappings inside each other, through aliases too."""
_MAX_NUMBER = 100
"""Characters of a number; a longer one is text."""


@dataclass(slots=True)
class Document:
    """A configuration file as plain values, and the mark of each by its path."""

    file: str
    variables: Variables
    value: Any = None
    marks: dict[Path_, tuple[int, int]] = field(default_factory=dict)
    key_marks: dict[Path_, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, path: Path_, message: str, *, at_key: bool = False) -> None:
        """Note a problem of the value at a path, at the nearest place that the file has."""
        marks = self.key_marks if at_key else self.marks
        line, column = next(
            (marks[path[:end]] for end in range(len(path), -1, -1) if path[:end] in marks), (1, 1)
        )
        message = self.variables.masked(message)
        self.problems.append(Problem(self.file, line, column, dotted(path), message))

    def check(self) -> None:
        """End with all problems, if there are any.

        Raises:
            ConfigError: every problem, in the order of the file.
        """
        if self.problems:
            raise ConfigError(sorted(self.problems, key=lambda p: (p.line, p.column)))


SECRET = frozenset({"auth", "body", "command", "cookies", "headers", "proxy", "state"})
"""Sections whose values no message repeats."""
MAX_KEY = 80
"""Characters of a key that a message repeats."""
_WORD = re.compile(r"[A-Za-z0-9_-]{0,80}")


def dotted(path: Path_) -> str:
    """Write a path as operators read it: `jobs[0].timeout.read`; a key may hold no secret."""
    text = ""
    for at, key in enumerate(path):
        secret = not SECRET.isdisjoint(path[:at])
        text += f"[{key}]" if isinstance(key, int) else f".{_shown(key, secret=secret)}"
    return text.removeprefix(".")


def _shown(key: str, *, secret: bool) -> str:
    """Return a key without what does not belong to a name: `X-Key: abc` is no header's name."""
    if secret and key != "[key]":
        word = _WORD.match(key)
        shown = word.group() if word else ""
        return key if shown == key else f"{shown}..."
    user, _, name = key.rpartition("@")  # user:password@host
    shown = f"***@{name}" if user else key
    return shown if len(shown) <= MAX_KEY else f"{shown[: MAX_KEY - 3]}..."


def read(file: Path, environment: Mapping[str, str] = os.environ) -> Document:
    """Read a YAML file; problems with its values are noted in the document.

    Raises:
        ConfigError: the file cannot be read, or is not YAML.
    """
    document = Document(str(file), Variables(file.absolute().parent, environment))
    try:
        with file.open("rb") as stream:
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            root = yaml.compose(stream, Loader=loader)
    except OSError as error:
        raise ConfigError(
            [Problem(str(file), 1, 1, "", f"cannot be read: {error.strerror}")]
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            [Problem(str(file), 1, 1, "", f"is not UTF-8: {error.reason}")]
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError([_syntax(str(file), error)]) from error
    document.value = _Builder(document).build(root, ())
    return document


def _syntax(file: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    message = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Problem(file, line, column, "", f"is not YAML: {message}")


def scalar(text: str) -> Any:
    """Return the value of a text as it would stand in a file, unquoted."""
    return next((make(text) for pattern, make in _CORE if pattern.fullmatch(text)), text)


class _Builder:
    """Turns the node tree into plain values and marks."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.open: list[yaml.Node] = []
        self._built: set[int] = set()
        """Identities of the nodes met before, which live as long as their tree does."""
        self._repeated = 0
        self._alias: Path_ = ()
        """Where the outermost alias stands that is being built, or was last."""

    def build(self, node: yaml.Node | None, path: Path_) -> Any:
        if node is None:
            return None
        self._count(node, path)
        self.document.marks[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if any(node is outer for outer in self.open):
            self.document.problem(path, "is an alias of something that it is a part of")
            self.document.check()
        self.open.append(node)
        value = (
            self._mapping(node, path)
            if isinstance(node, yaml.MappingNode)
            else [self.build(item, (*path, at)) for at, item in enumerate(node.value)]
        )
        self.open.pop()
        return value

    def _count(self, node: yaml.Node, path: Path_) -> None:
        """Count what aliases repeat: a few can stand for any number of nodes."""
        if id(node) in self._built:
            self._repeated += 1
            if not self._alias or path[: len(self._alias)] != self._alias:
                self._alias = path
        self._built.add(id(node))
        if self._repeated > MAX_REPEATED:
            self.document.problem(
                self._alias[:-1],
                f"aliases repeat more than {MAX_REPEATED:,} values from here on; "
                "write out what is meant",
            )
        elif len(self.open) > MAX_DEPTH:
            self.document.problem(path[:3], f"is nested deeper than {MAX_DEPTH} levels")
        else:
            return
        self.document.check()

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "?"
            here = (*path, key)
            mark = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if key in values:
                first = self.document.key_marks[here][0]
                self.document.problems.append(
                    Problem(
                        self.document.file, *mark, dotted(here),
                        f"stands twice, first in line {first}; keep one of them",
                    )
                )  # fmt: skip
                continue
            self.document.key_marks[here] = mark
            values[key] = self.build(value_node, here)
        return values

    def _scalar(self, node: yaml.ScalarNode, path: Path_) -> Any:
        text, secret = str(node.value), False
        if "$" in text:
            problem = partial(self.document.problem, path)
            text, secret = self.document.variables.expanded(text, problem)
        if node.style or secret:  # quoted, block or of a file: a string, whatever it looks like
            return text
        for pattern, make in _CORE:
            if pattern.fullmatch(text) and len(text) < _MAX_NUMBER:
                return make(text)
        return text
