"""What a request may look like: RFC 9112, without what servers and proxies read in two ways.

Where the two disagree on where a request ends, one hides in another (request smuggling).
"""

import re
from email.message import Message

_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\0\r\n]*\r?\n")
"""A field line: its colon follows the name at once (RFC 9112, section 5.1)."""
_END = {b"\r\n", b"\n"}
_LENGTH = re.compile(r"[0-9]{1,18}")
_ABSOLUTE = re.compile(r"http://([^/?#@\\]+)((?:[/?].*)?)", re.IGNORECASE)


def check_line(line: bytes) -> None:
    """See that a line of a head is a field, or ends the head; it is never folded (section 5.2).

    Raises:
        ValueError: it is not.
    """
    if line not in _END and not _FIELD.fullmatch(line):
        raise ValueError("a header field is not as RFC 9112 has it")


def check_fields(headers: Message) -> None:
    """See that one Content-Length is digits, and that it and Host do not come twice.

    RFC 9112, sections 3.2 and 6.3.

    Raises:
        ValueError: they do.
    """
    for name in ("host", "content-length"):
        if len(headers.get_all(name, [])) > 1:
            raise ValueError(f"{name} stands there twice")
    if not _LENGTH.fullmatch(headers.get("content-length", "0").strip(" \t")):
        raise ValueError("the Content-Length is no number")


def origin_form(target: str, headers: Message) -> str:
    """Return the path and query of a target; the host of an absolute one takes the place of Host.

    RFC 9112, section 3.2.2.

    Raises:
        ValueError: it is another form, as proxies get it, or of another scheme.
    """
    if target.startswith("/") or target == "*":
        return target
    found = _ABSOLUTE.fullmatch(target)
    if not found:
        raise ValueError("the target is neither a path nor a URL of this server")
    del headers["host"]
    headers["Host"] = found[1]
    return found[2] if found[2].startswith("/") else f"/{found[2]}"
