"""How much two versions of a file differ."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.policy.differences import MAX_MATCHES, check, difference


@pytest.mark.parametrize(
    ("old", "new", "ignored", "size"),
    [
        (b"same", b"same", [], 0),
        (b"", b"abc", [], 3),
        (b"abc", b"abXc", [], 1),
        (b"abcdef", b"aXYZef", [], 3),
        (b"aaa", b"aaaa", [], 1),
        (b"at 12:30 h", b"at 7:45 h", [], 5),
        (b"at 12:30 h", b"at 7:45 h", ["[0-9]+:[0-9]+"], 0),
        (b"n=1 t=2 x", b"n=3 t=44 y", ["n=[0-9]", "t=[0-9]+"], 1),
        (b"\xff\x00 1", b"\xff\x00 2", ["[0-9]"], 0),
    ],
)
def test_the_bytes_from_the_first_to_the_last_that_differ(old, new, ignored, size):
    assert difference(old, new, ignored) == difference(new, old, ignored) == size


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_only_equal_versions_differ_by_nothing(old, new):
    assert (difference(old, new, []) == 0) is (old == new)
    assert difference(old, new, []) <= max(len(old), len(new))


def test_a_version_with_too_many_matches_is_not_compared():
    assert difference(b"1 " * MAX_MATCHES, b"x", ["[0-9]+"]) is None
    assert difference(b"1 " * (MAX_MATCHES - 1), b"x", ["[0-9]+"]) is not None


@pytest.mark.parametrize("text", ["(", "a*", "", "(?=x)", r"(a)\1", "x" * 1001, "a{2000}"])
def test_what_is_no_pattern_is_refused(text):
    with pytest.raises(ValueError, match=r"^(is|matches) "):
        check(text)


def test_no_version_takes_longer_than_its_length():
    noise = os.urandom(1 << 20)
    assert difference(noise, noise[:-1] + bytes([noise[-1] ^ 1]), ["(a+)+b"]) == 1
