"""The report of `crawler fetch`: a bar, or a line for every URL, and sums at the end."""

import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import cycle
from typing import Any

import gevent
from tqdm import tqdm

from crawler.log import moves_cursor, printable, size
from crawler.model import Kind, Outcome
from crawler.policy.masking import NOTHING, USUAL, masked_line
from crawler.policy.retry import KINDS, word_of
from crawler.records import Again, Hop, Settlement
from crawler.threads import Greenlet
from crawler.verbs.words import as_json

_MAX_CAUSES = 10
_ERASE = "\r\x1b[K"


class Report:
    """Follows the visits of one run; `style` is bar, lines (one a URL), json or quiet."""

    def __init__(self, style: str) -> None:
        self._style = style
        self._terminal = moves_cursor(sys.stderr.fileno())
        self._start = time.monotonic()
        self._bytes = 0
        self._bad = 0
        self._earlier = 0
        self._causes: Counter[str] = Counter()
        self._example: dict[str, str] = {}
        self._bar: tqdm[Any] | None = None
        self._spinner: Greenlet | None = None

    def begin(self, text: str) -> None:
        """Print a text, and turn the spinner until the first visit is over."""
        self._say(text)
        if self._style == "bar" and self._terminal:
            self._spinner = gevent.spawn(_spin)

    def expect(self, total: int) -> None:
        """Set how many URLs there are, as far as that is known."""
        if self._bar is not None:
            self._bar.total = total
            self._bar.refresh()

    def visited(self, settled: Settlement, total: int) -> None:
        """Report a visit; one that will be repeated is no end yet."""
        if isinstance(settled.verdict, Again | Hop):
            return
        self._show_bar(total)
        outcome = settled.outcome
        self._bytes += outcome.size
        task = settled.task
        self._note(task.url, outcome, task.attempt, word=word_of(task, outcome))

    def bad(self, url: str, reason: str) -> None:
        """Report a line that holds no URL."""
        self._bad += 1
        self._note(masked_line(url), Outcome(Kind.PROTOCOL, reason=reason), 0, kind=None)

    def stored_earlier(self, url: str, listed: int, outcome: Outcome, attempts: int) -> None:
        """Report a URL that an earlier run stored, and this one skipped; it was listed so often."""
        self._earlier += listed
        self._note(url, replace(outcome, reason="stored earlier"), attempts)

    def cancelled(self, url: str, attempts: int) -> None:
        """Report a URL whose visit was not finished."""
        self._note(url, Outcome(Kind.CANCELLED, reason="stopped before its end"), attempts)

    def refused(self, url: str, attempts: int, outcome: Outcome) -> None:
        """Report a URL whose host asks for a longer wait than is borne."""
        self._note(url, outcome, attempts)

    def stop_drawing(self) -> None:
        """Erase the spinner and the bar."""
        if self._spinner is not None:
            self._spinner.kill()
            self._spinner = None
        if self._bar is not None:
            self._bar.leave = False
            self._bar.close()
            self._bar = None
            print(_ERASE, end="", file=sys.stderr, flush=True)  # the ^C that the terminal echoed

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others write to the terminal: the bar is away meanwhile."""
        if self._bar is not None:
            self._bar.clear()
        elif self._spinner is not None:
            print(_ERASE, end="", file=sys.stderr, flush=True)
        yield
        if self._bar is not None:
            self._bar.refresh()

    def finish(self, listed: dict[str, int], asked: int) -> int:
        """Print the sums, also where they do not add up; return 0 if all is stored, 1 if not.

        `listed` are numbers of URLs by kind, `asked` is the number of URLs on the lists.
        """
        self.stop_drawing()
        sums = Counter({"error": self._bad})
        for kind, n in listed.items():
            sums[KINDS[Kind(kind or Kind.CANCELLED)].word] += n
        for cause, n in self._causes.most_common(_MAX_CAUSES):
            self._say(f"{n:6} × {cause}, first of {self._example[cause]}")
        elapsed = time.monotonic() - self._start
        earlier = f" ({self._earlier} stored earlier)" if self._earlier else ""
        self._say(
            f"{sums['ok']} ok{earlier}, {sums['not found']} not found, {sums['error']} errors, "
            f"{elapsed:.2f} s, {size(self._bytes)}"
        )
        missing = asked - sums.total()
        if missing:
            self._say(f"{abs(missing)} URLs are unaccounted for: please report this")
        return 0 if sums["ok"] == asked == sums.total() else 1

    def _note(
        self, url: str, outcome: Outcome, attempts: int, *, word: str = "", **override: Any
    ) -> None:
        url, reason = USUAL(url), USUAL(outcome.reason)
        outcome = replace(outcome, reason=reason, path=outcome.path and USUAL(outcome.path))
        word = word or KINDS[outcome.kind].word
        if word == "error":
            cause = f"{outcome.kind}: {outcome.reason}"
            self._causes[cause] += 1
            self._example.setdefault(cause, url)
        if self._style == "json":
            print(_json(url, word, outcome, attempts, **override), flush=True)
        elif self._style == "lines":
            print(printable(_line(url, word, outcome)), flush=True)

    def _show_bar(self, total: int) -> None:
        if self._style != "bar" or not self._terminal:
            return
        if self._bar is None:
            self.stop_drawing()
            tqdm.monitor_interval = 0  # its monitor is a thread
            width = shutil.get_terminal_size().columns - 4  # a ^C must not wrap
            self._bar = tqdm(total=total, unit=" URL", file=sys.stderr, ncols=width)
        self._bar.total = total
        self._bar.update()

    def _say(self, text: str) -> None:
        if self._style != "quiet":
            print(
                printable(text),
                file=sys.stderr if self._style == "json" else sys.stdout,
                flush=True,
            )


def _spin() -> None:
    try:
        for sign in cycle("|/-\\"):
            print(f"\r{sign} waiting for the first answer", end="", file=sys.stderr, flush=True)
            gevent.sleep(0.1)
    finally:
        print(_ERASE, end="", file=sys.stderr, flush=True)


def _json(url: str, word: str, outcome: Outcome, attempts: int, **override: Any) -> str:
    line = {
        "url": url,
        "outcome": word.replace(" ", "_"),
        "kind": outcome.kind.value,
        "status": outcome.status,
        "path": outcome.path,
        "bytes": outcome.size,
        "elapsed_s": outcome.elapsed,
        "attempts": attempts,
        "reason": outcome.reason or None,
    }
    return as_json(line | override, NOTHING)


def _line(url: str, word: str, outcome: Outcome) -> str:
    if word == "ok":
        earlier = f", {outcome.reason}" if outcome.reason else ""
        return f"{url}: ok, {outcome.size:,} bytes in {outcome.path}{earlier}"
    return f"{url}: {word}, {outcome.kind}: {outcome.reason}"
