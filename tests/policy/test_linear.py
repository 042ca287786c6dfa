"""What reads bytes of strangers costs no more than their length, whatever they are.

Measured is the CPU time of n bytes against that of four times as many: four where a reader is
linear, sixteen where it is quadratic. What costs nearly nothing either way is not compared.
"""

import time
from contextlib import suppress
from random import Random

import pytest

from crawler.errors import ConfigError
from crawler.model import Trouble
from crawler.policy import globbing, page_robots, robots
from crawler.policy.body_search import BodySearch
from crawler.policy.content_disposition import filename_of
from crawler.policy.digest_auth import _read
from crawler.policy.http_dates import parse_http_date, parse_retry_after
from crawler.policy.set_cookie import cookie_of
from crawler.sources.contract import Fields
from crawler.sources.formats import Format
from crawler.sources.json_elements import elements
from crawler.sources.json_lines import JsonLines
from crawler.sources.metalink import files
from crawler.sources.sitemap_entries import Document
from crawler.sources.tables import Table
from crawler.sources.texts import Plain
from crawler.transport.response_head import check_sofar, head_of
from crawler.urls import listed, split
from tests import examples

PLACE = split("https://www.shop.example/")
FIELDS = Fields("", frozenset(), frozenset())
BYTES = 8192
NOTHING_S = 0.004
"""CPU seconds that are not compared: the clock and the machine's other work are in them."""
MOST = 9.0
"""Largest ratio of the two costs."""
WORDS = {
    "header": "a|-|:|,| |!|1|/|.|noindex|unavailable_after:|_",
    "page": "<|>|<!--|<a |</|<meta |<![|<script>|</script|='|\"|=|name=robots |&|&#| |x|/|<!|<?"
    "|<title>|<textarea>|-|\0",
    "rules": "Disallow: |Allow: |User-agent: |*|$|/|a|\n|\r|%2|#|:| |é|Sitemap:|crawl-delay:|%2f|-",
    "glob": "[|]|{|}|:|,|-|\\|a|1|=|1-9|{a}|[1-2]|::1|.",
    "line": ",|\"|a|\t| |\r|{|}|[|]|:|\\|1|#|''|\\u00",
    "sitemap": "<|>|</|<a |<!--|-->|<![CDATA[|]]>|<?|?>|&|&amp;|'|\"|=|<url>|<loc>|</loc>|x| ",
    "date": "1|:|-| |,|(|)|Sun|GMT|Nov|+|e|.|Jan ",
    "disposition": "filename=|filename*=UTF-8''|\"|\\|;|=|*|'|%|%2f| |a|/|\t|.",
    "cookie": 'a|=|;| |\t|Domain=|.|Path=/|Expires=|1:|Nov|-|,|Max-Age=|9|__Host-|Secure|\xe9|"',
    "challenge": 'digest |a=|"|\\|,| |=|nonce="|\\"|stale=true|-|*|a',
    "head": "a|:| |\t|\r|\n|,|\r\n|a: b\r\n| x\n|é|;|\n\t|1",
}
"""What the readers are fed with, parted by bars."""


def of_headers(text):
    page_robots.of_headers([text], "crawlerd")


def of_set_cookie(text):
    cookie_of(f"a=1; Expires={text}", PLACE, 0.0)
    cookie_of(f"a=1; {text}", PLACE, 0.0)
    cookie_of(text, PLACE, 0.0)


def of_page(text):
    page_robots.of_page(b"<meta name=robots>" + text.encode(), "crawlerd")


def of_rules(text):
    robots.parse(text.encode(), "crawlerd")


def of_pattern(text):
    """A pattern that is as long as a URL may be, asked of a URL as long."""
    rules = robots.parse(b"User-agent: *\nDisallow: /*" + text.encode() + b"!", "crawlerd")
    rules.refusal("http://h/" + text.replace("\n", "").replace("\r", ""))


def of_glob(text):
    globbing.parse("http://h/" + text)


def of_lone_glob(text):
    globbing.parse("[" + text)


def csv(text):
    table = Table(FIELDS)
    table.start(b"url,a")
    list(table.parse(text.encode()))


def csv_header(text):
    Table(FIELDS).start(text.encode())


def json_line(text):
    list(JsonLines(FIELDS).parse(b'{"url":' + text.encode()))


def plain(text):
    list(Plain(FIELDS).parse(text.encode()))


def whole_list(text):
    for _ in Format(FIELDS).lines(iter([text.encode()])):
        pass


def json_array(text):
    for _ in elements(iter([b"[" + text.encode()])):
        pass


def sitemap(text):
    document = Document("http://h/")
    for part in (text[: len(text) // 2], text[len(text) // 2 :]):
        document.feed("<urlset><url><loc>" + part)


def metalink(text):
    for _ in files(iter([b"<metalink><file><url>" + text.encode()])):
        pass


def challenge(text):
    _read(f"Digest {text}")


def listed_url(text):
    listed("http://h/" + text)


def date(text):
    parse_http_date(text)
    parse_retry_after(text, 0.0)


def head(text):
    head_of(b"HTTP/1.1 200 OK\r\n" + text.encode() + b"\r\n\r\n")


def head_so_far(text):
    check_sofar(b"HTTP/1.1 200 OK\r\n" + text.encode(), 0)


def body_search(text):
    search = BodySearch([b"a" * 99 + b"b", b"b" + b"a" * 99, b"a" * 50 + b"b" + b"a" * 49, b"-->"])
    for at in range(0, len(text), 1000):
        search.feed(text[at : at + 1000].encode())


READERS = {
    body_search: "page",
    of_headers: "header",
    of_set_cookie: "cookie",
    of_page: "page",
    of_rules: "rules",
    of_pattern: "rules",
    of_glob: "glob",
    of_lone_glob: "glob",
    csv: "line",
    csv_header: "line",
    json_line: "line",
    plain: "line",
    whole_list: "line",
    json_array: "line",
    listed_url: "line",
    sitemap: "sitemap",
    metalink: "sitemap",
    challenge: "challenge",
    date: "date",
    head: "head",
    head_so_far: "head",
    filename_of: "disposition",
}


def cost(read, text):
    """Return the CPU seconds of the best of three readings."""
    best = float("inf")
    for _ in range(3):
        began = time.thread_time()
        with suppress(ValueError, Trouble, ConfigError):  # refusing it takes its time, too
            read(text)
        best = min(best, time.thread_time() - began)
    return best


def is_linear(read, unit, tail=""):
    def text(length):
        return unit * (length // len(unit)) + tail

    def once():
        long = cost(read, text(4 * BYTES))
        return long < NOTHING_S or long < MOST * cost(read, text(BYTES))

    return any(once() for _ in range(3))  # what is not linear never is; a busy machine is, mostly


@pytest.mark.parametrize(
    ("read", "unit", "tail"),
    [
        (of_headers, "a", "!: noindex"),
        (of_headers, "a.", "!: noindex"),
        (of_headers, "1-", "!:"),
        (of_headers, "a:", ""),
        (of_lone_glob, ":", ""),
        (of_lone_glob, "0:", ""),
        (of_glob, "{a}", ""),
        (of_glob, "[1-2]", ""),
        (of_glob, "a", ""),
        (of_pattern, "*a", ""),
        (of_pattern, "a*", ""),
    ],
)
def test_what_was_once_slow_is_linear(read, unit, tail):
    assert is_linear(read, unit, tail)


@pytest.mark.parametrize("read", READERS, ids=lambda read: read.__name__)
def test_a_reader_of_strangers_bytes_is_linear_whatever_comes_again_and_again(read):
    chance = Random(f"linear {read.__name__}")
    words = WORDS[READERS[read]].split("|")
    for _ in range(examples(300)):
        unit = "".join(chance.choices(words, k=chance.randint(1, 3)))
        tail = chance.choice(["", "!", "\n", "!: x", "]", '"'])
        assert is_linear(read, unit, tail), (unit, tail)
