"""What a Content-Encoding says: the codings that a body really has. Pure.

Servers name there what is no coding at all: a charset, a transfer encoding, a media type. Such
words are passed over, as browsers do; the others have to be undone.
"""

import re

MAX_CODINGS = 3
"""Codings that one body may have, one on top of the other."""
_NONE = re.compile(
    r"""none | null | identity | binary | [78]-?bit | text | plain | (?:aws-)?chunked
    | utf-?(?:8|16|32)(?:[lb]e)? | unicode | (?:us-)?ascii | iso-?8859-?.* | latin-?[0-9]+
    | (?:windows|cp)-?[0-9]+ | koi8-?[ru] | gbk? | gb2312 | gb18030 | big5.* | shift[-_]?jis
    | euc-.*
    | [a-z0-9.+-]+/[a-z0-9.+-]+""",
    re.VERBOSE,
)
_GZIP_NAMES = (".gz", ".gzip", ".tgz", ".taz", ".svgz")
_GZIP_TYPE = re.compile("gzip|x-tgz|x-compressed-tar|x-gtar-compressed", re.IGNORECASE)


def codings_of(field: str) -> list[str]:
    """Return the codings that a Content-Encoding names, in the order in which they were applied."""
    if not field:
        return []
    words = (word.partition(";")[0].strip(" \t\"'") for word in field.lower().split(","))
    return [word for word in words if word and not _NONE.fullmatch(word)]


def is_gzip_file(url: str, content_type: str) -> bool:
    """Tell whether a name or a type says that a file itself is gzip, however it was sent."""
    path = url.partition("?")[0].lower()
    return path.endswith(_GZIP_NAMES) or bool(_GZIP_TYPE.search(content_type))
