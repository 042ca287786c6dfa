"""`crawler tail`: the JSON logs of the daemon, several merged by time, as people read them."""

import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from heapq import merge
from operator import attrgetter
from pathlib import Path

from gevent.monkey import get_original

from crawler.config import load
from crawler.errors import UsageError
from crawler.log import Readable, takes_colours, width_of
from crawler.model import Seconds
from crawler.verbs.commands.watching import LAST
from crawler.verbs.tail.choosing import Choice
from crawler.verbs.tail.files import check, reader
from crawler.verbs.tail.following import Followed
from crawler.verbs.tail.lines import Line, lines_of

STDIN = "-"
_EXAMPLE = "as in: crawler tail -f /var/log/crawler/*.log"
LOOK_S: Seconds = 0.2
"""Time between two looks at files that are followed."""

_at = attrgetter("at")
_sleep = get_original("time", "sleep")


def tail(
    *,
    follow: bool,
    last: int | None,
    failed: bool,
    kinds: Sequence[str],
    host: str | None,
    job: str | None,
    file: Path | None,
    files: Sequence[str],
) -> None:
    """Do what `crawler tail` says; its options are in `crawler/verbs/commands/`."""
    choice = Choice(failed, frozenset(kinds), host, job)
    show = _Shown(choice)
    paths = _paths(files, follow=follow) if files else _configured(file, follow=follow)
    if follow and files != (STDIN,):
        _follow([Followed(path) for path in paths if path], LAST if last is None else last, show)
    else:
        with ExitStack() as stack:
            found = [lines_of(_opened(stack, path), live=path is None) for path in paths]
            show.all(_last(filter(choice, merge(*found, key=_at)), last))


def _paths(files: Sequence[str], *, follow: bool) -> list[Path | None]:
    """Return the files to read, None for standard input.

    Raises:
        UsageError: one is not there, or cannot be followed.
    """
    if follow and STDIN in files and len(files) > 1:
        raise UsageError("- cannot be followed beside files; give it alone")
    paths = [None if file == STDIN else Path(file) for file in files]
    for path in filter(None, paths):
        check(path, follow=follow)
    return paths


def _configured(file: Path | None, *, follow: bool) -> list[Path | None]:
    """Return the log of the configuration in `file`; those before it too, where none is followed.

    Raises:
        UsageError: there is none.
    """
    if file is None:
        raise UsageError(
            f"name the log, - for standard input, or a configuration with -c; {_EXAMPLE}"
        )
    options = load(file).crawler.log
    if options.file is None:
        raise UsageError(
            f"crawler.log.file is not set in {file}: the log is standard output alone. Name the "
            f"file that supervisord writes it to (its stdout_logfile); {_EXAMPLE}"
        )
    if follow:
        return [options.file]
    names = [
        options.file.with_name(f"{options.file.name}.{n}") for n in range(options.file_count, 0, -1)
    ]
    found: list[Path | None] = [path for path in (*names, options.file) if path.exists()]
    if not found:
        raise UsageError(f"{options.file} is not there yet: the daemon makes it when it starts")
    return found


def _opened(stack: ExitStack, path: Path | None) -> Callable[[int], bytes]:
    """Return what reads the next line of a file, of so many bytes at the most."""
    return sys.stdin.buffer.readline if path is None else reader(stack, path)


def _last(lines: Iterable[Line], number: int | None) -> Iterable[Line]:
    return lines if number is None else deque(lines, number)


def _follow(files: Sequence[Followed], last: int, show: "_Shown") -> None:
    """Show the last lines of files, and then for ever what is added to them."""
    show.all(_last(filter(show.choice, _sorted(file.begin() for file in files)), last))
    while True:
        _sleep(LOOK_S)
        show.all(filter(show.choice, _sorted(file.look() for file in files)))


def _sorted(found: Iterable[Iterable[Line]]) -> list[Line]:
    return sorted((line for lines in found for line in lines), key=_at)


class _Shown:
    """Prints lines; colours and a width are for a terminal alone."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self._terminal = sys.stdout.fileno()
        self._readable = Readable(colours=takes_colours(self._terminal), dated=True, named=True)

    def all(self, lines: Iterable[Line]) -> None:
        """Print lines as they come, so that nobody waits for one that is there."""
        for line in lines:
            sys.stdout.write(f"{self._text(line)}\n")
            if line.is_live:
                sys.stdout.flush()
        sys.stdout.flush()

    def _text(self, line: Line) -> str:
        if line.record is None:
            return line.text
        try:
            return self._readable.line(line.record, width_of(self._terminal))
        except RecursionError:  # of a damaged line that nests thousands of levels
            return line.text
