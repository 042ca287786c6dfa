"""Values of the fields of a `path` template: what a URL offers, and what its first answer does.

None of them holds a character that a common file system refuses; `naming` makes paths of them.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

from crawler.urls import SplitUrl, hex_of

FROM_ANSWER = frozenset({"filename", "date", "status"})
"""Names of the values that the first answer to be stored offers."""
EXT_OR_TYPE = "ext_or_type"
"""What `ext` stands for where the media type says it, if the URL does not."""

UNSAFE = re.compile(
    r'[<>:"|?*\\/\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u2028-\u202e\u2066-\u2069]'
)
PLAIN = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
"""A name as most are: nothing in it needs to be decoded or replaced."""


class Answer(NamedTuple):
    """What an answer offers to a template."""

    filename: str = ""
    """That its server proposes, as it came; "" for none."""
    ext: str = ""
    """Of its media type."""
    date: str = ""
    """Day on which it came (UTC), as 2026-01-31."""
    status: str = ""


def _host(url_parts: SplitUrl) -> str:
    default = {"http": "80", "https": "443"}[url_parts.scheme]
    return (
        url_parts.hostname
        if url_parts.port == default
        else f"{url_parts.hostname}_{url_parts.port}"
    )


def _last(url_parts: SplitUrl) -> tuple[str, str]:
    return stem_and_suffix(url_parts.path.rpartition("/")[2] or "index.html")


def stem_and_suffix(name: str) -> tuple[str, str]:
    """Take a name apart as pathlib does; this runs for every visit."""
    at = name.rfind(".")
    return (name[:at], name[at:]) if 0 < at < len(name) - 1 else (name, "")


def _url_path(url_parts: SplitUrl) -> str:
    folders = url_parts.path.strip("/").split("/") if url_parts.path.strip("/") else []
    if url_parts.path.endswith("/"):
        folders.append("index.html")
    names = [decoded(folder) for folder in folders if folder]
    if url_parts.query:
        names[-1] += "@" + decoded(url_parts.query[1:])
    return "/".join(names)


OF_URL: dict[str, Callable[[SplitUrl, str, int], str]] = {
    "job": lambda _, job, __: decoded(job),
    "host": lambda url_parts, _, __: decoded(_host(url_parts)),
    "url_path": lambda url_parts, _, __: _url_path(url_parts),
    "name": lambda url_parts, _, __: decoded(_last(url_parts)[0]),
    "ext": lambda url_parts, _, __: decoded(_last(url_parts)[1][1:]),
    "digest": lambda _, __, fingerprint: hex_of(fingerprint),
}
"""The values that a URL offers, each made only where a template wants it."""


def url_name(url_parts: SplitUrl) -> str:
    """Return the last segment of a URL's path, `index.html` where there is none."""
    return "".join(map(decoded, _last(url_parts)))


def _filename(url_parts: SplitUrl, answer: Answer) -> str:
    """Return the name that a server proposes: no hidden one, and no folder; else that of the URL.

    It is as it is meant: nothing in it is decoded.
    """
    text = UNSAFE.sub("_", unicodedata.normalize("NFC", answer.filename)).strip(". ")
    return text or url_name(url_parts)


def _typed_ext(url_parts: SplitUrl, answer: Answer) -> str:
    named = url_parts.path.rpartition("/")[2]
    ext = decoded(stem_and_suffix(named)[1][1:]) if named else ""
    return ext or answer.ext or decoded(_last(url_parts)[1][1:])


OF_ANSWER: dict[str, Callable[[SplitUrl, Answer], str]] = {
    "filename": _filename,
    "date": lambda _, answer: answer.date,
    "status": lambda _, answer: answer.status,
    EXT_OR_TYPE: _typed_ext,
}
"""The values that an answer offers."""


def decoded(text: str) -> str:
    """Return a text of a URL as a name has it; a slash in it makes no folder."""
    if PLAIN.fullmatch(text):
        return text
    return UNSAFE.sub("_", unicodedata.normalize("NFC", unquote(text)))
