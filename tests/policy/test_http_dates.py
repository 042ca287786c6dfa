from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.policy.http_dates import (
    MAX_DATE,
    MAX_RETRY_AFTER_S,
    parse_http_date,
    parse_retry_after,
)
from tests import examples

NOW = 784_111_000


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("86401", MAX_RETRY_AFTER_S),
        ("9" * 400, MAX_RETRY_AFTER_S),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 777),
        ("Sun Nov  6 08:49:37 1994", 777),
        ("Sun, 06 Nov 1994 09:49:37 +0100", 777),
        ("Sun, 06 Nov 2044 08:49:37 GMT", MAX_RETRY_AFTER_S),
        ("Sun, 06 Nov 1994 08:36:40 GMT", None),  # this very second
        ("Sun, 06 Nov 1994 08:00:00 GMT", None),
        ("Fri, 06 Nov 1992 08:49:37 GMT", None),
        ("-5", None),
        ("+5", None),
        ("1.5", None),
        ("1e3", None),
        ("five", None),
        ("٣", None),
        ("Sun, 32 Foo 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37 +99999999", None),
        ("", None),
        ("   ", None),
        (None, None),
    ],
)
def test_retry_after_is_understood_or_ignored(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


@settings(max_examples=examples(200), derandomize=True)
@given(st.text(max_size=40) | st.from_regex(r"[A-Z][a-z]{2}, \d{1,9} [A-Z][a-z]{2} \d{1,9}.*"))
def test_no_header_breaks_the_reading_of_a_date(value):
    asked = parse_retry_after(value, NOW)
    assert asked is None or 0 <= asked <= MAX_RETRY_AFTER_S
    date = parse_http_date(value)
    assert date is None or isinstance(date, float)


def test_a_date_is_the_same_in_its_three_forms():
    expected = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC).timestamp()
    forms = (
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    )
    assert {parse_http_date(form) for form in forms} == {expected}


def test_what_is_longer_than_any_date_is_none_and_is_not_remembered():
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    assert parse_http_date(f"{date} (a comment)") == parse_http_date(date) is not None
    assert parse_http_date(f"{date} ({'a' * MAX_DATE})") is None
