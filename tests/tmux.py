"""A shell in a real terminal: tmux, which shows what a screen has in the end."""

import re
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from tests.program import until


class Terminal:
    """A session of a tmux server of its own, with so many columns and rows."""

    def __init__(
        self, folder: Path, columns: int, rows: int, environment: Mapping[str, str]
    ) -> None:
        self._folder = folder
        self._size = columns, rows
        self._begun = ExitStack()
        self._environment = {**environment, "LC_ALL": "C.UTF-8", "PS1": "ready$ "}

    def __enter__(self) -> "Terminal":
        columns, rows = self._size
        self._tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows),
            "bash", "--noprofile", "--norc",
        )  # fmt: skip
        with self._begun:
            self._begun.callback(self._tmux, "kill-server")
            self._tmux("set-option", "-g", "status", "off")
            self.resize(columns, rows)
            self.see(r"^ready\$")
            self._begun = self._begun.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._begun.close()

    def type(self, line: str) -> None:
        self.press("-l", line)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        self._tmux("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def see(self, *patterns: str) -> str:
        """Wait until the screen shows all of these at once, and return it."""
        found = lambda text: all(re.search(one, text, re.MULTILINE) for one in patterns)  # noqa: E731
        seen = [""]

        def shows() -> bool:
            seen[0] = self.screen()
            return found(seen[0])

        try:
            until(shows, "")
        except AssertionError:
            raise AssertionError(f"none of {patterns} on\n{seen[0]}") from None
        return seen[0]

    def asked(self, what: str) -> str:
        """Return a variable of the terminal, such as `alternate_on` or `cursor_flag`."""
        return self._tmux("display-message", "-p", f"#{{{what}}}").strip()

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-S", str(self._folder / "tmux"), *words], cwd=self._folder,
            env=self._environment, capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout
