"""Plain values of the YAML 1.2 core schema, and the place of each.

PyYAML reads YAML 1.1, in which `no` is false, `1:30` is ninety and `0755` is 493; here they are
the strings that they look like. Duplicate keys, which PyYAML drops without a word, are errors.
"""

import re
from functools import partial
from typing import Any

import yaml

from crawler.config.text.document import Document
from crawler.config.text.places import Path_, dotted
from crawler.errors import Problem

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


def scalar(text: str) -> Any:
    """Return the value of a text as it would stand in a file, unquoted."""
    return next((make(text) for pattern, make in _CORE if pattern.fullmatch(text)), text)


class Builder:
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
