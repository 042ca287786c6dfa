"""A manual's lines, typed into a shell as a reader would, and compared with what the manual shows.

A page has two kinds of blocks that are typed: `sh`, which prints nothing, and `console`, with `$ `
before each command and what it prints below. A command ends with 0, unless `$ echo $?` follows it.
`…` stands for any text of a line, and alone for any number of lines. What a page shows in
`console night` is typed in a scene of its own: tests/night.
"""

import os
import re
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import gevent
import psutil

from tests.program import until

ROOT = Path(__file__).parents[1]
PORT = "8090"
"""The port that the manual uses; a test takes another."""
LOOKS = ("crawler status", "crawler explain", "supervisorctl -c tour.conf status", "grep -c")
"""What a reader says again when a program is not yet as far as the page."""
COMMAND_S = 60.0
_BLOCK = re.compile(r"^```([\w ]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_HEREDOC = re.compile(r"<<'(\w+)'$")
_DONE = "typed-and-done"

_VARYING = [
    (re.compile(pattern), word)
    for pattern, word in (
        (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME"),
        (r"\b(elapsed_s|bytes)=[\d.]+", r"\1=N"),
        (r"(?m) [\d.]+ s$", " SPAN"),
        (r"\b(in|for) [\d.]+ (?:d|h|min|s)\b(?: \d+ (?:h|min|s)\b)?", r"\1 SPAN"),
        (r"[\d.]+ (?:d|h|min|s)\b(?: \d+ (?:h|min|s)\b)? ago", "SPAN ago"),
        (r"(errors?), [\d.]+ s,", r"\1, SPAN,"),
        (r"\b[1-9][\d.,]* (?:bytes|KB|MB|GB)\b", "SIZE"),
        (r'"(elapsed_s|bytes)": [1-9e.\d-]+', r'"\1": N'),
        (r"[\d.]+ (visits/s|of them ok)", r"N \1"),
        (r"\bfree, [\d.]+ %", "free, SHARE"),
        (r"\bprocess(\s+)\d+( on \S+:)?", "process N"),
        (r"pid \d+, uptime [\d:]+", "pid N, uptime SPAN"),
        (r"127\.0\.0\.1([:_])\d+", r"127.0.0.1\1PORT"),
        (r"\S+(/files, the ledger is )\S+/", r"FOLDER\1FOLDER/"),
        (r" +", " "),
    )
]


@dataclass(frozen=True)
class Step:
    """A command, what the page shows below it, and whether it says with which code it ends."""

    command: str
    shown: str
    code_follows: bool = False

    def matches(self, printed: str) -> bool:
        """Tell whether a text is what is shown, but for times, sizes and the like."""
        pattern = "".join(
            r"(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
            for line in _constant(self.shown)
        )
        return (
            re.fullmatch(pattern, "".join(f"{line}\n" for line in _constant(printed))) is not None
        )


def _constant(text: str) -> list[str]:
    """Return the lines of a text with a word for everything that varies."""
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return [line.strip() for line in text.strip().splitlines()]


def blocks(page: str, *languages: str) -> list[str]:
    return [body for language, body in _BLOCK.findall(page) if language in languages]


def steps(page: str, *languages: str) -> list[Step]:
    """Return what is to be typed, in order, in blocks of some languages: `sh` and `console`."""
    found = [
        step
        for language, body in _BLOCK.findall(page)
        if language in (languages or ("sh", "console"))
        for step in _steps(body.splitlines(), "" if language == "sh" else "$ ")
    ]
    last = Step("", "")
    return [
        Step(one.command, one.shown, after.command == "echo $?")
        for one, after in pairwise([*found, last])
    ]


def _steps(lines: list[str], prompt: str) -> Iterator[Step]:
    rest = iter(lines)
    command, shown = "", list[str]()
    for line in rest:
        if not line.startswith(prompt):
            shown.append(line)
            continue
        if command:
            yield Step(command, "\n".join(shown))
        command, shown = line.removeprefix(prompt), []
        if heredoc := _HEREDOC.search(command):
            for text in rest:
                command += f"\n{text}"
                if text == heredoc[1]:
                    break
    yield Step(command, "\n".join(shown))


class Reader:
    """Somebody at a shell in a copy of the checkout, who types what the manual shows."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self._port = str(port)
        for name in ("config", "docs"):
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy(ROOT / "README.md", folder)
        conf = (ROOT / "supervisord.conf").read_text().replace("127.0.0.1:8640", "127.0.0.1:0")
        (folder / "supervisord.conf").write_text(conf)
        (folder / ".venv").symlink_to(Path(sysconfig.get_path("scripts")).parent)
        (folder / "tmp").mkdir()

    def __enter__(self) -> "Reader":
        environment = {
            **os.environ, "TMPDIR": str(self.folder / "tmp"), "PIP_NO_INDEX": "1",
            "PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }  # fmt: skip
        environment.pop("CRAWLER_CONFIG", None)
        self.shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=self.folder, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        """End what a page that failed left running."""
        family = psutil.Process(self.shell.pid).children(recursive=True)
        with suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess):
            supervisord = psutil.Process(int((self.folder / "supervisord.pid").read_text()))
            family += [supervisord, *supervisord.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
        self.shell.stdin.close()
        with gevent.Timeout(COMMAND_S):
            self.shell.wait()
        self.shell.stdout.close()
        psutil.wait_procs(family, timeout=10)

    def read(self, page: list[Step]) -> None:
        """Type a page, and see that everything is as it is shown."""
        for step in page:
            code, printed = self.type(step.command)
            if step.command.startswith(LOOKS) and not step.matches(printed):
                seen = [(code, printed)]
                until(
                    lambda step=step, seen=seen: self._again(step, seen),
                    f"{step.command}\nshows\n{step.shown}\nbut in the end printed\n{seen}",
                )
                code, printed = seen[0]
            assert step.matches(printed), (
                f"{step.command}\nshows\n{step.shown}\nbut printed\n{printed}"
            )
            assert step.code_follows or code == 0, f"{step.command}\nended with {code}: {printed}"

    def _again(self, step: Step, seen: list[tuple[int, str]]) -> bool:
        seen[0] = self.type(step.command)
        return step.matches(seen[0][1])

    def type(self, command: str) -> tuple[int, str]:
        """Return the exit code of a command and what it printed."""
        command = re.sub(rf"\b{PORT}\b", self._port, command)
        self.shell.stdin.write(f"{command}\ncode=$?; echo; echo {_DONE} $code; (exit $code)\n")
        self.shell.stdin.flush()
        printed = ""
        with gevent.Timeout(COMMAND_S, AssertionError(f"{command} does not end")):
            while not (line := self.shell.stdout.readline()).startswith(_DONE):
                assert line, f"the shell has ended; {command} printed {printed}"
                printed += line
        return int(line.split()[1]), printed
