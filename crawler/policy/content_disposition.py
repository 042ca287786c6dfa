"""File names that servers propose: the Content-Disposition field (RFC 6266). Pure.

What a server says is a stranger's word: of a path its last part counts, and the name is made safe
like every other. Whether the disposition is inline or an attachment makes no difference.
"""

import re
from urllib.parse import unquote_to_bytes

_PARAMETER = re.compile(
    r"""[ \t]*([!#$%&'+.^_`|~0-9a-z-]+\*?)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*+)"?|([^";]*+))""",
    re.IGNORECASE | re.DOTALL,
)
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[a-z0-9-]*'(.*)", re.IGNORECASE | re.DOTALL)
_CHARSETS = {"utf-8": "utf-8", "iso-8859-1": "latin-1"}


def filename_of(field: str) -> str:
    """Return the name that a field proposes, with what may make it unsafe; "" if it names none.

    `filename*` (RFC 8187) counts before `filename`, if it can be read. The field is as it came:
    each character is a byte.
    """
    found: dict[str, str] = {}
    for part in _parts(field):
        if match := _PARAMETER.match(part):
            name, quoted, token = match.groups()
            value = _unquoted(quoted) if quoted is not None else token.strip()
            found.setdefault(name.lower(), value)
    return _last(_extended(found.get("filename*", ""))) or _last(_text(found.get("filename", "")))


def _parts(field: str) -> list[str]:
    """Return what stands between semicolons, of which those in quotes are none."""
    return re.findall(r"""(?:[^;"]|"(?:[^"\\]|\\.|\\\Z)*+(?:"|\Z))++""", field, re.DOTALL)


def _unquoted(text: str) -> str:
    r"""Return a quoted string without its escapes; a backslash before a letter is one of a path."""
    return re.sub(r"\\([\"\\])", r"\1", text)


def _extended(value: str) -> str:
    match = _EXTENDED.fullmatch(value)
    if match is None:
        return ""
    try:
        return unquote_to_bytes(match[2]).decode(_CHARSETS[match[1].lower()])
    except UnicodeDecodeError:
        return ""


def _text(value: str) -> str:
    """Return a name as text: many servers send UTF-8 where a field has one byte a character."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _last(name: str) -> str:
    return re.split(r"[/\\]", name)[-1]
