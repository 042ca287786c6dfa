"""File names: a job's `path` template filled from a URL, safe whatever the URL says.

No component is empty, `.` or `..`, none holds a slash, a control character or a character that a
common file system refuses, and each leaves room within 255 bytes for the suffixes of the store.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import PurePosixPath
from string import Formatter

from crawler.model import FIRST_STORE
from crawler.policy.name_fields import (
    EXT_OR_TYPE,
    FROM_ANSWER,
    OF_ANSWER,
    OF_URL,
    UNSAFE,
    Answer,
    decoded,
    stem_and_suffix,
    url_name,
)
from crawler.urls import hex_of, split

__all__ = [
    "DEFAULT_TEMPLATE",
    "FIELDS",
    "Answer",
    "bound_by_lists",
    "fields_of",
    "is_from_answer",
    "is_part",
    "path_key",
    "path_of",
    "suffixed",
    "typed",
]

FIELDS = ("job", "host", "url_path", "name", "ext", "digest", "filename", "date", "status")
"""Names of the values that every URL offers to a template; globs add their names."""

DEFAULT_TEMPLATE = "{host}/{url_path}"

MAX_COMPONENT = 160
"""Bytes of one component; the longest suffixes of the store add fewer than 95."""
MAX_DEPTH = 32
MAX_PATH = 3072
"""Bytes of a whole path; Linux opens 4,095 (PATH_MAX), the output folder and suffixes included."""

_FOLDED_BYTES = 18
"""Length of `_folded`, and of a slash."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_PART = re.compile(r"\.[0-9a-f]{16}\.\d+\.part$")


def is_part(name: str) -> bool:
    """Tell whether a name is that of a body on its way."""
    return _PART.search(name) is not None


@lru_cache(maxsize=1024)
def typed(template: str, ext: str) -> str:
    """Return a template in which `{ext}` falls back to the media type, if `ext` is `from_type`."""
    if ext != "from_type":
        return template
    return "".join(
        text.replace("{", "{{").replace("}", "}}")
        + ("" if name is None else f"{{{EXT_OR_TYPE if name == 'ext' else name}}}")
        for text, name in _parsed(template)
    )


@lru_cache(maxsize=1024)
def is_from_answer(template: str, ext: str) -> bool:
    """Tell whether the file of a URL is known only when its first answer is there."""
    names = {name for _, name in _parsed(template)}
    return not names.isdisjoint(FROM_ANSWER) or ("ext" in names and ext == "from_type")


@lru_cache(maxsize=1024)
def bound_by_lists(template: str) -> frozenset[str]:
    """Return the names that a template uses and that globs or columns bind."""
    return frozenset(fields_of(template)).difference(FIELDS)


def fields_of(template: str) -> list[str]:
    """Return the names a template uses.

    Raises:
        ValueError: the template is not well formed, is absolute or leaves its folder.
    """
    parsed = list(Formatter().parse(template))
    if any(spec or conversion for _, _, spec, conversion in parsed):
        raise ValueError("a field is a bare name, as in {name}: no format, no conversion")
    names = [name for _, name, _, _ in parsed if name is not None]
    if "" in names:
        raise ValueError("{} names nothing")
    _check_inside(template, "".join(text for text, _, _, _ in parsed))
    return names


def path_of(
    template: str,
    job: str,
    url: str,
    fingerprint: int,
    bound: Mapping[str, str],
    answer: Answer | None = None,
) -> str:
    """Return the file of a canonical URL, relative to the output folder.

    Without the answer on which it depends that is a path for its part alone: the folders that are
    known, and a name from the URL.
    """
    url_parts = split(url)
    filled = ""
    for text, name in _parsed(template):
        filled += text
        if name is None:  # an escaped brace, or the end
            continue
        if name in bound:
            filled += decoded(bound[name])
        elif name not in OF_ANSWER:
            filled += OF_URL[name](url_parts, job, fingerprint)
        elif answer:
            filled += OF_ANSWER[name](url_parts, answer)
        else:
            filled = f"{filled.rpartition('/')[0]}/{url_name(url_parts)}"
            break
    return filled if _is_plain(filled) else _safe(filled)


def suffixed(path: str, fingerprint: int) -> str:
    """Return the second choice where a path is another URL's: a digest before its extension."""
    folder, slash, name = path.rpartition("/")
    stem, suffix = stem_and_suffix(name)
    return f"{folder}{slash}{stem}-{hex_of(fingerprint)}{suffix}"


def path_key(path: str, store: int = FIRST_STORE) -> int:
    """Return the identity of a path, equal for paths that a case-blind file system confuses.

    It is another one in every store of a ledger: two may have a file of the same name.
    """
    folded = unicodedata.normalize("NFC", path).casefold()
    if store > FIRST_STORE:
        folded = f"{store}\0{folded}"  # no name of a file has that character
    raw = folded.encode(errors="surrogatepass")  # a stranger's file need not be named in UTF-8
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big", signed=True)


def _check_inside(template: str, literal: str) -> None:
    if not template or template.startswith("/") or ".." in literal.split("/"):
        raise ValueError("it must be a relative path inside the output folder")


@lru_cache(maxsize=1024)
def _parsed(template: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((text, name) for text, name, _, _ in Formatter().parse(template))


_KEPT = re.compile(r"(\.[0-9]{8}T[0-9]{6}Z(?:-[0-9]{1,3})?)(?=(?:\.[^.]*)?\Z)")
"""Names of older versions of a file (`store.versions`), which no URL's own file may have."""


_PLAIN_PATH = re.compile(rf"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+){{0,{MAX_DEPTH - 1}}}")
_NOT_PLAIN = re.compile(r"(?:^|/)(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:[./]|$)|\.part(?:/|$)|Z")
"""What may be a reserved name, that of a part, or that of an older version."""


def _is_plain(path: str) -> bool:
    """Tell whether a path is safe at a glance, as most are: this runs for every visit."""
    if len(path) > MAX_COMPONENT or not _PLAIN_PATH.fullmatch(path):
        return False
    return not _NOT_PLAIN.search(path)


def _safe(path: str) -> str:
    """Return a path whose components are all safe, and that is not too long."""
    components = [part for part in path.split("/") if part]
    return _fitting([_component(part) for part in _shallow(components)]) or "_"


def _component(text: str) -> str:
    text = _KEPT.sub(r"\1_", UNSAFE.sub("_", text).rstrip(". ")) or "_"
    if _RESERVED.fullmatch(text) or _PART.search(text):
        text += "_"
    return _shortened(text)


def _shortened(text: str) -> str:
    """Return a component that fits: its beginning, a digest of it all, and its extension."""
    raw = text.encode()
    if len(raw) <= MAX_COMPONENT:
        return text
    digest = blake2b(raw, digest_size=8).hexdigest()
    suffix = PurePosixPath(text).suffix
    suffix = suffix if len(suffix.encode()) <= 16 else ""
    head = raw[: MAX_COMPONENT - len(suffix.encode()) - 17].decode(errors="ignore")
    return f"{head}~{digest}{suffix}"


def _shallow(components: list[str]) -> list[str]:
    if len(components) <= MAX_DEPTH:
        return components
    head, middle = components[: MAX_DEPTH - 2], components[MAX_DEPTH - 2 : -1]
    return [*head, _folded(middle), components[-1]]


def _fitting(components: list[str]) -> str:
    """Return a path that fits: of its middle what is too much becomes a digest."""
    path = "/".join(components)
    if len(path) * 4 <= MAX_PATH or len(path.encode()) <= MAX_PATH:
        return path
    *folders, last = components
    room = MAX_PATH - len(last.encode()) - _FOLDED_BYTES
    kept = 0
    while (room := room - len(folders[kept].encode()) - 1) >= 0:
        kept += 1
    return "/".join([*folders[:kept], _folded(folders[kept:]), last])


def _folded(components: list[str]) -> str:
    return f"~{blake2b('/'.join(components).encode(), digest_size=8).hexdigest()}"
