"""Fields that stand in an answer once: the first line counts, and it is known when two differ."""

import pytest

from crawler.transport.response_head import head_of
from tests.parts.rude_talks import answer

NAMES = ["Location", "ETag", "Last-Modified", "Content-Encoding"]


@pytest.mark.parametrize("name", NAMES)
def test_the_first_of_two_lines_counts_and_a_difference_is_told(name):
    field = name.encode()
    one = head_of(answer(field + b": a, b", field + b": c")).headers
    assert one[name] == "a, b"
    assert one.differing() == name.lower()
    same = head_of(answer(field + b": a", field + b": a ")).headers
    assert (same[name], same.differing()) == ("a", "")


@pytest.mark.parametrize("name", ["Content-Type", "Retry-After", "Date", "Content-Range"])
def test_other_single_fields_are_not_joined_either(name):
    field = name.encode()
    assert head_of(answer(field + b": a", field + b": b")).headers[name] == "a"


def test_lists_are_joined():
    headers = head_of(answer(b"Cache-Control: no-store", b"Cache-Control: max-age=0")).headers
    assert headers["cache-control"] == "no-store, max-age=0"
    assert headers.differing() == ""


def test_all_differences_are_told_together():
    lines = [b"ETag: 1", b"Location: /a", b"ETag: 2", b"Location: /b"]
    assert head_of(answer(*lines)).headers.differing() == "location, etag"
