"""Pages of the manual, in the language of man(7)."""

from collections.abc import Iterable, Iterator
from dataclasses import field
from textwrap import wrap

from crawler.value import mutable

WIDTH = 72
"""Characters of a line of the source, of which some take two."""


@mutable
class Page:
    """A page, line by line."""

    name: str
    version: str
    lines: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        head = f'.TH "{escaped(self.name.upper())}" "1" "" "crawlerd {self.version}" "crawlerd"'
        return "\n".join([head, ".ad l", ".nh", *self.lines, ""])

    def named(self, short: str) -> None:
        """Add what the page is about, in a few words, by which apropos(1) finds it."""
        self.section("NAME")
        self.lines += filled(f"{self.name} - {short}")

    def section(self, title: str) -> None:
        """Begin a section."""
        self.lines.append(f".SH {title}")

    def say(self, text: str) -> None:
        """Add a text of paragraphs."""
        for at, paragraph in enumerate(paragraphs(text)):
            self.lines += [".PP"] * bool(at) + filled(paragraph)

    def bold(self, words: str, more: str = "") -> None:
        """Add a line that begins in bold."""
        self.lines.append(f"\\fB{escaped(words)}\\fR{' ' + escaped(more) if more else ''}")

    def items(self, items: Iterable[tuple[str, str]]) -> None:
        """Add a list of terms, each with what is said of it."""
        for term, text in items:
            self.lines += [".TP", f"\\fB{escaped(term)}\\fR", *filled(text)]

    def typed(self, lines: Iterable[str]) -> None:
        """Add lines that stay as they are."""
        self.lines += [".nf", *map(plain, lines), ".fi"]


def paragraphs(text: str) -> Iterator[str]:
    """Yield the paragraphs of a docstring, each on one line."""
    for paragraph in text.split("\n\n"):
        if words := " ".join(paragraph.replace("\b", "").split()):
            yield words


def filled(text: str) -> list[str]:
    """Return the lines of a text, which troff fills."""
    return [plain(line) for line in wrap(text, WIDTH, break_on_hyphens=False)]


def plain(text: str) -> str:
    """Return a line of text, which is no request even if it begins as one."""
    line = escaped(text)
    return f"\\&{line}" if line.startswith((".", "'")) else line


def escaped(text: str) -> str:
    """Return a text without a meaning for troff; a hyphen is typed, and lists break at a bar."""
    return text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq").replace("|", "|\\:")
