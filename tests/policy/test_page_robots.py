"""What a page says to robots about itself, in its header and in its HTML."""

import pytest
from hypothesis import example, given, seed, settings
from hypothesis import strategies as st

from crawler.policy.page_robots import DIRECTIVES, HEAD_BYTES, joined, of_headers, of_page
from tests import examples

TOKEN = "crawlerd"  # noqa: S105  it is no secret
NONE = {"noindex", "nofollow"}
META = b"<meta name=robots content=noindex>"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], set()),
        ([""], set()),
        (["noindex"], {"noindex"}),
        (["NoIndex"], {"noindex"}),
        (["noindex, nofollow"], NONE),
        (["noindex,nofollow"], NONE),
        ([" noindex ,\tnofollow "], NONE),
        ([",, noindex,"], {"noindex"}),
        (["noindex", "nofollow"], NONE),
        (["noindex", "noindex, noarchive"], {"noindex", "noarchive"}),
        (["none"], NONE),
        (["NONE, noarchive"], NONE | {"noarchive"}),
        (["all"], set()),
        (["index, follow"], set()),
        ([", ".join(DIRECTIVES)], set(DIRECTIVES)),
        (["noodp, noydir, indexifembedded, nothing"], set()),
        (["no index"], set()),
        (["noindexx"], set()),
    ],
)
def test_the_words_of_every_header_line_count_together(lines, words):
    assert of_headers(lines, TOKEN) == words


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["crawlerd: noindex"], {"noindex"}),
        (["CrawlerD:noindex"], {"noindex"}),
        (["crawlerd : noindex"], {"noindex"}),
        (["crawlerd: noindex, nofollow"], NONE),
        (["crawlerd: none"], NONE),
        (["crawlerd:"], set()),
        (["otherbot: noindex"], set()),
        (["otherbot: noindex, nofollow"], set()),
        (["otherbot/2.1: noindex, nofollow"], set()),
        (["360spider: noindex, nofollow"], set()),
        (["crawler: noindex"], set()),
        (["crawlerd-news: noindex"], set()),
        (["otherbot: noindex", "nofollow"], {"nofollow"}),
        (["noarchive", "crawlerd: nofollow", "otherbot: none"], {"noarchive", "nofollow"}),
        (["noindex, otherbot: nofollow"], {"noindex"}),  # lines that a proxy joined
        (["otherbot: noindex, crawlerd: nofollow, noarchive"], {"nofollow", "noarchive"}),
        (["crawlerd: nofollow, otherbot: noindex"], {"nofollow"}),
    ],
)
def test_a_header_line_may_begin_with_the_agent_that_it_is_for(lines, words):
    assert of_headers(lines, TOKEN) == words


@pytest.mark.parametrize(
    "date",
    [
        "25 Jun 2010 15:00:00 PST",
        "25-Jun-10 15:00:00 PST",
        "Friday, 25-Jun-10 15:00:00 UTC",
        "Fri, 25 Jun 2010 15:00:00 GMT",
        "25 Jun 2010, 15:00:00 PST",
        "Fri Jun 25 15:00:00 2010",
        "2010-06-25T15:00:00+00:00",
        "2010-06-25",
        "",
    ],
)
def test_the_colons_and_commas_of_a_date_name_no_agent(date):
    after = f"unavailable_after: {date}"
    assert of_headers([after], TOKEN) == set()
    assert of_headers([f"{after}, noindex"], TOKEN) == {"noindex"}
    assert of_headers([f"noindex, {after}"], TOKEN) == {"noindex"}
    assert of_headers([f"crawlerd: {after}, noindex"], TOKEN) == {"noindex"}
    assert of_headers([f"otherbot: {after}, noindex"], TOKEN) == set()
    assert of_headers([after.upper() + ", NOINDEX"], TOKEN) == {"noindex"}


@pytest.mark.parametrize(
    "word", ["max-snippet:-1", "max-snippet: 50", "max-image-preview:large", "max-video-preview: 0"]
)
def test_a_word_with_a_value_names_no_agent(word):
    assert of_headers([f"{word}, noindex"], TOKEN) == {"noindex"}
    assert of_headers([f"otherbot: {word}, noindex"], TOKEN) == set()


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (b"", set()),
        (b"<p>noindex robots</p>", set()),
        (META, {"noindex"}),
        (b'<meta name="robots" content="noindex">', {"noindex"}),
        (b"<meta name='robots' content='noindex'>", {"noindex"}),
        (b'<META NAME="ROBOTS" CONTENT="NOINDEX">', {"noindex"}),
        (b'<meta content="noindex" name="robots">', {"noindex"}),
        (b'<meta content="noindex" name="robots" />', {"noindex"}),
        (b'<meta/name="robots"/content="noindex">', {"noindex"}),
        (b'<meta\n\tname = "robots"\n\tcontent = "noindex"\n>', {"noindex"}),
        (b'<meta class="x" name=" robots " data-x content=" noindex , nofollow ">', NONE),
        (b'<meta name="robots" content="none">', NONE),
        (b'<meta name="robots" content="index, follow, all, nothing">', set()),
        (b'<meta name="robots" content="max-snippet:-1, noindex">', {"noindex"}),
        (
            b'<meta name="robots" content="unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT">',
            set(),
        ),
        (b'<meta name="robots">', set()),
        (b'<meta name="robots" content>', set()),
        (b'<meta name content="noindex, robots">', set()),
        (b'<meta property="robots" content="noindex">', set()),
        (b'<meta http-equiv="robots" content="noindex">', set()),
        (b'<meta name="robots.txt" content="noindex">', set()),
        (b'<metadata name="robots" content="noindex">', set()),
        (b'<link name="robots" content="noindex">', set()),
        (b'<meta name="robots" content="noindex" content="nofollow">', {"noindex"}),
        (b'<meta name="robots" name="x" content="noindex">', {"noindex"}),
        (b'<meta name="robots" content="&#110;oindex">', {"noindex"}),
        (b"<html><head><title>x</title>" + META + b"</head><body>", {"noindex"}),
        (b"<!DOCTYPE html>\n" + META, {"noindex"}),
        (b"\xef\xbb\xbf" + META, {"noindex"}),
    ],
)
def test_a_meta_says_what_its_content_is(page, words):
    assert of_page(page, TOKEN) == words


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (b'<meta name="crawlerd" content="noindex">', {"noindex"}),
        (b'<meta name="CrawlerD" content="noindex">', {"noindex"}),
        (b'<meta name="crawler" content="noindex">', set()),
        (b'<meta name="crawlerd-news" content="noindex">', set()),
        (b'<meta name="otherbot" content="noindex">', set()),
        (b'<meta name="otherbot" content="none">' + META, {"noindex"}),
        (META + b'<meta name="crawlerd" content="nofollow">', NONE),
        (META + b'<meta name="robots" content="noarchive">', {"noindex", "noarchive"}),
        (META + b'<meta name="robots" content="index">', {"noindex"}),
        (b'<meta charset="utf-8"><meta name="viewport" content="x">' + META, {"noindex"}),
    ],
)
def test_every_meta_for_us_or_for_everybody_counts(page, words):
    assert of_page(page, TOKEN) == words


@pytest.mark.parametrize(
    "page",
    [
        b"<!-- " + META + b" -->",
        b"<!-- > " + META + b" -->",
        b"<!-- " + META,
        b"<script>" + META + b"</script>",
        b'<script>"</scrip>' + META + b'"</script>',
        b"<script>" + META,
        b"<SCRIPT type=x>" + META + b"</SCRIPT >",
        b"<style>" + META + b"</style>",
        b'<a title="' + META + b'">',
        b"<?php " + META,
        b"<!x " + META,
        b"<![x " + META,
        b"&lt;meta name=robots content=noindex&gt;",
        b"<meta name=robots content=noindex",
        b"< meta name=robots content=noindex>",
        b"</meta name=robots content=noindex>",
    ],
)
def test_what_is_no_element_is_not_counted(page):
    assert of_page(page, TOKEN) == set()
    whole = b"<meta name=robots content=noarchive>" + page
    assert of_page(whole, TOKEN) == {"noarchive"}


@pytest.mark.parametrize(
    "before",
    [
        b"<!-- x -->",
        b"<!---->",
        b"<!-- > -->",
        b"<!x>",
        b"<!>",
        b"<![if IE]>",
        b"<!--[if IE]><p><![endif]-->",
        b"<![x[y]]>",
        b"<![CDATA[x]]>",
        b"<![CDATA[",
        b"<!DOCTYPE html [ <!ENTITY a 'b'> ]>",
        b"<?xml version='1.0'?>",
        b"<script>'<!--'</script>",
        b"<style>a<b</style>",
        b"<p",
        b"<",
        b"</>",
        b"</p x='>'>",
        b"<p class=\"a\"b='c'>",
        b"<a =x>",
        b"&#99999999999; &bogus; &",
        b"\xff\xfe\x80",
        b"\0",
        "é".encode("latin-1"),
        "ア".encode("shift-jis"),
        b"</head></body></html>",
    ],
)
def test_broken_html_hides_no_meta_behind_it(before):
    assert of_page(before + b">" + META, TOKEN) == {"noindex"}


def test_a_meta_is_seen_as_far_as_the_beginning_of_the_page_goes():
    room = HEAD_BYTES - len(META)
    assert of_page(b" " * room + META + b" " * HEAD_BYTES, TOKEN) == {"noindex"}
    assert of_page(b" " * (room + 1) + META + META, TOKEN) == set()
    assert of_page(b" " * HEAD_BYTES + META, TOKEN) == set()


def test_a_page_without_the_word_is_not_parsed():
    assert of_page(b'<meta name="viewport" content="noindex">', TOKEN) == set()
    assert of_page(b"robots crawlerd <p>", TOKEN) == set()


@pytest.mark.parametrize(
    "piece",
    [
        b"<meta ",
        b"<meta name",
        b"<",
        b"<!",
        b"<!--",
        b"<![",
        b"</",
        b"<a ",
        b"<a a='",
        b"&#",
        b"<?",
    ],
)
def test_a_page_that_is_made_to_be_slow_is_read(piece):
    page = META + piece * (HEAD_BYTES // len(piece))
    assert of_page(page, TOKEN) <= {"noindex"}
    assert of_page(piece * (HEAD_BYTES // len(piece)), TOKEN) == set()


def test_words_are_told_in_one_order_and_once():
    assert joined([]) == ""
    assert joined(["nofollow", "noindex", "nofollow"]) == "noindex,nofollow"
    assert joined({"noarchive", "noindex", "nosnippet"}) == "noindex,noarchive,nosnippet"
    assert joined(reversed(DIRECTIVES)) == ",".join(DIRECTIVES)
    assert joined(["nothing", "noindex"]) == "noindex"


PIECES = st.lists(
    st.one_of(
        st.sampled_from([
            b"<meta ", b"name=", b"robots", b"content=", b"noindex", b">", b"<", b"/", b"'", b'"',
            b"<!--", b"-->", b"<![", b"]]>", b"<!", b"<?", b"</", b"script", b"<script", b"&#x",
            b";", b"crawlerd", b":", b",", b" ", b"\0", b"\xff", b"none", b"unavailable_after",
        ]),
        st.binary(max_size=6),
    ),
    max_size=40,
).map(b"".join)  # fmt: skip


@seed(1)
@settings(max_examples=examples(500), deadline=None)
@given(PIECES)
@example(b"<meta robots<![x[")
def test_any_page_and_any_header_can_be_read(data):
    assert of_page(data, TOKEN) <= set(DIRECTIVES)
    assert of_page(META + data, TOKEN) >= {"noindex"}
    assert of_headers([data.decode("latin-1")], TOKEN) <= set(DIRECTIVES)


@pytest.mark.parametrize(
    "page",
    [
        b"<" * 1000 + b"<meta name=robots content=noindex>",
        b'<meta name=robots content="a < b, noindex">',
        b"<script>if (a < b && c <= d) {}</script><meta name=robots content=noindex>",
        b"1 < 2 <<meta name=robots content=noindex>",
    ],
)
def test_a_sign_that_begins_no_tag_hides_none(page):
    assert of_page(page, "x") == {"noindex"}
