r"""URLs: the canonical form, the fingerprint, the host key.

The parser is ada, which implements the WHATWG URL standard: what the crawler stores and sends is
what a browser would send, and spellings that other parsers read in two ways (`127.1`, `h\@evil`)
have one reading here.
"""

import re
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from zlib import crc32

import ada_url

BUCKETS = 1024
"""Equal parts into which all hosts fall."""
MAX_URL = 8192
"""Longest URL accepted, in characters of the canonical form."""

INVISIBLE = (
    " \t\r\n\v\f\x1a\x85\xa0\xad\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d"
    "\u202e\u202f\u2060\u2066\u2067\u2068\u2069\u3000\ufeff"
)
"""Characters that stand unseen around a URL that was copied: blanks, marks of direction, BOMs."""
_SPACE = re.compile(r"[\s\x00-\x20\x7f-\xa0]")
_SECOND = re.compile(r"(?:[\s,;|\"'<>]|\w(?<!%[0-9a-f]{2}))https?://", re.IGNORECASE)
_USER = re.compile(r"//[^/?#\s@]*(?:@[^/?#\s@]*)*@")
"""User and password of a URL, as far as the last @ of its authority."""
_PORTS = {"http": "80", "https": "443"}
_AUTHORITY_AT = 8
"""Where no slash of `http://` or `https://` stands any more."""


class SplitUrl(NamedTuple):
    """A canonical URL taken apart."""

    scheme: str
    hostname: str
    port: str
    path: str
    query: str

    @property
    def host(self) -> str:
        """name:port, the unit of politeness."""
        return f"{self.hostname}:{self.port}"


def canonical(text: str, base: str | None = None) -> str:
    """Return the one spelling of an http or https URL, without its fragment.

    Raises:
        ValueError: it is not such a URL; the message says why, without the URL.
    """
    try:
        href: str = ada_url.join_url(base, text) if base else ada_url.normalize_url(text)
    except (ValueError, UnicodeError):
        raise ValueError(_why_not(text)) from None
    href = href.partition("#")[0]
    scheme, _, tail = href.partition("://")
    if scheme not in _PORTS:
        raise ValueError(f"its scheme is {href.partition(':')[0]}, only http and https are fetched")
    authority = tail.partition("/")[0]
    if "@" in authority:
        raise ValueError("it carries a user name or password, which would end up in logs")
    if authority.startswith("."):
        raise ValueError("its host has no name")
    if len(href) > MAX_URL:
        raise ValueError(f"it is longer than {MAX_URL} characters")
    return href


def listed(text: str) -> str:
    """Return the canonical form of a URL as a list has it.

    The URL standard has a parser delete TAB, LF and CR, wherever they stand: what would then be
    fetched is a URL that nobody listed.

    Raises:
        ValueError: it is no such URL, or white space, a control character or a second URL is in it.
    """
    if text.find("://", 8) >= 0 and _SECOND.search(re.split("[?#]", text, maxsplit=1)[0], 1):
        raise ValueError("it holds two URLs; each needs a line of its own")
    url = canonical(text)
    if (" " in text or not text.isprintable()) and (odd := _SPACE.search(text.strip(INVISIBLE))):
        raise ValueError(f"it holds {_name_of(odd.group())}; in a URL that is written as %20 or so")
    return url


def _name_of(space: str) -> str:
    """Return the name of a white space or a control character, for people."""
    names = {" ": "a space", "\t": "a TAB", "\r": "a CR", "\n": "a line end", "\0": "a NUL"}
    return names.get(space, f"the character U+{ord(space):04X}")


def _why_not(text: str) -> str:
    if "://" not in text:
        return "it is not a URL; write it with its scheme, as in https://example.org/"
    return "it is not a valid URL"


def split(url: str) -> SplitUrl:
    """Take a canonical URL apart; the port is always there."""
    at = url.find("/", _AUTHORITY_AT)
    if at < 0:  # an origin, of which no path is told
        return SplitUrl(*_server(url), "", "")
    path, mark, query = url[at:].partition("?")
    return SplitUrl(*_server(url[:at]), path, mark + query)


@lru_cache(maxsize=4096)
def _server(url: str) -> tuple[str, str, str]:
    """Return scheme, name and port of a URL without its path: visits ask for the same ones.

    A name that ends in a dot is the same host as without it (RFC 3986, section 6.2.3).
    """
    scheme, _, authority = url.partition("://")
    hostname, colon, port = authority.rpartition(":")
    if not colon or port.endswith("]"):
        hostname, port = authority, _PORTS[scheme]
    return scheme, hostname.removesuffix("."), port


def host_of(url: str) -> str:
    """Return name:port of a canonical URL; every line of a list and every visit asks for it."""
    scheme, _, tail = url.partition("://")
    authority = tail.partition("/")[0]
    if ":" not in authority.rpartition("]")[2]:
        authority = f"{authority}:{_PORTS[scheme]}"
    return authority.replace(".:", ":") if ".:" in authority else authority


def host_named(text: str) -> str:
    """Return a host that somebody names as `host_of` spells it: name:port, or its name alone.

    Raises:
        ValueError: it is no host.
    """
    if not text or set(text) & set("/?#@\\") or text != text.strip(INVISIBLE):
        raise ValueError("hosts are example.org or example.org:8080")
    key = host_of(canonical(f"https://{text}"))
    return key if ":" in text.rpartition("]")[2] else key.rpartition(":")[0]


def origin_of(url: str) -> str:
    """Return the origin of a canonical URL, scheme://name:port (RFC 6454).

    A robots.txt speaks for an origin, and credentials belong to one.
    """
    at = url.find("/", _AUTHORITY_AT)
    return "{}://{}:{}".format(*_server(url[:at] if at > 0 else url))


def same_origin(one: str, other: str) -> bool:
    """Tell whether two canonical URLs share scheme, name and port (RFC 6454)."""
    return split(one)[:3] == split(other)[:3]


def fingerprint(job: str, url: str) -> int:
    """Return the 64-bit identity of a URL within a job, signed as SQLite stores it."""
    digest = blake2b(f"{job}\n{url}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def masked(text: str) -> str:
    """Take user names and passwords out of URLs in a text for people."""
    return _USER.sub("//***@", text) if "@" in text else text


def hex_of(number: int) -> str:
    """Return a fingerprint as 16 hexadecimal digits."""
    return f"{number & 0xFFFFFFFFFFFFFFFF:016x}"


def bucket_of(host: str) -> int:
    """Return the bucket of a host, by its key name:port: the CRC-32 of that, modulo BUCKETS."""
    return crc32(host.encode()) % BUCKETS
