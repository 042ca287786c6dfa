"""What `crawler fetch` tells the person at the keyboard: a bar or lines, and sums at the end.

Other verbs say numbers, spans of time and sizes in the same words.
"""

import json
import shutil
import sys
import time
from collections import Counter
from dataclasses import replace
from itertools import cycle
from typing import Any

import gevent
from tqdm import tqdm

from crawler.log import printable
from crawler.model import Kind, Outcome, Seconds, Task
from crawler.policy.retry import KINDS
from crawler.records import Again, Hop, Settlement
from crawler.threads import Greenlet

WORDS = ("ok", "not found", "error")
_MAX_CAUSES = 10
_ERASE = "\r\x1b[K"


class Report:
    """Follows the visits of one run. `style` is bar, lines (one a URL), json or quiet."""

    def __init__(self, style: str) -> None:
        self._style = style
        self._terminal = sys.stderr.isatty()
        self._start = time.monotonic()
        self._bytes = 0
        self._bad = 0
        self._earlier = 0
        self._causes: Counter[str] = Counter()
        self._example: dict[str, str] = {}
        self._bar: tqdm[Any] | None = None
        self._spinner: Greenlet | None = None

    def begin(self, text: str) -> None:
        """Say what is about to happen, and turn the spinner until something comes back."""
        self._say(text)
        if self._style == "bar" and self._terminal:
            self._spinner = gevent.spawn(_spin)

    def expect(self, total: int) -> None:
        """Set how many URLs there are, as far as that is known."""
        if self._bar is not None:
            self._bar.total = total
            self._bar.refresh()

    def visited(self, settled: Settlement, total: int) -> None:
        """Take note of a visit; one that will be repeated is not an end."""
        if isinstance(settled.verdict, Again | Hop):
            return
        self._show_bar(total)
        outcome = settled.outcome
        self._bytes += outcome.size
        self._note(settled.task.url, outcome, settled.task.attempt)

    def bad(self, url: str, reason: str) -> None:
        """Take note of a line that holds no URL."""
        self._bad += 1
        self._note(url, Outcome(Kind.PROTOCOL, reason=reason), 0, kind=None)

    def stored_earlier(self, url: str, listed: int, outcome: Outcome, attempts: int) -> None:
        """Take note of a URL that an earlier run stored, and this one skipped."""
        self._earlier += listed
        self._note(url, replace(outcome, reason="stored earlier"), attempts)

    def cancelled(self, task: Task) -> None:
        """Take note of a URL that was not visited to an end."""
        self._note(task.url, Outcome(Kind.CANCELLED, reason="stopped before its end"), task.attempt)

    def stop_drawing(self) -> None:
        """Erase what moves."""
        if self._spinner is not None:
            self._spinner.kill()
            self._spinner = None
        if self._bar is not None:
            self._bar.leave = False
            self._bar.close()
            self._bar = None
            print(_ERASE, end="", file=sys.stderr, flush=True)  # the ^C that the terminal echoed

    def finish(self, listed: dict[str, int], asked: int) -> int:
        """Print the sums; return 0 if all is well, 1 if not, and say so if they do not add up."""
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

    def _note(self, url: str, outcome: Outcome, attempts: int, **override: Any) -> None:
        word = KINDS[outcome.kind].word
        if word == "error":
            cause = f"{outcome.kind}: {printable(outcome.reason)}"
            self._causes[cause] += 1
            self._example.setdefault(cause, url)
        if self._style == "json":
            print(_json(url, outcome, attempts, **override), flush=True)
        elif self._style == "lines":
            print(_line(url, word, outcome), flush=True)

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
            print(text, file=sys.stderr if self._style == "json" else sys.stdout, flush=True)


def _spin() -> None:
    try:
        for sign in cycle("|/-\\"):
            print(f"\r{sign} waiting for the first answer", end="", file=sys.stderr, flush=True)
            gevent.sleep(0.1)
    finally:
        print(_ERASE, end="", file=sys.stderr, flush=True)


def _json(url: str, outcome: Outcome, attempts: int, **override: Any) -> str:
    line = {
        "url": url,
        "outcome": KINDS[outcome.kind].word.replace(" ", "_"),
        "kind": outcome.kind.value,
        "status": outcome.status,
        "path": outcome.path,
        "bytes": outcome.size,
        "elapsed_s": outcome.elapsed,
        "attempts": attempts,
        "reason": outcome.reason or None,
    }
    return json.dumps(line | override)


def _line(url: str, word: str, outcome: Outcome) -> str:
    if word == "ok":
        earlier = f", {printable(outcome.reason)}" if outcome.reason else ""
        return f"{url}: ok, {outcome.size:,} bytes in {outcome.path}{earlier}"
    return f"{url}: {word}, {outcome.kind}: {printable(outcome.reason)}"


def counted(number: int, noun: str) -> str:
    """Return a number of things: `1 URL`, `1,000 hosts`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def span(seconds: Seconds) -> str:
    """Return a stretch of time in its two greatest units: `2 h 3 min`."""
    if seconds < 59.5:
        return f"{seconds:.3g} s"
    left, parts = round(seconds), []
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        number, left = divmod(left, length)
        parts.append(f"{number} {unit}" if number else "")
    first = next(at for at, part in enumerate(parts) if part)
    return " ".join(part for part in parts[first : first + 2] if part)


def size(number: float) -> str:
    """Return a number of bytes: `2.6 KB`."""
    for unit in ("bytes", "KB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    raise AssertionError
