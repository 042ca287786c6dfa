"""What `docs/operations.md` shows of the night, and what of it is the same in every one."""

import re
import socket
from pathlib import Path

from tests.night.scene import Night
from tests.typed import Step, blocks, steps

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"
BLOCK = "console night"
_SPAN = r"\d[\d.]* (?:d|h|min|s)\b(?: \d+ (?:h|min|s)\b)?"
_VARYING = [
    (re.compile(pattern), word)
    for pattern, word in (
        (r"(heard by )\d+ of (\d+ processes); by all within a second", r"\1\2"),
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME"),
        (r"\d\d:\d\d:\d\d(?:\.\d+)?", "TIME"),
        (r"[0-9a-f]{64}", "DIGEST"),
        (r"(127\.0\.0\.)(\d):\d+", r"HOST-\2"),
        (r"(127\.0\.0\.)(\d)", r"HOST-\2"),
        (r"(HOST-\d/)\d+", r"\1PAGE"),
        (rf"{_SPAN}(?: ago)?", "SPAN"),
        (r"SPAN to SPAN", "SPAN"),
        (r"\bnow\b", "SPAN"),
        (r"[\d,.]+ (?:bytes?|KB|MB|GB|TB)\b", "SIZE"),
        (r"\d+ %", "SHARE"),
        (r"\d+\.\d+ (visits/s|of them ok)", r"RATE \1"),
        (r"rate=[\d.]+", "rate=RATE"),
        (r"[\d.]+(?:e\+\d+)?/(?:s|min|h)\b", "RATE"),
        (r"\d+ in flight", "N in flight"),
        (r"(HTTP status|http_error) (\d)(\d\d)", r"\1 \2-\3"),
        (r"(?<![\w.,=-])[1-9][\d,]*\+?(?![\w.,]*\d)", "N"),
        (r"=[1-9]\d*", "=N"),
        (r"\bN (URL|host|time|visit|failure|process)(?:s|es)?\b", r"N \1s"),
        (r" +", " "),
    )
]
_LOOKS = re.compile(r"crawler (status|top|hosts?|failures|explain|find|tail|wishes|doctor)\b")


def constant(text: str) -> list[str]:
    """Return the lines of an answer with a word for everything that varies from night to night."""
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return [line.strip() for line in text.strip().splitlines()]


def looks(step: Step) -> bool:
    """Tell whether a command changes nothing, so that it may be said again."""
    return _LOOKS.match(step.command) is not None


def questions(page: str) -> dict[str, list[Step]]:
    """Return what is typed in the scene, by the heading above it."""
    outside = _CODE.sub(lambda code: "\0" * len(code[0]), page)
    begins = [(found.start(), found[1]) for found in _HEADING.finditer(outside)]
    ends = [begin for begin, _ in begins[1:]] + [len(page)]
    found = {
        title: steps(page[begin:end], BLOCK)
        for (begin, title), end in zip(begins, ends, strict=True)
    }
    return {title: typed for title, typed in found.items() if typed}


def rewritten(page: str, night: Night) -> str:
    """Return the page with everything typed anew."""
    for body in blocks(page, BLOCK):
        typed = [f"$ {step.command}\n{answer(night, step)}" for step in steps(_fenced(body), BLOCK)]
        page = page.replace(_fenced(body), _fenced("".join(typed)), 1)
    return page


def answer(night: Night, step: Step) -> str:
    """Return what is printed, as the page shows it: without the folder and the machine."""
    command = re.sub(r"\b8090\b", str(night.port), step.command)
    printed = night.type(command).replace(f"{night.folder}", "…")
    return printed.replace(socket.gethostname(), "desk7")


def _fenced(body: str) -> str:
    return f"```{BLOCK}\n{body}```\n"


_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
