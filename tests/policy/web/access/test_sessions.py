"""The cookie of a browser: who made it, and until when it holds."""

from hypothesis import given
from hypothesis import strategies as st

from crawler.web.access.sessions import LASTS_S, is_open, opened, set_cookie, value_in

TOKEN = "t" * 43
NOW = 1_000_000.0


def test_a_session_lasts_a_week_and_not_longer():
    value = opened(TOKEN, NOW)
    assert is_open(TOKEN, value, NOW)
    assert is_open(TOKEN, value, NOW + LASTS_S - 1)
    assert not is_open(TOKEN, value, NOW + LASTS_S)


def test_another_token_ends_it():
    assert not is_open("u" * 43, opened(TOKEN, NOW), NOW)


def test_nobody_prolongs_it():
    until, _, code = opened(TOKEN, NOW).partition(".")
    assert not is_open(TOKEN, f"{int(until) + 1}.{code}", NOW)
    assert not is_open(TOKEN, f"0{until}.{code}", NOW)
    assert not is_open(TOKEN, f"{until}.", NOW)


@given(st.text())
def test_no_other_text_is_one(text):
    assert not is_open(TOKEN, text, NOW)


@given(st.text())
def test_whatever_a_browser_sends_is_read(text):
    assert isinstance(value_in(text, "crawler-8640"), str)


def test_the_token_is_not_in_it():
    assert TOKEN not in opened(TOKEN, NOW)


def test_it_is_sent_by_our_own_pages_alone_and_seen_by_no_script():
    flags = set_cookie("crawler-1", "v", secure=True).split("; ")
    assert flags == ["crawler-1=v", "Path=/", "Max-Age=604800", "HttpOnly", "SameSite=Strict",
                     "Secure"]  # fmt: skip
    assert "Max-Age=0" in set_cookie("crawler-1", "", secure=False)
