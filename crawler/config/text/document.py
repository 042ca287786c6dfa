"""A configuration as plain values, of one file and those that it includes."""

from dataclasses import field
from typing import Any

from crawler.config.text.places import Path_, dotted
from crawler.config.text.variables import Variables
from crawler.errors import ConfigError, Problem
from crawler.value import mutable

Mark = tuple[int, int]
"""Line and column, 1-based."""


@mutable
class Document:
    """A file as plain values, and the mark of each by its path."""

    file: str
    variables: Variables
    value: Any = None
    marks: dict[Path_, Mark] = field(default_factory=dict)
    key_marks: dict[Path_, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    included: list[tuple[int, "Document"]] = field(default_factory=list)
    """Other files with jobs, each with the place of its first one among all jobs."""

    def problem(self, path: Path_, message: str, *, at_key: bool = False) -> None:
        """Note a problem of the value at a path, at the nearest place that its file has."""
        home, path = self._home(path)
        line, column = home.mark(path, at_key=at_key)
        message = self.variables.masked(message)
        home.problems.append(Problem(home.file, line, column, dotted(path), message))

    def has(self, path: Path_) -> bool:
        """Tell whether a value stands at a path."""
        home, path = self._home(path)
        return path in home.marks

    def mark(self, path: Path_, *, at_key: bool = False) -> Mark:
        """Return the nearest place that this file has of a path in it."""
        marks = self.key_marks if at_key else self.marks
        beginnings = (path[:end] for end in range(len(path), -1, -1))
        return next((marks[one] for one in beginnings if one in marks), (1, 1))

    def place(self, path: Path_) -> str:
        """Return where a job stands, for people: its path here, or file and line of another."""
        home, path = self._home(path)
        return dotted(path) if home is self else f"the job at {home.file}:{home.mark(path)[0]}"

    def check(self) -> None:
        """End with all problems, if there are any.

        Raises:
            ConfigError: every problem, in the order of the files, each in its order.
        """
        homes = [self, *(home for _, home in self.included)]
        found = [
            problem
            for home in homes
            for problem in sorted(home.problems, key=lambda p: (p.line, p.column))
        ]
        if found:
            raise ConfigError(found)

    def _home(self, path: Path_) -> tuple["Document", Path_]:
        """Return the file in which a value stands, and its path there."""
        if len(path) > 1 and path[0] == "jobs" and isinstance(at := path[1], int):
            for first, home in reversed(self.included):
                if at >= first:
                    return home, ("jobs", at - first, *path[2:])
        return self, path
