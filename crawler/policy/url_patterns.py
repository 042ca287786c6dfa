"""Patterns of whole URLs: globs, and regular expressions of RE2, whose time is linear.

A glob stands for a whole URL: `*` for any characters, slashes too, `?` for one, `{jpg,png}` for one
of several; a backslash takes the meaning from the character after it. `/news/*` is one of path and
query. A regular expression, `re:…`, is found anywhere in the URL; `^` and `$` hold its ends.
All patterns of a set are sought in one pass over a URL (github.com/google/re2, RE2::Set).
"""

import re
from collections.abc import Sequence
from urllib.parse import quote

import re2

REGEX = "re:"
"""Begins a regular expression."""
MAX_PATTERN = 1000
"""Characters of one."""
_ANY_ORIGIN = "https?://[^/]*"
_TOKEN = re.compile(r"\\(.)|(\[(?:[0-9a-fA-F.]*+:){2}[0-9a-fA-F:.]*+\])|(.)", re.DOTALL)
_WORDS = (
    (r"\(\?<?[=!]", "it looks around itself ((?=, (?!, (?<=, (?<!)"),
    (r"\\[1-9]|\\[kg]|\(\?P$", "it refers back to a group"),
    (r"\(\?>|[*+?}]\+", "it is atomic or possessive"),
    (r"\(\?\(", "it depends on a condition"),
)
"""What Python's `re` has and an engine of linear time cannot have."""


def check(text: str) -> str:
    """Return a pattern as it is.

    Raises:
        ValueError: it is none, or one that matches no URL; the message says what to write.
    """
    if len(text) > MAX_PATTERN:
        raise ValueError(f"it is longer than {MAX_PATTERN} characters")
    if odd := next((char for char in text if not "!" <= char <= "~"), ""):
        written = quote(odd, errors="backslashreplace")
        raise ValueError(f"URLs hold no {odd!r}: write {written}, and xn-- in the name of a host")
    _compiled([text])
    return text


class Patterns:
    """A set of patterns that were checked."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Compile them.

        Raises:
            ValueError: they are too large together.
        """
        self._match = _compiled(texts).Match

    def found(self, url: str) -> Sequence[int]:
        """Return the numbers of those that match a URL, from 0 and in any order."""
        return self._match(url.encode()) or ()


def _compiled(texts: Sequence[str]) -> re2.Set:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # a character is a byte: URLs are ASCII
    options.never_capture = options.dot_nl = True
    options.log_errors = False
    found = re2.Set.SearchSet(options)
    for text in texts:
        regex = text.removeprefix(REGEX) if text.startswith(REGEX) else _of_glob(text)
        _check_regex(regex, options)
        found.Add(regex.encode())
    try:
        found.Compile()
    except re2.error:
        raise ValueError(_too_large(len(texts))) from None
    return found


def _too_large(number: int) -> str:
    if number == 1:
        return "it is too large: say {n,m} of less"
    return f"the {number} patterns are too large together: have fewer, or repeat less in them"


def _check_regex(regex: str, options: re2.Options) -> None:
    if not regex:
        raise ValueError("it is empty, and would match every URL")
    try:
        re2.compile(regex.encode(), options)
    except re2.error as error:
        told = error.args[0] if error.args else b""
        words = told.decode("latin-1") if isinstance(told, bytes) else str(told)
        raise ValueError(_why_not(words)) from None


def _why_not(words: str) -> str:
    """Return what is wrong with a regular expression, and what to write."""
    for found, what in _WORDS:
        if re.search(found, words):
            return (
                f"{what}, which takes more than linear time; RE2 has none of that: "
                "say it by include and exclude together"
            )
    if words.endswith(r"\Z"):
        return r"RE2 writes the end as $ or \z, and has no \Z"
    if "repetition size" in words or "too large" in words:
        return f"{words}: it repeats too much, RE2 takes up to 1000 times in all"
    return f"{words}: it is no regular expression of RE2"


def _of_glob(text: str) -> str:
    r"""Return the regular expression of a glob.

    Raises:
        ValueError: it has a bracket, an alternative that is not closed, or matches no URL.
    """
    if not text.lower().startswith(("*", "?", "/", "\\", "{", "http")):
        raise ValueError("it matches no URL: begin it with https://, with / for a path, or with *")
    path = text.startswith("/")
    regex = "".join(_glob_parts(_lowered(text)))
    if regex.startswith(".*"):
        return rf"{regex[2:]}\z"  # found anywhere: the same, and quicker
    return rf"\A{_ANY_ORIGIN if path else ''}{regex}\z"


def _lowered(text: str) -> str:
    """Return a glob with its scheme and host as URLs have them: in lower case, ended by a slash."""
    match = re.match(r"[^/]*://[^/]*", text)
    if match is None:
        return text
    origin, tail = match.group().lower(), text[match.end() :]
    return f"{origin}{tail}" if tail or origin.endswith(("*", "}")) else f"{origin}/"


def _glob_parts(text: str) -> list[str]:
    parts: list[str] = []
    inside = False
    for escaped, address, char in _TOKEN.findall(text):
        _check_sign(char, inside=inside)
        signs = _IN_BRACES if inside else _OUTSIDE
        parts.append(signs.get(char) or re2.escape(escaped or address or char))
        inside = char == "{" or (inside and char != "}")
    if inside:
        raise ValueError("{ is not closed; write \\{ for the character")
    return _without_runs(parts)


def _check_sign(char: str, *, inside: bool) -> None:
    if char == "[":
        raise ValueError(
            "a glob has no [...]: write {a,b}, a regular expression (re:...), or \\[ for the "
            "character"
        )
    if char == "{" and inside:
        raise ValueError("{ stands within {...}: write a regular expression, re:...")


_OUTSIDE = {"*": ".*", "?": ".", "{": "(?:"}
_IN_BRACES = {"*": ".*", "?": ".", ",": "|", "}": ")"}


def _without_runs(parts: list[str]) -> list[str]:
    """Return the parts of a glob where `**` is `*`."""
    return [part for at, part in enumerate(parts) if part != ".*" or parts[at - 1 : at] != [".*"]]
