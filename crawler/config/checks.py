"""Checks of texts: each returns the text, or what stands for it, or says what is wrong with it."""

import re
from urllib.parse import urlsplit

from crawler import urls
from crawler.policy import addresses, globbing, naming
from crawler.policy.hours import parse as parse_hours
from crawler.policy.http_grammar import FIELD_NAME

_FIELD_NAME = re.compile(FIELD_NAME)
_HOST = re.compile(r"(\*\.)?(\[[^\]]*\]|[^*/\\?#@:\[\]\s]+)(:[0-9]+)?")
_NO_HOST = "is no host: example.org, example.org:8080, *.example.org or * are"
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


def header_name(name: str) -> str:
    """See that a header may have this name."""
    if not _FIELD_NAME.fullmatch(name):
        raise ValueError("is not a header name: letters, digits and - are")
    if name.lower() in _OURS:
        raise ValueError("is set by the crawler itself")
    return name


def header_value(value: str) -> str:
    """See that a text can stand in a header."""
    if not value.isprintable():
        raise ValueError("a header is one line of printable characters")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("a header holds only characters of Latin-1") from None
    return value


def url_pattern(text: str) -> str:
    """See that globbing can read a text, and that its first URL is one."""
    pattern = globbing.parse(text)
    first = next(iter(pattern))[0]
    try:
        urls.canonical(first)
    except ValueError as error:
        raise ValueError(str(error) if first == text else f"its first URL: {error}") from None
    return text


def proxy(text: str) -> str:
    """See that a text is the URL of a proxy."""
    scheme, mark, tail = text.partition("://")
    try:
        sound = mark and tail and urlsplit(text).hostname and urlsplit(text).port != 0
    except ValueError:  # the port
        sound = False
    if not sound or scheme not in {"http", "https", "socks5", "socks5h"}:
        raise ValueError("a proxy is needed, as in http://proxy.example:3128")
    return text


def network(text: str) -> str:
    """Return an address or a network in its one spelling."""
    return str(addresses.network(text))


def hours(text: str) -> str:
    """See that a text names opening hours."""
    parse_hours(text)
    return text


def host_pattern(text: str) -> str:
    """Return a pattern of hosts as their keys are written: in ASCII and lower case."""
    if text == "*":
        return text
    match = _HOST.fullmatch(text)
    if not match:
        raise ValueError(_NO_HOST)
    parents, name, port = match.groups(default="")
    try:  # with a label before it, as the names have that it is to match: an address takes none
        url = urls.canonical(f"http://{'x.' if parents else ''}{name}{port}/")
    except ValueError:
        raise ValueError(_NO_HOST) from None
    if parents and port:
        raise ValueError(f"*.name goes for every port; leave {port} away")
    url_parts = urls.split(url)
    return (
        f"*.{url_parts.hostname[2:]}" if parents else url_parts.host if port else url_parts.hostname
    )


def template(text: str) -> str:
    """See that a text names paths."""
    naming.fields_of(text)
    return text
