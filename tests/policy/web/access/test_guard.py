"""Who may ask and who may act: pure rules, attacked with every header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.web.access import sessions
from crawler.web.access.guard import Asked, Guard, Rank

TOKEN = "t" * 43
NOW = 1_000_000.0
GUARD = Guard(TOKEN, 8640, is_local=True, names=frozenset({"crawler.example.org"}))
COOKIE = f"crawler-8640={sessions.opened(TOKEN, NOW)}"
OWN = "http://127.0.0.1:8640"


@pytest.mark.parametrize(
    ("host", "is_heard"),
    [
        ("127.0.0.1:8640", True),
        ("127.0.0.1", True),
        ("localhost:8640", True),
        ("LOCALHOST", True),
        ("[::1]:8640", True),
        ("192.0.2.7:80", True),
        ("crawler.example.org", True),
        ("Crawler.Example.Org:443", True),
        ("evil.example", False),
        ("evil.example:8640", False),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("crawler.example.org.", False),
        ("2130706433", False),
        ("0x7f.1", False),
        ("127.1", False),
        ("", False),
        ("127.0.0.1:8640:1", False),
        ("127.0.0.1, evil.example", False),
        ("user@127.0.0.1", False),
        ("[::1", False),
    ],
)
def test_a_name_that_was_not_told_is_not_heard_for_another_site_may_have_it(host, is_heard):
    assert (GUARD.objection(Asked("GET", host)) is None) == is_heard


@pytest.mark.parametrize(
    ("origin", "is_heard"),
    [
        ("", True),
        (OWN, True),
        ("https://127.0.0.1:8640", True),
        ("null", False),
        ("http://127.0.0.1", False),
        ("http://127.0.0.1:8641", False),
        ("http://localhost:8640", False),
        ("http://127.0.0.1:8640.evil.example", False),
        ("file://127.0.0.1:8640", False),
        ("http://evil.example/127.0.0.1:8640", False),
    ],
)
def test_another_page_is_not_heard(origin, is_heard):
    found = GUARD.objection(Asked("POST", "127.0.0.1:8640", origin=origin))
    assert (found is None) == is_heard


@pytest.mark.parametrize(
    ("asked", "rank"),
    [
        ({}, Rank.NOBODY),
        ({"authorization": f"Bearer {TOKEN}"}, Rank.OPERATOR),
        ({"authorization": f"bearer  {TOKEN}"}, Rank.OPERATOR),
        ({"authorization": f"Basic {TOKEN}"}, Rank.NOBODY),
        ({"authorization": f"Bearer {TOKEN}x"}, Rank.NOBODY),
        ({"authorization": f"Bearer {TOKEN[:-1]}"}, Rank.NOBODY),
        ({"authorization": "Bearer tä"}, Rank.NOBODY),
        ({"authorization": "Bearer x", "cookie": COOKIE, "origin": OWN}, Rank.NOBODY),
        ({"cookie": COOKIE, "origin": OWN}, Rank.OPERATOR),
        ({"cookie": f"a=b; {COOKIE}; c", "origin": OWN}, Rank.OPERATOR),
        ({"cookie": COOKIE}, Rank.NOBODY),
        ({"cookie": COOKIE.replace("8640", "8641"), "origin": OWN}, Rank.NOBODY),
        ({"cookie": f"{COOKIE}0", "origin": OWN}, Rank.NOBODY),
        ({"cookie": "crawler-8640=99999999999.", "origin": OWN}, Rank.NOBODY),
        ({"cookie": "crawler-8640=", "origin": OWN}, Rank.NOBODY),
        ({"cookie": "\x00=;;=;\xff", "origin": OWN}, Rank.NOBODY),
    ],
)
def test_only_who_has_the_token_acts(asked, rank):
    assert GUARD.rank(Asked("POST", "127.0.0.1:8640", **asked), NOW) is rank


@pytest.mark.parametrize(
    ("site", "rank"),
    [
        ("same-origin", Rank.OPERATOR),
        ("none", Rank.OPERATOR),
        ("", Rank.OPERATOR),
        ("same-site", Rank.NOBODY),
        ("cross-site", Rank.NOBODY),
        ("anything", Rank.NOBODY),
    ],
)
def test_a_cookie_reads_for_our_own_page_alone(site, rank):
    asked = Asked("GET", "127.0.0.1:8640", fetch_site=site, cookie=COOKIE)
    assert GUARD.rank(asked, NOW) is rank


def test_where_reading_is_open_nobody_acts_without_the_token():
    guard = Guard(TOKEN, 8640, is_local=True, public_read=True)
    assert guard.rank(Asked("GET", "127.0.0.1"), NOW) is Rank.READER
    wrong = Asked("GET", "127.0.0.1", authorization="Bearer x")
    assert guard.rank(wrong, NOW) is Rank.NOBODY


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_no_text_is_taken_for_the_token_or_breaks_a_rule(host, origin, site, authorization, cookie):
    asked = Asked("POST", host, origin, site, authorization, cookie)
    GUARD.objection(asked)
    assert GUARD.rank(asked, NOW) is Rank.NOBODY
