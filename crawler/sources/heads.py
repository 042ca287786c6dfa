"""What the first bytes of a list tell: its format, or what it is instead of a list. Pure."""

import re

from crawler.sources.lines import MAX_LINE_BYTES

BOM = b"\xef\xbb\xbf"
_BLANKS = b" \t\r\n\v\f"
_LOOKED_AT = 4096
"""Bytes in which a NUL makes a list binary."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")
_MAGIC = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"%PDF": "a PDF",
    b"BZh": "packed by bzip2",
    b"\xfd7zXZ": "packed by xz",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
    b"\x89PNG": "a picture",
    b"GIF8": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3\0": "a database",
    b"\x7fELF": "a program",
}
_WIDE = re.compile(rb"(?:[\x09-\x7e]\0){4}|(?:\0[\x09-\x7e]){4}")
_ARRAY = re.compile(rb"\[\s*[\[{\"\]]")


def complete(head: bytes) -> bool:
    """Tell whether a head is long enough to be judged: it has its first line that is not blank."""
    shown = head.removeprefix(BOM).lstrip(_BLANKS)
    if shown.startswith(b"["):
        return bool(shown[1:].lstrip(_BLANKS))
    return b"\n" in shown or b"\r" in shown or len(head) > MAX_LINE_BYTES


def first_line(head: bytes) -> bytes:
    """Return the first line that is not blank, without its end; b"" if there is none."""
    return re.split(rb"[\r\n]", head.removeprefix(BOM).lstrip(_BLANKS), maxsplit=1)[0]


def is_array(head: bytes) -> bool:
    """Tell a JSON array from everything else."""
    return _ARRAY.match(head.removeprefix(BOM).lstrip(_BLANKS)) is not None


def is_metalink(head: bytes) -> bool:
    """Tell a Metalink file from other XML."""
    shown = head.removeprefix(BOM).lstrip(_BLANKS)
    return shown.startswith(b"<") and b"<metalink" in shown[:_LOOKED_AT].lower()


def is_object(head: bytes) -> bool:
    """Tell a JSON object, as it begins JSON lines, from everything else."""
    return head.removeprefix(BOM).lstrip(_BLANKS).startswith(b"{")


def refuse_others(head: bytes) -> None:
    """Keep what is no list from passing for one that has lost all its URLs.

    Raises:
        ValueError: it is UTF-16, binary, a web page or XML; the message says which.
    """
    if head.startswith(_UTF_16) or _WIDE.match(head):
        raise ValueError("it is UTF-16, and no list is read in it; save it as UTF-8")
    if name := next((name for magic, name in _MAGIC.items() if head.startswith(magic)), ""):
        raise ValueError(f"it is binary ({name}), and no list; only gzip is unpacked")
    if b"\0" in head[:_LOOKED_AT] and b"://" not in head:
        raise ValueError("it is binary, and no list; a list is text in UTF-8")
    shown = head.removeprefix(BOM).lstrip(_BLANKS)[:64].lower()
    if shown.startswith((b"<!doctype", b"<html", b"<?xml", b"<urlset", b"<sitemapindex", b"<rss")):
        raise ValueError("it is a web page or XML, and no list; a sitemap goes under sitemap")
