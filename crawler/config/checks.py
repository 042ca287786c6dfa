"""Checks of texts: each returns the text in its one spelling, or raises ValueError."""

import re
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import urlsplit

from crawler import urls
from crawler.policy import addresses, globbing, naming
from crawler.policy.hours import parse as parse_hours
from crawler.policy.http_grammar import FIELD_NAME

MAX_PROXIES = 100
MAX_COUNT = 10**18
Number = TypeVar("Number", int, float)
_FIELD_NAME = re.compile(FIELD_NAME)
_HOST = re.compile(r"(\*\.)?(\[[^\]]*\]|[^*/\\?#@:\[\]\s]+)(:[0-9]+)?")
_NO_HOST = "is no host: example.org, example.org:8080, *.example.org or * are"
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})


def header_name(name: str) -> str:
    """Return the name of a request header.

    Raises:
        ValueError: it is no field name (RFC 9110, section 5.1), or the crawler sets it itself.
    """
    if not _FIELD_NAME.fullmatch(name):
        raise ValueError("is not a header name: letters, digits and - are")
    if name.lower() in _OURS:
        raise ValueError("is set by the crawler itself")
    return name


def header_value(value: str) -> str:
    """Return the value of a header.

    Raises:
        ValueError: it is not one line of printable Latin-1.
    """
    if not value.isprintable():
        raise ValueError("a header is one line of printable characters")
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise ValueError("a header holds only characters of Latin-1") from None
    return value


def url_pattern(text: str) -> str:
    """Return a URL, or a pattern of URLs with curl's globbing.

    Raises:
        ValueError: it is no pattern, or its first URL is none.
    """
    pattern = globbing.parse(text)
    first = next(iter(pattern))[0]
    try:
        urls.canonical(first)
    except ValueError as error:
        raise ValueError(str(error) if first == text else f"its first URL: {error}") from None
    return text


def countable(number: Number) -> Number:
    """Return a number of bytes, URLs or seconds that a ledger can count up to.

    Raises:
        ValueError: it is greater.
    """
    if number > MAX_COUNT:
        raise ValueError(f"is more than can be counted: {MAX_COUNT:,} is the most")
    return number


def proxy(text: str) -> str:
    """Return the URL of a proxy.

    Raises:
        ValueError: it is none, or its scheme is not http, https, socks5 or socks5h.
    """
    scheme, mark, tail = text.partition("://")
    try:
        sound = mark and tail and urlsplit(text).hostname and urlsplit(text).port != 0
    except ValueError:  # the port
        sound = False
    if not sound or scheme not in {"http", "https", "socks5", "socks5h"}:
        raise ValueError("a proxy is needed, as in http://proxy.example:3128")
    return text


def proxies(value: object) -> str | tuple[str, ...]:
    """Return the URL of a proxy, or those of several, each once.

    Raises:
        ValueError: one is none, or there are none or too many.
    """
    if isinstance(value, str):
        return proxy(value)
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise ValueError("a proxy is needed, as in http://proxy.example:3128, or a list of them")
    if not 0 < len(value) <= MAX_PROXIES:
        raise ValueError(f"a list of proxies has one to {MAX_PROXIES}")
    return tuple(dict.fromkeys(map(proxy, value)))


def network(text: str) -> str:
    """Return an address or a network in its one spelling.

    Raises:
        ValueError: it is neither.
    """
    return str(addresses.network(text))


def address(text: str) -> str:
    """Return an address in its one spelling.

    Raises:
        ValueError: it is none.
    """
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("is no address: 192.0.2.7 and 2001:db8::7 are") from None


def host_name(text: str) -> str:
    """Return the name of a host, in ASCII and lower case.

    Raises:
        ValueError: it is none, or more than a name.
    """
    name = host_pattern(text)
    if "*" in name or ":" in name:
        raise ValueError("is no name of one host, without a port: example.org is")
    return name


def hours(text: str) -> str:
    """Return the text of opening hours.

    Raises:
        ValueError: it is not as in `mon-fri 22:00-06:00 Europe/Berlin`.
    """
    parse_hours(text)
    return text


def host_pattern(text: str) -> str:
    """Return a pattern of hosts as the keys of hosts are written: in ASCII and lower case.

    Raises:
        ValueError: it is not name, name:port, *.name or *.
    """
    if text == "*":
        return text
    match = _HOST.fullmatch(text)
    if not match:
        raise ValueError(_NO_HOST)
    parents, name, port = match.groups(default="")
    try:  # *.name is tried with a label in the place of the star: an address takes none
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
    """Return the template of a path.

    Raises:
        ValueError: it leads out of the output folder, or its braces do not match.
    """
    naming.fields_of(text)
    return text
