"""What a robots.txt allows (RFC 9309), and what becomes of one that cannot be had."""

from random import Random

import pytest
from hypothesis import example, given, seed, settings
from hypothesis import strategies as st
from protego import Protego

from crawler.model import Kind, Outcome, Task
from crawler.policy.robots import MAX_BYTES, MAX_SHOWN, parse, url_of
from crawler.policy.robots_answer import (
    ABSENT_AFTER_S,
    ALLOWED_FOR_S,
    FIRST_RETRY_S,
    MAX_FRESH_S,
    MAX_HOPS,
    MAX_RETRY_S,
    MIN_FRESH_S,
    allows_none,
    judge,
)
from crawler.records import Again, Done, Hop, Robots
from crawler.urls import canonical
from tests import FULL, examples

TOKEN = "crawlerd"  # noqa: S105  it is no secret
SITE = "http://site.example"
OURS = b"User-agent: crawlerd\n"
ALL = b"User-agent: *\n"
OTHER = b"User-agent: other\n"
NO = b"Disallow: /\n"
NOT_X = b"Disallow: /x\n"
NOT_Y = b"Disallow: /y\n"
TWICE = OURS + NOT_X + OTHER + NO + OURS + NOT_Y
SECTION_5_1 = ALL + b"Disallow: *.gif$\nDisallow: /e/\nAllow: /p/"
SECTION_5_2 = OURS + b"Allow: /e/page/\nDisallow: /e/page/d.gif"
BOM = b"\xef\xbb\xbf"
PLACE = "\u2028".encode()
"""LINE SEPARATOR: str.splitlines takes it for the end of a line, RFC 9309 does not."""
NEXT = "\u0085".encode()
FILLER = b"#" * 98 + b"\n" + b"#" * 98 + b"\r\n"
HEARD = 500 * 1024


def filled(size):
    """Return comments of exactly so many bytes, the last one a line feed."""
    return (FILLER * (size // len(FILLER) + 1))[: size - 1] + b"\n"


def long(tail):
    """Return a file whose tail begins where the last byte is heard."""
    start = ALL + NOT_X
    return start + filled(HEARD - len(start) - len(tail)) + tail


GROUPS = [
    ("an empty file allows", b"", "/x", True),
    ("a file of blank lines allows", b"\n\n \n", "/x", True),
    ("a file of comments allows", b"# Disallow: /\n#\n", "/x", True),
    ("everybody's group is ours", ALL + NOT_X, "/x", False),
    ("everybody's group allows the rest", ALL + NOT_X, "/y", True),
    ("a group of ours", OURS + NOT_X, "/x", False),
    ("a group of another", OTHER + NOT_X, "/x", True),
    ("ours replaces everybody's", ALL + NO + OURS + NOT_X, "/y", True),
    ("ours replaces everybody's behind it", OURS + NOT_X + ALL + NO, "/y", True),
    ("ours says more than everybody's", ALL + NOT_X + OURS + NO, "/y", False),
    ("ours without a rule replaces everybody's", ALL + NO + OURS, "/x", True),
    ("ours with an empty Disallow too", ALL + NO + OURS + b"Disallow:\n", "/x", True),
    ("two groups of ours: the first", TWICE, "/x", False),
    ("two groups of ours: the second", TWICE, "/y", False),
    ("two groups of ours: no other", TWICE, "/z", True),
    ("two groups of ours side by side", OURS + NOT_X + OURS + NOT_Y, "/x", False),
    ("merged groups weigh together", OURS + NO + OTHER + NO + OURS + b"Allow: /x", "/x", True),
    ("two groups of everybody", ALL + NOT_X + OTHER + NO + ALL + NOT_Y, "/x", False),
    ("two groups of everybody: the second", ALL + NOT_X + ALL + NOT_Y, "/y", False),
    ("no group is ours", OTHER + NO + b"User-agent: third\n" + NO, "/x", True),
    ("rules before any agent", NO + OTHER + NOT_X, "/x", True),
    ("rules before our agent", NO + OURS + NOT_X, "/y", True),
    ("two agents, ours first", OURS + OTHER + NOT_X, "/x", False),
    ("two agents, ours last", OTHER + OURS + NOT_X, "/x", False),
    ("three agents, ours between", OTHER + OURS + ALL + NOT_X, "/x", False),
    ("two others", OTHER + b"User-agent: third\n" + NOT_X, "/x", True),
    ("ours beside everybody, and alone", OURS + ALL + NOT_X + OURS + NOT_Y, "/y", False),
    ("a rule ends the agents", OTHER + NOT_X + OURS + NOT_Y, "/x", True),
    ("rules of ours end with another agent", OURS + NOT_Y + OTHER + NOT_X, "/x", True),
    ("an empty rule ends the agents", OURS + b"Disallow:\n" + OTHER + NOT_X, "/x", True),
    ("an agent without a name is another", OURS + NOT_Y + b"User-agent:\n" + NOT_X, "/x", True),
]  # fmt: skip

TOKENS = [
    ("a token in capitals", b"USER-AGENT: CRAWLERD\n" + NOT_X, "/x", False),
    ("a token in mixed case", b"User-Agent: CrawlerD\n" + NOT_X, "/x", False),
    ("a field in lower case", b"user-agent: crawlerd\ndisallow: /x", "/x", False),
    ("a rule's field in capitals", ALL + b"DISALLOW: /x\nALLOW: /x/y", "/x", False),
    ("an Allow in capitals", ALL + b"DISALLOW: /x\nALLOW: /x/y", "/x/y", True),
    ("the beginning of our token", b"User-agent: crawler\n" + NO, "/x", True),
    ("a letter of our token", b"User-agent: c\n" + NO, "/x", True),
    ("the end of our token", b"User-agent: d\n" + NO, "/x", True),
    ("the beginning beside everybody", b"User-agent: crawler\n" + NO + ALL + NOT_X, "/y", True),
    ("a longer token", b"User-agent: crawlerd-news\n" + NO, "/x", True),
    ("a longer token with _", b"User-agent: crawlerd_news\n" + NO, "/x", True),
    ("a longer word", b"User-agent: crawlerdaemon\n" + NO, "/x", True),
    ("our token with a version", b"User-agent: crawlerd/2.0\n" + NOT_X, "/x", False),
    ("our token with a digit", b"User-agent: crawlerd2\n" + NOT_X, "/x", False),
    ("our token with a comment", b"User-agent: crawlerd (+http://a/)\n" + NOT_X, "/x", False),
    ("our token in another's comment", b"User-agent: Mozilla/5.0 (crawlerd)\n" + NO, "/x", True),
    ("our token with a star", b"User-agent: crawlerd*\n" + NOT_X, "/x", False),
    ("a star before a token", b"User-agent: *crawlerd\n" + NO, "/x", True),
    ("a star with a word behind it", b"User-agent: * all\n" + NOT_X, "/x", False),
    ("a star with a comment", b"User-agent: * # all\n" + NOT_X, "/x", False),
    ("two stars are nobody", b"User-agent: **\n" + NO, "/x", True),
    ("a hyphen is nobody", b"User-agent: -\n" + NO, "/x", True),
    ("an agent line without its hyphen", b"Useragent: crawlerd\n" + NOT_X, "/x", False),
    ("an agent line with a blank for it", b"User agent: crawlerd\n" + NOT_X, "/x", False),
    ("an agent line without a colon", b"User-agent crawlerd\n" + NOT_X, "/x", False),
]  # fmt: skip

BETWEEN = [
    ("a blank line between agents", OURS + b"\n" + OTHER + NOT_X, "/x", False),
    ("a blank line before the rules", OURS + b"\n\n" + NOT_X, "/x", False),
    ("a blank line between rules", OURS + b"Disallow: /y\n\n" + NOT_X, "/x", False),
    ("a comment between agents", OURS + b"# or\n" + OTHER + NOT_X, "/x", False),
    ("a comment before the rules", OURS + b"# these\n" + NOT_X, "/x", False),
    ("a Sitemap between agents", OURS + b"Sitemap: http://s/\n" + OTHER + NOT_X, "/x", False),
    ("a Sitemap before our agent", OTHER + b"Sitemap: http://s/\n" + OURS + NOT_X, "/x", False),
    ("a Sitemap between rules", OURS + b"Disallow: /y\nSitemap: http://s/\n" + NOT_X, "/x", False),
    ("a Sitemap joins no groups", OTHER + NO + b"Sitemap: s\n" + OURS + NOT_Y, "/x", True),
    ("a Crawl-delay between agents", OURS + b"Crawl-delay: 1\n" + OTHER + NOT_X, "/x", False),
    ("a Crawl-delay before our agent", OTHER + b"Crawl-delay: 1\n" + OURS + NOT_X, "/x", False),
    ("a Crawl-delay after our rules", OURS + NOT_X + b"Crawl-delay: 1\n" + OTHER + NO, "/y", True),
    ("a Crawl-delay after all's rules", ALL + NOT_X + b"Crawl-delay: 1\n" + OTHER + NO, "/y", True),
    ("a Crawl-delay after no rule", ALL + b"Allow:\nCrawl-delay: 1\n" + OTHER + NO, "/", True),
    ("a Crawl-delay between rules", OURS + b"Disallow: /y\nCrawl-delay: 1\n" + NOT_X, "/x", False),
    ("an unknown line between agents", OURS + b"Noindex: /\n" + OTHER + NOT_X, "/x", False),
    ("an unknown line before our agent", OTHER + b"Host: a\n" + OURS + NOT_X, "/x", False),
    ("an unknown line between rules", OURS + NOT_Y + b"Clean-param: a\n" + NOT_X, "/x", False),
    ("an unknown line says nothing", OURS + b"Noindex: /x\nContent-Signal: a=no", "/x", True),
    ("a Request-rate between agents", OURS + b"Request-rate: 1/5\n" + OTHER + NOT_X, "/x", False),
    ("a line without a field", OURS + b": /\n" + OTHER + NOT_X, "/x", False),
    ("a word alone", OURS + b"Disallow\n" + OTHER + NOT_X, "/x", False),
    ("a word alone is no rule", OURS + b"Disallow\n", "/x", True),
    ("prose", OURS + b"We allow friends only.\n" + OTHER + NOT_X, "/x", False),
    ("a longer field", OURS + b"Disallowed: /x\nUser-agents: other\nAllowance: /\n", "/x", True),
]  # fmt: skip

PRECEDENCE = [
    ("the longer Allow", ALL + b"Disallow: /x\nAllow: /x/y", "/x/y/z", True),
    ("the longer Allow before", ALL + b"Allow: /x/y\nDisallow: /x", "/x/y/z", True),
    ("the longer Disallow", ALL + b"Allow: /x\nDisallow: /x/y", "/x/y/z", False),
    ("the longer Disallow before", ALL + b"Disallow: /x/y\nAllow: /x", "/x/y", False),
    ("the shorter where the longer is not met", ALL + b"Allow: /x\nDisallow: /x/y", "/x/z", True),
    ("a tie is allowed", ALL + b"Disallow: /x\nAllow: /x", "/x", True),
    ("a tie is allowed before", ALL + b"Allow: /x\nDisallow: /x", "/x", True),
    ("Allow of all", ALL + b"Disallow: /x\nAllow: /", "/x", False),
    ("Disallow of all", ALL + b"Disallow: /\nAllow: /x", "/x", True),
    ("Disallow of all for the rest", ALL + b"Disallow: /\nAllow: /x", "/y", False),
    ("a star counts as an octet", ALL + b"Allow: /x\nDisallow: /*x", "/x", False),
    ("a dollar counts as an octet", ALL + b"Disallow: /x\nAllow: /x$", "/x", True),
    ("a dollar counts where it is met", ALL + b"Disallow: /x\nAllow: /x$", "/x/", False),
    ("an escape counts as it is spelt", ALL + b"Allow: /%61bc\nDisallow: /abc", "/abc", True),
    ("an octet counts as its escape", ALL + "Allow: /é\nDisallow: /*****".encode(), "/é", True),
    ("RFC 9309, section 5.1", SECTION_5_1, "/a.gif", False),
    ("section 5.1: the folder", SECTION_5_1, "/e/a", False),
    ("section 5.1: the end", SECTION_5_1, "/a.gifs", True),
    ("section 5.2", SECTION_5_2, "/e/page/d.gif", False),
    ("an index.html is its folder", ALL + NO + b"Allow: /a/index.html", "/a/", True),
]  # fmt: skip

WILDCARDS = [
    ("a star at the end", ALL + b"Disallow: /x*", "/xyz", False),
    ("a star at the end may be nothing", ALL + b"Disallow: /x*", "/x", False),
    ("a star at the beginning", ALL + b"Disallow: *x", "/a/x", False),
    ("a star at the beginning, not met", ALL + b"Disallow: *x", "/a/y", True),
    ("a star after the slash", ALL + b"Disallow: /*x", "/ax", False),
    ("a star in the middle", ALL + b"Disallow: /a*c", "/abc", False),
    ("a star in the middle may be nothing", ALL + b"Disallow: /a*c", "/ac", False),
    ("a star goes over slashes", ALL + b"Disallow: /a*/c", "/a/b/b/c", False),
    ("a star goes over the query", ALL + b"Disallow: /*=1", "/a?b=1", False),
    ("a star alone", ALL + b"Disallow: *", "/x", False),
    ("stars in a row", ALL + b"Disallow: /a***c", "/abc", False),
    ("two stars", ALL + b"Disallow: /*a*b", "/xaxb", False),
    ("two stars in order", ALL + b"Disallow: /*a*b", "/xbxa", True),
    ("pieces do not overlap", ALL + b"Disallow: /*aba*aba", "/ababa", True),
    ("a dollar", ALL + b"Disallow: /x$", "/x", False),
    ("a dollar ends it", ALL + b"Disallow: /x$", "/xy", True),
    ("a dollar ends the query", ALL + b"Disallow: /x$", "/x?y", True),
    ("a dollar of the root", ALL + b"Disallow: /$", "/", False),
    ("a dollar of the root only", ALL + b"Disallow: /$", "/x", True),
    ("a star and a dollar", ALL + b"Disallow: /*.php$", "/a.php", False),
    ("a star and a dollar, not met", ALL + b"Disallow: /*.php$", "/a.php5", True),
    ("a star finds the last one", ALL + b"Disallow: /*.php$", "/a.php/b.php", False),
    ("a star before the dollar", ALL + b"Disallow: /x*$", "/xyz", False),
    ("a star before the dollar, pieces overlap", ALL + b"Disallow: /*ab*b$", "/ab", True),
    ("a dollar in the middle is itself", ALL + b"Disallow: /a$b", "/a$b", False),
    ("a dollar in the middle ends nothing", ALL + b"Disallow: /a$b", "/a", True),
    ("an escaped dollar is itself", ALL + b"Disallow: /a%24", "/a$", False),
    ("an escaped dollar ends nothing", ALL + b"Disallow: /a%24", "/a", True),
    ("a dollar at the end is itself, too", ALL + b"Disallow: /a$", "/a$b", False),  # protego's
    ("an escaped star is itself", ALL + b"Disallow: /a%2Ab", "/a*b", False),
    ("an escaped star is no wildcard", ALL + b"Disallow: /a%2Ab", "/axb", True),
    ("a star in the URL is met by a star", ALL + b"Disallow: /a*b", "/a*b", False),
]  # fmt: skip

SPELLING = [
    ("an escape in the file", ALL + b"Disallow: /%78", "/x", False),
    ("an escape in the URL", ALL + b"Disallow: /x", "/%78", False),
    ("escapes in both cases", ALL + b"Disallow: /%c3%a9", "/%C3%A9", False),
    ("é in the file", ALL + "Disallow: /é".encode(), "/%C3%A9", False),
    ("é in the URL", ALL + b"Disallow: /%C3%A9", "/é", False),
    ("é in both", ALL + "Disallow: /é".encode(), "/é", False),
    ("section 2.2.2: ツ", ALL + "Disallow: /foo/bar/ツ".encode(), "/foo/bar/%E3%83%84", False),
    ("section 2.2.2: baz", ALL + b"Disallow: /foo/bar/%62%61%7A", "/foo/bar/baz", False),
    ("an escaped slash is no slash", ALL + b"Disallow: /a%2Fb", "/a/b", True),
    ("a slash is no escaped one", ALL + b"Disallow: /a/b", "/a%2Fb", True),
    ("an escaped slash in both cases", ALL + b"Disallow: /a%2fb", "/a%2Fb", False),
    ("an escaped percent sign", ALL + b"Disallow: /a%25b", "/a%25b", False),
    ("an escaped escape stays one", ALL + b"Disallow: /%2578", "/x", True),
    ("a percent sign alone", ALL + b"Disallow: /100%", "/100%", False),
    ("an equals sign", ALL + b"Disallow: /?a%3D1", "/?a=1", False),
    ("a tilde", ALL + b"Disallow: /%7Eme", "/~me", False),
    ("a hash in the file begins a comment", ALL + b"Disallow: /a#b", "/ac", False),
    ("an escaped hash is itself", ALL + b"Disallow: /a%23b", "/a%23b", False),
    ("a blank within", ALL + b"Disallow: /a b", "/a%20b", False),
    ("a query", ALL + b"Disallow: /a?b=c", "/a?b=c&d", False),
    ("a query, not met", ALL + b"Disallow: /a?b=c", "/a?d&b=c", True),
    ("any query", ALL + b"Disallow: /*?", "/a?b", False),
    ("an empty query", ALL + b"Disallow: /a?", "/a?", False),
    ("no query", ALL + b"Disallow: /*?", "/a", True),
    ("a query begins no pattern", ALL + b"Disallow: ?b", "/?b", True),
    ("a path in capitals", ALL + b"Disallow: /X", "/x", True),
    ("a path in lower case", ALL + b"Disallow: /x", "/X", True),
    ("a path from its beginning", ALL + b"Disallow: /x", "/a/x", True),
    ("a path without its slash", ALL + b"Disallow: x", "/x", True),
    ("a folder without its slash", ALL + b"Disallow: /x/", "/x", True),
    ("the beginning of a name", ALL + b"Disallow: /x", "/xyz", False),
    ("a URL for a path", ALL + b"Disallow: http://site.example/x", "/x", True),
    ("two slashes", ALL + b"Disallow: //x", "//x", False),
    ("any octet that is no UTF-8", ALL + b"Disallow: /caf\xe9", "/caf%E9", False),
    ("a parameter", ALL + b"Disallow: /a;b", "/a;b", False),
]  # fmt: skip

LINES = [
    ("an empty Disallow", ALL + b"Disallow:", "/x", True),
    ("an empty Disallow takes nothing back", ALL + NOT_X + b"Disallow:", "/x", False),
    ("an empty Allow", ALL + NO + b"Allow:", "/x", False),
    ("a Disallow of a comment", ALL + b"Disallow: # /x", "/x", True),
    ("no colon", ALL + b"Disallow /x", "/x", False),
    ("no colon and a colon", ALL + b"Disallow /x:y", "/x:y", False),
    ("no blank", b"User-agent:*\nDisallow:/x", "/x", False),
    ("blanks around the colon", b"User-agent  :  *\nDisallow \t:\t /x", "/x", False),
    ("blanks at the ends", b"  User-agent: *  \n\tDisallow: /x \t\n", "/x", False),
    ("a comment behind a rule", ALL + b"Disallow: /x # not this", "/xy", False),
    ("a comment without a blank", ALL + b"Disallow: /x# not this", "/x", False),
    ("a rule in a comment", ALL + b"# Disallow: /x", "/x", True),
    ("a slip of the pen", ALL + b"Dissallow: /x", "/x", False),
    ("a BOM", BOM + ALL + NOT_X, "/x", False),
    ("a BOM before a comment", BOM + b"# robots\n" + ALL + NOT_X, "/x", False),
    ("a BOM in the middle", ALL + BOM + NOT_Y + NOT_X, "/x", False),
    ("CRLF", b"User-agent: *\r\nDisallow: /x\r\n", "/x", False),
    ("CR", b"User-agent: *\rDisallow: /x\r", "/x", False),
    ("CR and LF and CRLF", b"User-agent: *\r\nDisallow: /y\rDisallow: /x\n", "/x", False),
    ("CR is no part of a rule", b"User-agent: *\r\nAllow: /\r\nDisallow: /x$\r\n", "/x", False),
    ("no end of line", ALL + b"Disallow: /x", "/x", False),
    ("NUL in a comment", b"# \0\n" + ALL + NOT_X, "/x", False),
    ("NUL in a rule", ALL + b"Disallow: /\0\n" + NOT_X, "/x", False),
    ("NUL ends no rule", ALL + b"Disallow: /x\0", "/x", True),
    ("invalid UTF-8 in a line", ALL + b"Disallow: /\xff\xfe\n" + NOT_X, "/x", False),
    ("invalid UTF-8 in a comment", b"# \x80\xff\n" + ALL + NOT_X, "/x", False),
    ("U+2028 ends no comment", ALL + b"# see" + PLACE + b"Disallow: /x\n", "/x", True),
    ("U+2028 ends no rule", ALL + b"Disallow: /y" + PLACE + b"Disallow: /x\n", "/x", True),
    ("U+2028 ends no Allow", ALL + b"Allow: /y" + PLACE + b"Allow: /x\n" + NO, "/x", False),
    ("U+2028 begins no agent", OURS + b"Allow: /a" + PLACE + OTHER + NOT_Y, "/y", False),
    ("U+2028 ends no Crawl-delay", ALL + b"Crawl-delay: 5" + PLACE + b"Disallow: /x\n", "/x", True),
    ("U+2028 is a part of its path", ALL + b"Disallow: /a" + PLACE + b"b\n", "/a%E2%80%A8b", False),
    ("U+0085 ends no rule", ALL + b"Disallow: /y" + NEXT + b"Disallow: /x\n", "/x", True),
    ("a form feed ends no rule", ALL + b"Disallow: /y\x0cDisallow: /x\n", "/x", True),
    ("HTML", b"<!DOCTYPE html>\n<html>\n<p>Disallow: /</p>\n</html>\n", "/x", True),
    ("HTML with a style", b"<style>\nUser-agent: none;\nDisallow: /x;\n</style>", "/x", True),
    ("rules within HTML", b"<pre>\n" + ALL + NOT_X + b"</pre>\n", "/x", False),
    ("UTF-16 is not read", "User-agent: *\nDisallow: /x\n".encode("utf-16"), "/x", True),
]  # fmt: skip

SIZES = [
    ("a rule that ends with the last byte", long(b"Disallow: /y\n"), "/y", False),
    ("a rule whose line feed is beyond", long(b"Disallow: /y") + b"\n", "/y", False),
    ("a rule whose CR is beyond", long(b"Disallow: /y") + b"\r\n", "/y", False),
    ("a file that ends with the last byte", long(b"Disallow: /y"), "/y", False),
    ("a rule that straddles", long(b"Disallow: /y") + b"es\n", "/y", True),
    ("a rule that straddles is not heard whole", long(b"Disallow: /y") + b"es\n", "/yes", True),
    ("a rule where the reader stopped", (long(b"Disallow: /y") + b"es\n")[:MAX_BYTES], "/y", True),
    ("an Allow that straddles", long(b"Disallow: /y\nAllow: /y") + b"es\n", "/yes", False),
    ("an agent that straddles", long(OTHER + b"User-agent: crawler") + b"d\n" + NO, "/y", True),
    ("a comment that straddles", long(b"Disallow: /y # n") + b"\n", "/y", False),
    ("a comment that straddles and goes on", long(b"Disallow: /y # n") + b"o\n", "/y", True),
    ("a rule beyond", long(b"#\n") + NOT_Y, "/y", True),
    ("a rule before", long(b"#\n") + b"Disallow: /y\n" * 9, "/x", False),
    ("one line without an end", b"Disallow: /" + b"y" * MAX_BYTES, "/y", True),
]  # fmt: skip

ITSELF = [
    ("robots.txt", ALL + NO, "/robots.txt", True),
    ("robots.txt by its name", ALL + b"Disallow: /robots.txt", "/robots.txt", True),
    ("robots.txt with a query", ALL + NO, "/robots.txt?a", True),
    ("robots.txt in a folder", ALL + NO, "/a/robots.txt", False),
    ("robots.txt in a query", ALL + NO, "/a?/robots.txt", False),
    ("what begins like it", ALL + NO, "/robots.txt.gz", False),
]
CASES = GROUPS + TOKENS + BETWEEN + PRECEDENCE + WILDCARDS + SPELLING + LINES + SIZES + ITSELF


def url(path):
    return canonical(SITE + path)


def refusal(body, path="/x"):
    return parse(body, TOKEN).refusal(url(path))


@pytest.mark.parametrize(
    ("body", "path", "allowed"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_path_is_allowed_or_not(body, path, allowed):
    found = refusal(body, path)
    assert (found is None) == allowed, found
    assert found is None or found.startswith("line "), found


def test_the_table_is_long_and_every_case_has_a_name_of_its_own():
    assert len(CASES) == len({case[0] for case in CASES}) >= 130


@pytest.mark.parametrize("token", ["CRAWLERD", "Crawlerd", "a-b", "_", "-", "a_-", "agent"])
def test_any_token_hears_its_own_group_and_no_other(token):
    groups = f"User-agent: {token}\nDisallow: /x\n\nUser-agent: other\nDisallow: /y\n".encode()
    rules = parse(groups, token.upper())
    assert rules.refusal(url("/x")) == "line 2: Disallow: /x"
    assert rules.refusal(url("/y")) is None
    assert parse(OTHER + NO, token).refusal(url("/x")) is None


@pytest.mark.parametrize("host", ["http://[2001:db8::1]", "https://site.example:8443", SITE])
def test_only_the_path_of_a_url_is_looked_at(host):
    rules = parse(ALL + b"Disallow: /x\nDisallow: /*8443\nDisallow: /*site", TOKEN)
    assert rules.refusal(canonical(f"{host}/x"))
    assert rules.refusal(canonical(f"{host}/y")) is None


@pytest.mark.parametrize(
    ("body", "path", "line"),
    [
        (ALL + NOT_X, "/x", "line 2: Disallow: /x"),
        (BOM + ALL + NOT_X, "/x", "line 2: Disallow: /x"),
        (b"\n\n# hello\n" + ALL + b"\n" + NOT_X, "/x", "line 6: Disallow: /x"),
        (b"User-agent: *\r\n\r\nDisallow: /x\r\n", "/x", "line 3: Disallow: /x"),
        (b"User-agent: *\r\rDisallow: /x\r", "/x", "line 3: Disallow: /x"),
        (b"# a" + PLACE + b"b\n" + ALL + NOT_X, "/x", "line 3: Disallow: /x"),
        (b"# a\x0cb\n" + ALL + NOT_X, "/x", "line 3: Disallow: /x"),
        (ALL + b"  disallow :/x  # why\n", "/x", "line 2: Disallow: /x"),
        (ALL + NO + NOT_X, "/x", "line 3: Disallow: /x"),
        (ALL + NOT_X + NO, "/x", "line 2: Disallow: /x"),
        (ALL + NOT_X + NOT_X, "/x", "line 2: Disallow: /x"),
        (ALL + b"Allow: /\n" + NOT_X + b"Disallow: /*\n", "/x", "line 3: Disallow: /x"),
        (ALL + b"Disallow: /*x$\nDisallow: /x", "/x", "line 2: Disallow: /*x$"),
        (ALL + b"Disallow: /*y$\nDisallow: /x", "/x", "line 3: Disallow: /x"),
        (ALL + NOT_X + b"Disallow: /x/y/*z", "/x/y", "line 2: Disallow: /x"),
        (OURS + NO + OTHER + NO + OURS + NOT_X, "/x", "line 6: Disallow: /x"),
        (OURS + NOT_X + OTHER + NOT_X + OURS + NO, "/x", "line 2: Disallow: /x"),
        (ALL + NOT_X + OURS + NO, "/x", "line 4: Disallow: /"),
        (ALL + b"Disallow: /a\nDisallow: /a%2Fb\n", "/a/b", "line 2: Disallow: /a"),
        (ALL + b"Disallow: /a\nDisallow: /a/b\n", "/a%2Fb", "line 2: Disallow: /a"),
        (ALL + b"Disallow: /a\nDisallow: /a%2Ab\n", "/axb", "line 2: Disallow: /a"),
        (ALL + b"Disallow: /a\nDisallow: /a$b\n", "/a$b", "line 3: Disallow: /a$b"),
        (ALL + b"Disallow: /a\nDisallow: /ab$\n", "/ab$", "line 3: Disallow: /ab$"),
        (ALL + b"Disallow: /a\nDisallow: /*b*b$\n", "/ab$bb$c", "line 3: Disallow: /*b*b$"),
        (ALL + "Disallow: /é".encode(), "/é", "line 2: Disallow: /%C3%A9"),
        (ALL + b"Disallow: /\xff", "/%FF", "line 2: Disallow: /%EF%BF%BD"),
        (ALL + b"Disallow: /a\x1b[2Jb", "/a%1B[2Jb", "line 2: Disallow: /a%1B[2Jb"),
        (ALL + b"Disallow: /x" + b"*" * 999, "/x", "line 2: Disallow: /x" + "*" * (MAX_SHOWN - 2)),
    ],
)
def test_a_refusal_names_the_line_that_decided(body, path, line):
    assert refusal(body, path) == line


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (ALL + b"Crawl-delay: 5", 5.0),
        (ALL + b"crawl-delay:0.25 # a quarter", 0.25),
        (ALL + b"Crawl delay: 5", 5.0),
        (ALL + b"Crawl-delay: 1e3", 1000.0),
        (ALL, 0.0),
        (ALL + b"Crawl-delay: 0", 0.0),
        (ALL + b"Crawl-delay:", 0.0),
        (ALL + b"Crawl-delay: ten", 0.0),
        (ALL + b"Crawl-delay: 10s", 0.0),
        (ALL + b"Crawl-delay: 1,5", 0.0),
        (ALL + b"Crawl-delay: -5", 0.0),
        (ALL + b"Crawl-delay: inf", 0.0),
        (ALL + b"Crawl-delay: 1e999", 0.0),
        (ALL + b"Crawl-delay: nan", 0.0),
        (ALL + b"Crawl-delay: 5" + PLACE + b"6", 0.0),
        (ALL + b"Crawl-delay: 5\nCrawl-delay: ten", 5.0),
        (b"Crawl-delay: 5\n" + ALL, 0.0),
        (OTHER + b"Crawl-delay: 5", 0.0),
        (OURS + b"Crawl-delay: 5\n" + ALL + b"Crawl-delay: 9", 5.0),
        (ALL + b"Crawl-delay: 9\n" + NOT_X + OURS + b"Crawl-delay: 5", 5.0),
        (ALL + b"Crawl-delay: 9\n" + NOT_X + OURS + NOT_X, 0.0),
        (OURS + NOT_X + OTHER + NO + OURS + b"Crawl-delay: 5", 5.0),
        (OTHER + b"Crawl-delay: 5\n" + ALL + NOT_X, 0.0),
        (
            OTHER + b"Crawl-delay: 9\n\n" + OURS + b"Crawl-delay: 5\n\n" + ALL + b"Crawl-delay: 7",
            5.0,
        ),
        (OURS + b"\n# and\n" + OTHER + b"Sitemap: s\nHost: a\nCrawl-delay: 5\n", 5.0),
        (OURS + NOT_X + b"Crawl-delay: 5\nCrawl-delay: 6\n" + OTHER + b"Crawl-delay: 7", 6.0),
    ],
)
def test_a_crawl_delay_is_a_number_of_seconds_in_our_group(body, seconds):
    assert parse(body, TOKEN).crawl_delay == seconds


def test_sitemaps_belong_to_no_group():
    lines = b"Sitemap: http://s/1\n" + OTHER + b"sitemap:http://s/2 # two\n" + NO + b"Sitemap:\n"
    rules = parse(lines + b"Sitemaps: http://s/3\nNot-a-sitemap: http://s/4", TOKEN)
    assert rules.sitemaps == ("http://s/1", "http://s/2", "http://s/3")
    assert parse("Sitemap: http://s/é".encode(), TOKEN).sitemaps == ("http://s/%C3%A9",)
    assert parse(b"", TOKEN).sitemaps == ()


SAYINGS = st.lists(
    st.one_of(
        st.sampled_from([
            b"User-agent: ", b"crawlerd", b"*", b"Disallow: ", b"Allow: ", b"Crawl-delay: ", b"/",
            b"x", b"$", b"%", b"%2", b"%2f", b"%e9", b"\n", b"\r", b"#", b":", b" ", b"\0", b"\xff",
            BOM, PLACE, NEXT, b"http://", b"5", b"\xed\xa0\x80", b"\x1c", b"?", b"//", b"[",
        ]),
        st.binary(max_size=8),
    ),
    max_size=40,
).map(b"".join)  # fmt: skip
PATHS = st.lists(
    st.sampled_from(
        ["/", "a", "b", "$", "*", "%", "%2F", "%2A", "%24", "%61", "%E9", "é", "?", "="]
    )
).map("".join)


@seed(1)
@settings(max_examples=examples(300), deadline=None)
@given(SAYINGS, PATHS)
@example(ALL + b"Disallow: /\xe9", "%E9")
def test_any_bytes_can_be_read_and_what_they_refuse_is_a_line_of_theirs(body, path):
    rules = parse(body, TOKEN)
    found = rules.refusal(url("/" + path))
    if found is None:
        return
    head, _, pattern = found.partition(": Disallow: ")
    number = int(head.removeprefix("line "))
    text = body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    line = text.split("\n")[number - 1]
    assert pattern.isascii()
    assert pattern.isprintable()
    assert parse(b"User-agent: *\n" + line.encode(), TOKEN).refusal(url("/" + path))


PATTERNS = st.lists(
    st.sampled_from(["/", "a", "b", "*", "$", "%2F", "%2A", "%24", "%61", "é", "?", "="]),
    max_size=6,
).map(lambda pieces: "/" + "".join(pieces))
AGENTS = st.sampled_from(["*", TOKEN, "other", TOKEN.upper()])
BLOCKS = st.lists(
    st.tuples(AGENTS, st.lists(st.tuples(st.sampled_from(["Allow", "Disallow"]), PATTERNS))),
    max_size=4,
)


def plain(groups):
    lines = []
    for agent, rules in groups:
        lines += [f"User-agent: {agent}", *(f"{field}: {value}" for field, value in rules), ""]
    return "\n".join(lines)


def started(groups):
    """Return groups that each have a rule: without one RFC 9309 and protego join them alike."""
    return [(agent, [("Allow", "/never"), *rules]) for agent, rules in groups]


@seed(1)
@settings(max_examples=examples(300), deadline=None)
@given(BLOCKS.map(started).map(plain), PATHS)
def test_a_plain_file_means_what_protego_says(text, path):
    ours = parse(text.encode(), TOKEN).refusal(url("/" + path))
    assert (ours is None) == Protego.parse(text).can_fetch(url("/" + path), TOKEN)
    assert ours != "a rule"


@pytest.mark.campaign
@pytest.mark.parametrize(
    "line",
    [
        b"Disallow: /%d\n", b"Disallow: /*%d$\n", b"Allow: /%d*\n", b"User-agent: a%d\n", b"\n",
        b"Disallow: /%%c3%%a9%d\n", b"# %d\n", b"a%d:\n", b"Disallow" + b" " * 999 + b"/%d\n",
    ],
)  # fmt: skip
def test_a_large_file_is_read_and_asked(line):
    lines = range(20_000 if FULL else 2_000)
    body = ALL + b"".join(line % n if b"%d" in line else line for n in lines)
    rules = parse(body, TOKEN)
    assert rules.refusal(url("/never")) is None
    assert rules.refusal(url("/" + "never" * 1000)) is None


@pytest.mark.parametrize("piece", [b"*a", b"*", b"*a*b", b"%2A"])
def test_a_long_pattern_is_read_and_asked(piece):
    body = (ALL + b"Disallow: /b" + piece * MAX_BYTES)[: MAX_BYTES - 2] + b"$\n"
    assert parse(body, TOKEN).refusal(url("/" + "a" * 8000)) is None


# What becomes of a robots.txt that was asked for

NOW = 1_800_000_000.0
HOUR = 3600.0
ROBOTS = f"{SITE}/robots.txt"
ORIGIN = f"{SITE}:80"


def visit(hops=0, location=ROBOTS):
    return Task(1, "job", ROBOTS, location, "h:80", 1, 7, 1, hops=hops, robots=True)


def judged(outcome, known=None, *, now=NOW, body=None, task=None, seed=0, **more):
    return judge(task or visit(), outcome, body, known, now=now, random=Random(seed), **more)


def answer(status, **more):
    kind = Kind.NOT_FOUND if status in {404, 410} else Kind.HTTP_ERROR
    return Outcome(kind, status, reason=f"HTTP status {status}", **more)


def good(at=NOW, body=ALL + NOT_X):
    return Robots(ORIGIN, body, 200, at, at + MAX_FRESH_S, at + MAX_FRESH_S)


STORED = Outcome(Kind.STORED, 200)
UNREACHED = [
    answer(429),
    *(answer(status) for status in (500, 501, 502, 503, 504, 507, 520, 599, 999)),
    answer(304),
    *(
        Outcome(kind, reason="so it was")
        for kind in (
            Kind.DNS, Kind.CONNECT, Kind.TIMEOUT, Kind.TRUNCATED, Kind.PROTOCOL, Kind.DECODE,
            Kind.TOO_BIG, Kind.LOCAL_IO, Kind.BUG,
        )
    ),
]  # fmt: skip
NAMES = [f"{one.kind} {one.status or ''}".strip() for one in UNREACHED]


def test_robots_txt_lies_at_the_root_of_its_origin():
    assert url_of("http://a.example/x/y?z#u") == "http://a.example/robots.txt"
    assert url_of("https://a.example:8443/") == "https://a.example:8443/robots.txt"
    assert url_of("http://[2001:db8::1]/x") == "http://[2001:db8::1]/robots.txt"


@pytest.mark.parametrize("status", [200, 203, 204, 226])
def test_a_file_holds_for_a_day(status):
    decided = judged(Outcome(Kind.STORED, status), body=NO)
    assert decided.verdict == Done()
    assert decided.record == Robots(ORIGIN, NO, status, NOW, NOW + MAX_FRESH_S, NOW + MAX_FRESH_S)
    assert MAX_FRESH_S == 24 * HOUR


def test_an_answer_without_a_body_is_an_empty_file():
    assert judged(Outcome(Kind.STORED, 204), body=None).record.body == b""


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", MAX_FRESH_S),
        ("public", MAX_FRESH_S),
        ("max-age=7200", 7200),
        ("MAX-AGE=7200", 7200),
        ("public, max-age=7200, must-revalidate", 7200),
        ("public,max-age=7200", 7200),
        ('max-age="7200"', 7200),
        ("max-age = 7200", 7200),
        ("max-age=604800", MAX_FRESH_S),
        ("max-age=" + "9" * 99, MAX_FRESH_S),
        ("max-age=0", MIN_FRESH_S),
        ("max-age=59", MIN_FRESH_S),
        ("max-age=61", 61),
        ("no-store", MIN_FRESH_S),
        ("no-cache, max-age=7200", MIN_FRESH_S),
        ("max-age=7200, No-Store", MIN_FRESH_S),
        ("s-maxage=7200", MAX_FRESH_S),  # for shared caches, which we are not
        ("s-maxage=600, max-age=7200", 7200),
        ("max-age=-1", MAX_FRESH_S),
        ("max-age=soon", MAX_FRESH_S),
        ("x-max-age=7200", MAX_FRESH_S),
    ],
)
def test_cache_control_says_when_a_file_is_asked_for_again(header, seconds):
    record = judged(STORED, body=NO, cache_control=header).record
    assert record.refresh_at == NOW + seconds
    assert record.until == NOW + MAX_FRESH_S


@pytest.mark.parametrize("status", [*range(400, 429), *range(430, 500)])
def test_a_4xx_is_no_file_and_allows_all(status):
    decided = judged(answer(status), good(), cache_control="max-age=7200")
    assert decided.verdict == Done()
    reason = f"HTTP status {status}"
    expected = Robots(
        ORIGIN, None, status, NOW, NOW + MAX_FRESH_S, NOW + MAX_FRESH_S, reason=reason
    )
    assert decided.record == expected


@pytest.mark.parametrize("status", [300, 301, 302, 305, 307, 308])
def test_a_redirect_to_nowhere_is_no_file(status):
    decided = judged(answer(status), good())
    assert (decided.verdict, decided.record.body) == (Done(), None)
    bad = Outcome(Kind.PROTOCOL, status, reason="bad Location: it is not a valid URL")
    assert judged(bad, good()).record.body is None


@pytest.mark.parametrize("hops", range(MAX_HOPS))
def test_five_redirects_are_followed(hops):
    moved = Outcome(Kind.REDIRECTED, 301, location="https://other.example/robots.txt")
    decided = judged(moved, good(), task=visit(hops))
    assert decided.verdict == Hop("https://other.example/robots.txt")
    assert decided.record is None
    assert MAX_HOPS == 5


def test_the_sixth_redirect_is_no_file():
    moved = Outcome(Kind.REDIRECTED, 301, location="https://other.example/robots.txt")
    for outcome in (moved, Outcome(Kind.REDIRECT_LIMIT, 301)):
        decided = judged(outcome, good(), task=visit(MAX_HOPS))
        assert decided.verdict == Done()
        assert decided.record.body is None
        assert decided.record.until == decided.record.refresh_at == NOW + MAX_FRESH_S


def test_a_file_from_elsewhere_speaks_for_the_origin_that_was_asked():
    task = visit(1, "https://other.example/robots.txt")
    record = judged(STORED, body=NO, task=task).record
    assert (record.origin, record.body) == (ORIGIN, NO)


@pytest.mark.parametrize("outcome", UNREACHED, ids=NAMES)
def test_without_an_answer_a_host_is_left_alone(outcome):
    decided = judged(outcome)
    assert isinstance(decided.verdict, Again)
    assert not decided.verdict.charged
    assert NOW + FIRST_RETRY_S <= decided.verdict.at <= NOW + 1.5 * FIRST_RETRY_S
    record = decided.record
    assert record.until <= NOW
    assert (record.refresh_at, record.status) == (decided.verdict.at, outcome.status)
    assert (record.failing_since, record.failures) == (NOW, 1)
    assert (record.origin, record.reason) == (ORIGIN, outcome.reason)


@pytest.mark.parametrize("outcome", UNREACHED, ids=NAMES)
def test_the_last_good_copy_serves_until_a_day_after_it_was_fetched(outcome):
    known = good(NOW - 20 * HOUR)
    record = judged(outcome, known).record
    assert record.body == known.body
    assert (record.fetched_at, record.until) == (known.fetched_at, known.fetched_at + MAX_FRESH_S)
    again = judged(outcome, record, now=record.refresh_at).record
    assert (again.body, again.until) == (known.body, known.until)


def test_what_was_absent_serves_until_a_day_after_it_was_absent():
    absent = judged(answer(404), now=NOW - HOUR).record
    record = judged(answer(500), absent).record
    assert (record.body, record.until) == (None, NOW - HOUR + MAX_FRESH_S)


def failing(times, outcome, *, seed=0, known=None, now=NOW):
    """Return the waits of a robots.txt that cannot be had so often in a row, and the record."""
    waits = []
    random = Random(seed)
    for _ in range(times):
        decided = judge(visit(), outcome, None, known, now=now, random=random)
        known, wait = decided.record, decided.verdict.at - now
        waits.append(wait)
        now += wait
    return waits, known


@pytest.mark.parametrize("seed", range(20))
def test_the_waits_double_with_jitter_up_to_their_cap(seed):
    waits, record = failing(30, answer(503), seed=seed)
    for number, wait in enumerate(waits):
        least = min(MAX_RETRY_S, FIRST_RETRY_S * 2**number)
        assert least <= wait <= 1.5 * least
    assert record.failures == 30
    assert record.failing_since == NOW
    assert len(set(waits)) == len(waits)


def test_the_same_seed_makes_the_same_waits_and_another_seed_others():
    waits = [failing(5, answer(503), seed=seed)[0] for seed in (1, 1, 2)]
    assert waits[0] == waits[1] != waits[2]


def test_a_million_failures_wait_no_longer_and_overflow_nothing():
    known = Robots(ORIGIN, None, None, 0.0, 0.0, 0.0, failing_since=NOW - HOUR, failures=10**6)
    assert judged(answer(503), known).verdict.at <= NOW + 1.5 * MAX_RETRY_S


def test_a_host_is_not_asked_before_it_said():
    assert judged(answer(503, retry_after=7200.0)).verdict == Again(NOW + 7200.0, charged=False)
    assert judged(answer(429, retry_after=7200.0)).record.refresh_at == NOW + 7200.0


@pytest.mark.parametrize("seed", range(5))
def test_a_short_time_that_a_host_named_is_the_first_wait_and_doubles_like_any(seed):
    waits, _ = failing(20, answer(503, retry_after=1.0), seed=seed)
    for number, wait in enumerate(waits):
        least = min(MAX_RETRY_S, 2**number)
        assert least <= wait <= 1.5 * least
    waits, _ = failing(20, answer(503, retry_after=0.0), seed=seed)
    assert min(waits) >= FIRST_RETRY_S


def asked_until(end, known):
    """Return what is known after asking whenever it is time, always without an answer."""
    decided = judged(answer(503), known, now=known.refresh_at)
    while decided.record.refresh_at < end and isinstance(decided.verdict, Again):
        decided = judged(answer(503), decided.record, now=decided.record.refresh_at)
    return decided


def test_after_thirty_days_without_an_answer_the_file_is_taken_as_absent():
    known = good(NOW - ABSENT_AFTER_S - MAX_FRESH_S)
    began = known.refresh_at
    last = asked_until(began + ABSENT_AFTER_S, known)
    assert isinstance(last.verdict, Again)
    assert last.record.until < began + ABSENT_AFTER_S
    now = last.record.refresh_at
    decided = judged(answer(503), last.record, now=now)
    assert decided.verdict == Done()
    record = decided.record
    assert (record.body, record.fetched_at) == (None, now)
    assert record.until == record.refresh_at == now + MAX_FRESH_S
    assert record.failing_since == began
    assert ABSENT_AFTER_S == 30 * 24 * HOUR


@pytest.mark.parametrize("away", [2 * HOUR, ABSENT_AFTER_S, 3650 * 24 * HOUR])
def test_time_in_which_nobody_asked_makes_no_file_absent(away):
    """Nobody ran, or the clock was set forward."""
    known = judged(answer(503), good(NOW - MAX_FRESH_S), now=NOW).record
    decided = judged(answer(503), known, now=known.refresh_at + away)
    assert isinstance(decided.verdict, Again)
    assert decided.record.failing_since == pytest.approx(NOW + away)


def test_what_is_taken_as_absent_is_asked_for_every_day_and_stays_so():
    known = Robots(
        ORIGIN, None, 503, 0.0, 0.0, 0.0, failing_since=NOW - ABSENT_AFTER_S, failures=700
    )
    first = judged(answer(503), known).record
    later = judged(answer(503), first, now=first.refresh_at)
    assert later.verdict == Done()
    assert later.record.until == NOW + 2 * MAX_FRESH_S


@pytest.mark.parametrize("outcome", [STORED, answer(404)])
def test_an_answer_ends_the_failures(outcome):
    known = failing(9, answer(503), known=good(NOW - MAX_FRESH_S))[1]
    record = judged(outcome, known, body=NO).record
    assert (record.failures, record.failing_since) == (0, None)
    assert record.until == NOW + MAX_FRESH_S
    waits, after = failing(1, answer(503), known=record)
    assert waits[0] <= 1.5 * FIRST_RETRY_S
    assert (after.failures, after.failing_since) == (1, NOW)


@pytest.mark.parametrize("known", [None, good()])
def test_a_fault_of_this_machine_teaches_nothing_about_the_host(known):
    fault = Outcome(Kind.LOCAL_IO, reason="no descriptors left", ours=True)
    decided = judged(fault, known)
    assert decided.record == known
    assert isinstance(decided.verdict, Again)
    assert not decided.verdict.charged
    assert NOW < decided.verdict.at <= NOW + 5.0


@pytest.mark.parametrize("kind", [Kind.TLS, Kind.BLOCKED])
def test_where_the_pages_will_fail_alike_they_soon_may(kind):
    decided = judged(Outcome(kind, reason="so it was"), good(NOW - MAX_FRESH_S))
    assert decided.verdict == Done()
    until = NOW + ALLOWED_FOR_S
    assert decided.record == Robots(ORIGIN, None, None, NOW, until, until, reason="so it was")


@pytest.mark.parametrize("kind", [Kind.TLS, Kind.BLOCKED])
def test_what_fails_at_the_end_of_a_redirect_says_nothing_about_the_pages(kind):
    task = visit(1, "https://other.example/robots.txt")
    decided = judged(Outcome(kind), task=task)
    assert isinstance(decided.verdict, Again)
    assert decided.record.until <= NOW
    assert judged(Outcome(kind), task=visit(1, f"{SITE}/other.txt")).verdict == Done()


@pytest.mark.parametrize("kind", [Kind.TLS, Kind.BLOCKED, Kind.TIMEOUT])
def test_a_good_copy_outlives_any_failure(kind):
    known = good(NOW - HOUR)
    decided = judged(Outcome(kind), known, given_up=True)
    assert isinstance(decided.verdict, Again)
    assert (decided.record.body, decided.record.until) == (known.body, known.until)


def test_the_urls_of_a_host_that_is_given_up_before_its_rules_are_known_end_unvisited():
    silent = Outcome(Kind.TIMEOUT, reason="so it was")
    for known in (None, good(NOW - MAX_FRESH_S)):
        decided = judged(silent, known, given_up=True)
        assert decided.verdict == Done()
        assert decided.record.body is None
        assert decided.record.until == decided.record.refresh_at == NOW + ALLOWED_FOR_S
        assert allows_none(decided.record)


def test_after_thirty_days_without_an_answer_the_file_of_a_host_that_is_given_up_is_absent_too():
    since = NOW - ABSENT_AFTER_S
    known = Robots(ORIGIN, None, None, 0.0, 0.0, NOW, failing_since=since, failures=9)
    decided = judged(Outcome(Kind.TIMEOUT), known, given_up=True)
    assert decided.verdict == Done()
    assert not allows_none(decided.record)


def test_a_host_is_not_given_up_because_another_one_is():
    task = visit(1, "https://other.example/robots.txt")
    decided = judged(Outcome(Kind.TIMEOUT), task=task, given_up=True)
    assert isinstance(decided.verdict, Again)
    assert decided.record.until <= NOW


@pytest.mark.parametrize("kind", [Kind.DNS, Kind.CONNECT, Kind.TIMEOUT])
@pytest.mark.parametrize("failures", [0, 1, 40])
def test_a_silent_host_is_asked_again_after_max_backoff_at_the_latest(kind, failures):
    known = Robots(ORIGIN, None, None, 0, 0, 0, NOW - HOUR, failures)
    decided = judged(Outcome(kind), known, max_backoff=1.0)
    assert NOW + 1.0 <= decided.verdict.at <= NOW + 1.5


def test_max_backoff_shortens_no_wait_of_a_host_that_answers():
    decided = judged(answer(503), max_backoff=1.0)
    assert decided.verdict.at >= NOW + FIRST_RETRY_S
    asked_for = judged(Outcome(Kind.TIMEOUT, retry_after=600.0), max_backoff=1.0)
    assert asked_for.verdict.at >= NOW + 600


def test_a_host_that_is_given_up_and_answers_is_heard():
    assert judged(STORED, body=NO, given_up=True).record.body == NO
    assert judged(answer(404), given_up=True).record.until == NOW + MAX_FRESH_S


KINDS = st.sampled_from([kind for kind in Kind if kind is not Kind.REDIRECTED])


@seed(1)
@settings(max_examples=examples(300), deadline=None)
@given(
    KINDS, st.none() | st.integers(100, 999), st.booleans(), st.none() | st.floats(0, 1e5),
    st.floats(0, 1e7), st.integers(0, 99), st.booleans(),
)  # fmt: skip
def test_every_end_of_a_visit_comes_to_something(kind, status, ours, wait, age, failures, given_up):
    outcome = Outcome(kind, status, retry_after=wait, ours=ours)
    known = good(NOW - age)
    if failures:
        known = Robots(
            ORIGIN, NO, 503, NOW - age, NOW - age + MAX_FRESH_S, NOW, NOW - age, failures
        )
    decided = judged(outcome, known, body=NO, given_up=given_up)
    record = decided.record
    assert record.refresh_at > NOW or record == known
    assert record.until <= NOW + MAX_FRESH_S
    if isinstance(decided.verdict, Again):
        assert NOW < decided.verdict.at <= NOW + max(1.5 * MAX_RETRY_S, wait or 0)
        assert (record.body, record.until) == (known.body, known.until)
    else:
        assert decided.verdict == Done()
        assert record.until > NOW
