"""What servers say about time, whatever they say."""

import time
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime, formatdate

import pytest
from hypothesis import example, given, seed, settings
from hypothesis import strategies as st

from crawler.policy.http_dates import MAX_RETRY_AFTER_S, parse_http_date, parse_retry_after
from tests import examples

NOW = 1_700_000_000.0
WORDS = st.sampled_from([
    "Mon", "Sunday", "Foo", "1", "01", "31", "99", "0", "-1", "Jan", "Feb", "Dec", "0000", "1994",
    "2024", "9999", "10000", "08:49:37", "24:60:61", "8:4", "GMT", "UTC", "EST", "Z", "+0000",
    "-9999", "+99999", ",", ":", "-", ";", "(", ")", "\\", '"', "1e9", "inf", "nan", "\u0663",
    "\xff", "\0", "\t",
])  # fmt: skip
SAYINGS = st.one_of(
    st.text(max_size=60),
    st.binary(max_size=60).map(lambda data: data.decode("latin-1")),
    st.lists(WORDS, max_size=12).map(" ".join),
    st.lists(WORDS, max_size=12).map("".join),
    st.integers().map(str),
    st.floats().map(str),
    st.from_regex(r"\A[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d\d?:\d\d?:\d\d? \S{1,6}\Z"),
)
MOMENTS = st.integers(min_value=0, max_value=253_402_300_799)
"""Whole seconds until the end of the year 9999."""


def imf_fixdate(at: int) -> str:
    return formatdate(at, usegmt=True)


def rfc850(at: int) -> str:
    return time.strftime("%A, %d-%b-%y %H:%M:%S GMT", time.gmtime(at))


def asctime(at: int) -> str:
    return time.asctime(time.gmtime(at))


@seed(1)
@settings(max_examples=examples(400), deadline=None)
@given(SAYINGS)
@example("9" * 400)
@example("Fri, 31 Dec 9999 23:59:59 -2400")
@example("Mon, 01 Jan 0001 00:00:00 +2359")
@example("\u0663")
@example("\u00b2")
def test_retry_after_is_nothing_or_a_wait_within_bounds(text):
    wait = parse_retry_after(text, NOW)
    assert wait is None or 0 <= wait <= MAX_RETRY_AFTER_S


@seed(2)
@settings(max_examples=examples(400), deadline=None)
@given(SAYINGS)
@example("Mon, 01 Jan 0000 00:00:00 GMT")
@example("Mon, 01 Jan 99999999999999999999 00:00:00 GMT")
@example("Mon, 01 Jan 2024 00:00:00 +99999999999999999999")
def test_a_date_is_nothing_or_a_number(text):
    date = parse_http_date(text)
    assert date is None or isinstance(date, float)
    assert date == date  # noqa: PLR0124  not NaN


@seed(3)
@settings(max_examples=examples(60))
@given(st.integers(min_value=0, max_value=int(MAX_RETRY_AFTER_S)), st.sampled_from(["", " ", "\t"]))
def test_seconds_come_back_as_they_were_said(seconds, around):
    assert parse_retry_after(f"{around}{seconds}{around}", NOW) == seconds


@seed(4)
@settings(max_examples=examples(60))
@given(st.integers(min_value=int(MAX_RETRY_AFTER_S)))
def test_more_seconds_than_a_day_are_a_day(seconds):
    assert parse_retry_after(str(seconds), NOW) == MAX_RETRY_AFTER_S


@seed(5)
@settings(max_examples=examples(60))
@given(st.integers(min_value=1, max_value=200_000))
def test_a_date_to_come_is_the_wait_until_then(wait):
    said = imf_fixdate(int(NOW) + wait)
    assert parse_retry_after(said, NOW) == min(wait, MAX_RETRY_AFTER_S)


@seed(6)
@settings(max_examples=examples(60))
@given(st.integers(min_value=0, max_value=int(NOW)))
def test_a_date_gone_by_is_no_wait(before):
    assert parse_retry_after(imf_fixdate(int(NOW) - before), NOW) is None


@seed(7)
@settings(max_examples=examples(60))
@given(MOMENTS)
def test_a_date_comes_back_as_it_was_said(at):
    assert parse_http_date(imf_fixdate(at)) == at


@seed(8)
@settings(max_examples=examples(60))
@given(st.integers(min_value=1_000 * 366 * 86_400, max_value=253_402_300_799))
def test_a_date_in_the_form_of_c_comes_back(at):
    assert parse_http_date(asctime(at)) == at


@seed(9)
@settings(max_examples=examples(60))
@given(st.integers(min_value=0, max_value=3_124_223_999))
def test_a_date_with_two_digits_of_year_comes_back_until_2068(at):
    assert parse_http_date(rfc850(at)) == at


@pytest.mark.parametrize("hours", [-12, -5, 0, 1, 14])
def test_a_date_with_a_zone_is_the_same_moment(hours):
    moment = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    local = moment.astimezone(timezone(timedelta(hours=hours)))
    assert parse_http_date(format_datetime(local)) == moment.timestamp()
