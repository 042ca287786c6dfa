"""The report of `crawler fetch`: a bar, or a line for every URL, and sums at the end."""

import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from crawler.log import printable, size
from crawler.model import Kind, Outcome
from crawler.policy.masking import NOTHING, USUAL, masked_line
from crawler.policy.retry import KINDS, word_of
from crawler.records import Again, Hop, Settlement
from crawler.verbs.fetch.bar import Bar
from crawler.verbs.fetch.exit_codes import LOCAL, code_of, exit_code
from crawler.verbs.words import as_json

_MAX_CAUSES = 10


class Report:
    """Follows the visits of one run; `style` is bar, lines (one a URL), json or quiet.

    `folder` is where the files are, as it was typed, or `file` the one file; without a folder
    standard output is for bodies.
    """

    def __init__(self, style: str, folder: Path | None = Path(), file: Path | None = None) -> None:
        self._style = style
        self._folder = folder
        self._place = file or folder
        self._start = time.monotonic()
        self._bytes = 0
        self._bad = 0
        self._earlier = 0
        self._cancelled = 0
        self._codes: set[int] = set()
        self._causes: Counter[str] = Counter()
        self._example: dict[str, str] = {}
        self.bar = Bar()
        self.aside = self.bar.aside

    def begin(self, text: str) -> None:
        """Print a text, and begin to draw."""
        self.say(text)
        if self._style == "bar":
            self.bar.start()

    def visited(self, settled: Settlement, total: int) -> None:
        """Report a visit; one that will be repeated is no end yet."""
        if isinstance(settled.verdict, Again | Hop):
            return
        outcome, task = settled.outcome, settled.task
        word = word_of(task, outcome)
        self._bytes += outcome.size
        self.bar.ended(total, failed=word != "ok")
        self._note(task.url, outcome, task.attempt, word=word)

    @property
    def bytes(self) -> int:
        """Return the bytes of the visits that have ended."""
        return self._bytes

    def bad(self, url: str, reason: str) -> None:
        """Report a line that holds no URL."""
        self._bad += 1
        self._codes.add(LOCAL)
        self._note(masked_line(url), Outcome(Kind.PROTOCOL, reason=reason), 0, kind=None)

    def stored_earlier(self, url: str, listed: int, outcome: Outcome, attempts: int) -> None:
        """Report a URL that an earlier run stored, and this one skipped; it was listed so often."""
        self._earlier += listed
        self._note(url, replace(outcome, reason="stored earlier"), attempts)

    def cancelled(self, url: str, attempts: int, reason: str) -> None:
        """Report a URL whose visit was not finished."""
        self._cancelled += 1
        self._note(url, Outcome(Kind.CANCELLED, reason=reason), attempts)

    def refused(self, url: str, attempts: int, outcome: Outcome) -> None:
        """Report a URL whose host asks for a longer wait than is borne."""
        self._note(url, outcome, attempts)

    def finish(self, listed: dict[str, int], asked: int, *, goes_on: bool = False) -> None:
        """Print the sums, also where they do not add up.

        `listed` are numbers of URLs by kind, `asked` is the number of URLs on the lists; `goes_on`
        tells whether the same command would go on with what is not finished.
        """
        self.bar.stop()
        sums = Counter({"error": self._bad})
        for kind, n in listed.items():
            sums[KINDS[Kind(kind or Kind.CANCELLED)].word] += n
        for cause, n in self._causes.most_common(_MAX_CAUSES):
            self.say(f"{n:6} × {cause}, first of {self._example[cause]}")
        elapsed = time.monotonic() - self._start
        earlier = f" ({self._earlier} stored earlier)" if self._earlier else ""
        errors = "1 error" if sums["error"] == 1 else f"{sums['error']} errors"
        self.say(
            f"{sums['ok']} ok{earlier}, {sums['not found']} not found, {errors}, "
            f"{elapsed:.2f} s, {size(self._bytes)}{self._where() if sums['ok'] else ''}"
        )
        if self._cancelled:
            self.say(_how_to_go_on(self._cancelled, goes_on=goes_on))
        missing = asked - sums.total()
        if missing:
            self._codes.add(LOCAL)
            self.say(f"{abs(missing)} URLs are unaccounted for: please report this")

    def code(self, *, forced: bool) -> int:
        """Return the exit code of all that was reported."""
        return exit_code(self._codes, forced=forced)

    def say(self, text: str) -> None:
        """Print a line for people."""
        if self._style != "quiet":
            apart = self._style == "json" or self._folder is None
            self._print(text, sys.stderr if apart else sys.stdout)

    def _where(self) -> str:
        if self._place is None:
            return ""
        return " in this folder" if self._place == Path() else f" in {USUAL(str(self._place))}"

    def _note(
        self, url: str, outcome: Outcome, attempts: int, *, word: str = "", **override: Any
    ) -> None:
        url, reason = USUAL(url), USUAL(outcome.reason)
        outcome = replace(outcome, reason=reason, path=self._path(outcome.path))
        word = word or KINDS[outcome.kind].word
        if word != "ok" and override.get("kind", "") is not None:
            self._codes.add(code_of(outcome))
        if word == "error":
            cause = f"{outcome.kind}: {outcome.reason}"
            self._causes[cause] += 1
            self._example.setdefault(cause, url)
        if self._style == "json":
            print(_json(url, word, outcome, attempts, **override), flush=True)
        elif self._style == "lines":
            self._print(_line(url, word, outcome), sys.stdout if self._folder else sys.stderr)

    def _path(self, path: str | None) -> str | None:
        """Return a path that can be opened as it is printed, unless a secret is in it."""
        return path and USUAL(str(self._folder / path) if self._folder else path)

    def _print(self, text: str, stream: TextIO) -> None:
        print(printable(text), file=stream, flush=True)


def _how_to_go_on(number: int, *, goes_on: bool) -> str:
    urls = f"{number} URL{' is' if number == 1 else 's are'} not finished"
    if goes_on:
        return f"{urls}: the same command goes on where this one ended"
    return f"{urls}: with -c from its beginning, the same command would go on where it ended"


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
