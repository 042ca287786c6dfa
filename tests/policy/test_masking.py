"""What is secret in URLs is told nowhere: a pure rule on texts."""

import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.policy.masking import Mask, masked_line
from tests.cpu import in_proportion

MASK = Mask()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("http://h/a?sig=S3&b=1", "http://h/a?sig=***&b=1"),
        ("http://h/a?b=1&SIG=S3#x", "http://h/a?b=1&SIG=***#x"),
        ("http://h/a?X-Amz-Signature=S3&x-amz-date=S3", "http://h/a?X-Amz-Signature=***&x-amz-date=***"),
        ("http://h/?access_token=S3", "http://h/?access_token=***"),
        ("http://h/?%74oken=S3", "http://h/?%74oken=***"),
        ("http://h/a;jsessionid=S3?b=1", "http://h/a;jsessionid=***"),
        ("http://h/?a=1;token=S3;b", "http://h/?a=1;token=***"),
        ("http://h/?q=x?token=S3", "http://h/?q=x?token=***"),
        ("http://h/?token=a=S3==&c=d", "http://h/?token=***&c=d"),
        ("to http://h/?token=S3 and http://i/?token=S3", "to http://h/?token=*** and http://i/?token=***"),
        ("'http://h/?token=S3'", "'http://h/?token=***'"),
        ("h/a@token=S3&b=1", "h/a@token=***&b=1"),
        ("/relative?token=S3", "/relative?token=***"),
        ("http://h/?token=", "http://h/?token="),
        ("http://h/?tokens=3&sigma=4&design=5", "http://h/?tokens=3&sigma=4&design=5"),
        ("token=3", "token=3"),
        ("http://u:S3@h/", "http://***@h/"),
        ("http://u:S3@S3@h/@me", "http://***@h/@me"),
        ("http://h/@me/x@y", "http://h/@me/x@y"),
        ("http://h?mail=a@b", "http://h?mail=a@b"),
        ("http://u:S3@h/?token=S3", "http://***@h/?token=***"),
    ],
)  # fmt: skip
def test_what_is_secret_in_a_url_is_masked_and_nothing_else(text, told):
    assert MASK(text) == told
    assert MASK(told) == told


def test_the_names_are_the_operators():
    mask = Mask(["Ticket", "my-*"])
    assert mask("http://h/?ticket=1&token=2&My-x=3") == "http://h/?ticket=***&token=2&My-x=***"
    assert Mask([])("http://u:p@h/?token=2") == "http://***@h/?token=2"


def test_a_document_is_masked_within():
    document = {"url": "http://h/?sig=1", "jobs": [{"reason": "to /?sig=2"}, 3, None], "ok": True}
    assert MASK.within(document) == {
        "url": "http://h/?sig=***", "jobs": [{"reason": "to /?sig=***"}, 3, None], "ok": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["http://u:S3@h/", "http://u:S3/S3@h/", "http:\\\\u:S3@h", "u:S3@h/x", "x http://u:S3@S3@h/ y"],
)
def test_a_line_that_is_no_url_tells_no_password(text):
    assert "S3" not in masked_line(text)


@given(st.text(alphabet="?&=;@/#:' tokensig*%7", max_size=60))
def test_no_value_of_a_secret_name_is_left(text):
    told = MASK(f"http://h/?{text}&token=S3CRET{text}")
    assert "S3CRET" not in told


@pytest.mark.parametrize("piece", ["?", "&token=", "@", "//@", "?token=x", "a=", ";sig", "//u:p"])
def test_a_long_text_costs_no_more_than_its_length(piece):
    def cost(length):
        text = piece * (length // len(piece))
        start = time.process_time()
        MASK(text)
        masked_line(text)
        return time.process_time() - start

    long, short = (partial(cost, length) for length in (200_000, 50_000))
    well, why = in_proportion(long, short, 12, slack=0.02)
    assert well, why
    assert long() < 2.0
