"""Whether a file ends as its format ends, or may still be being written.

What is only half there differs from what is whole in its last bytes: lines end with a line end, a
JSON array with its bracket, XML with its root, gzip with the end mark of its last member.
"""

import os
import re
import zlib

from crawler.sources.reading import pieces

_SHOWN = 4096
"""Bytes of the head and of the tail of a file that are looked at."""
GZIP = b"\x1f\x8b"
_BLANKS = b" \t\r\n\v\f\0"
_BOM = b"\xef\xbb\xbf"
_ROOT = re.compile(rb"<([A-Za-z_][^\s<>/]*)")


def ended(descriptor: int) -> bool:
    """Tell whether a regular file ends as its format ends, and stand at its first byte again.

    To be run in a native thread: plain files cost two reads, gzip is unpacked to its end. A gzip
    that is broken ends here: waiting heals none of it.

    Raises:
        OSError: it cannot be read.
    """
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        head = os.pread(descriptor, _SHOWN, 0)
        if head.startswith(GZIP):
            return _gzip_has_ended(descriptor)
        size = os.fstat(descriptor).st_size
        return ends(head, os.pread(descriptor, _SHOWN, max(0, size - _SHOWN)))
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)


def ends(head: bytes, tail: bytes) -> bool:
    """Tell whether content with this head and this tail, some KB of each, ends as its format ends.

    The first byte that is not blank tells the format: `[` a JSON array, `<` XML, anything else
    lines. What is empty has not ended: its writer may not have begun.
    """
    begin, end = head.removeprefix(_BOM).lstrip(_BLANKS)[:1], tail.rstrip(_BLANKS)
    if begin == b"[":
        return end.endswith(b"]")
    if begin == b"<":
        root = _ROOT.search(head)
        return root is not None and end.lower().endswith(b"</" + root[1].lower() + b">")
    return tail.rstrip(b" \t\0").endswith((b"\n", b"\r"))  # UTF-16 has a NUL behind


def _gzip_has_ended(descriptor: int) -> bool:
    """Tell whether the last member is whole: its end mark proves more than a line end within it."""
    try:
        for _ in pieces(descriptor):
            pass
    except EOFError:
        return False
    except zlib.error:  # waiting heals none of it
        pass
    return True
