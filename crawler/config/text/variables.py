"""What a text of the configuration takes from the environment, and from files with secrets."""

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from crawler.policy.credentials import without_echo

MAX_SECRET = 64 * 1024
"""Bytes of a file that holds a secret."""
_VARIABLE = re.compile(
    r"\$(?P<dollar>\$)|\$\{file:(?P<file>[^}]*)\}"
    r"|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|\$\{"
)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://")
_BEGINNING = 40
"""Characters by which a text is known as a URL."""


class Variables:
    """Puts values in the place of variables; relative paths are relative to a folder."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._read: dict[str, str] = {}

    def masked(self, text: str) -> str:
        """Return a text for people without what files with secrets hold."""
        return without_echo(text, self._read.values()) if self._read else text

    def expanded(self, text: str, problem: Callable[[str], None]) -> tuple[str, bool]:
        """Return a text with its variables, and whether a file is among them.

        What follows a `${` that opens none stays as it is: so the rest of a text is searched for
        the end of a variable once at most. `problem` gets what is wrong, in words.
        """
        parts = list(self._parts(text, problem))
        return "".join(part for part, _ in parts), any(secret for _, secret in parts)

    def _parts(self, text: str, problem: Callable[[str], None]) -> Iterator[tuple[str, bool]]:
        """Yield the parts of a text, and whether each is a secret."""
        begun, end = "", 0
        for match in _VARIABLE.finditer(text):
            value = self._value(match, problem)
            if value is None:
                break
            if match["file"] is not None and _URL.match(begun + text[end : match.start()]):
                value = quote(value, safe="")
            yield text[end : match.start()], False
            yield value, match["file"] is not None
            if len(begun) < _BEGINNING:
                begun += (text[end : match.start()] + value)[:_BEGINNING]
            end = match.end()
        yield text[end:], False

    def _value(self, match: re.Match[str], problem: Callable[[str], None]) -> str | None:
        """Return the value of a variable; None where it is none."""
        if match["dollar"]:
            return "$"
        try:
            if match["file"] is not None:
                return self._secret(match["file"])
            if match["name"]:
                return self._variable(match["name"], match["default"])
        except ValueError as error:
            problem(str(error))
            return ""
        problem("${ opens no variable; write ${NAME}, ${NAME:-default}, ${file:PATH}, or $$ for $")
        return None

    def _variable(self, name: str, default: str | None) -> str:
        value = self._environment.get(name)
        if not value and default is not None:
            return default
        if value is None:
            raise ValueError(f"${{{name}}} is not set; set it, or write ${{{name}:-default}}")
        return value

    def _secret(self, name: str) -> str:
        if name not in self._read:
            try:
                self._read[name] = _held(self._folder / name)
            except ValueError as error:
                raise ValueError(f"${{file:{name}}} {error}") from error
        return self._read[name]


def _held(file: Path) -> str:
    """Return the secret in a file: all of it but for the end of its last line.

    Raises:
        ValueError: it holds none; what is wrong, in words.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as stream:  # noqa: PTH123  a pipe is opened without a wait
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise ValueError("is no file; name the file that holds the secret")
            held = stream.read(MAX_SECRET + 1)
    except OSError as error:
        raise ValueError(
            f"cannot be read: {error.strerror}; name a file that this user may read"
        ) from error
    if len(held) > MAX_SECRET:
        raise ValueError(f"is longer than {MAX_SECRET:,} bytes; name a file with the secret alone")
    held = held.removesuffix(b"\n").removesuffix(b"\r")
    if not held:
        raise ValueError("is empty; write the secret into it")
    if b"\0" in held:
        raise ValueError("holds a NUL; name a file with the secret alone, as text")
    try:
        return held.decode()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8; name a file with the secret alone, as text") from None
