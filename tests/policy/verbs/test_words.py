import pytest

from crawler.log import size
from crawler.verbs.words import counted, span, when, word_of


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (2_640, "2.6 KB"),
        (999_900, "999.9 KB"),
        (1_000_000, "1.0 MB"),
        (5_000_000_000, "5.0 GB"),
        (5_000_000_000_000, "5000.0 GB"),  # there is no greater unit
    ],
)
def test_a_size_has_one_digit_after_the_point_from_kilobytes_on(number, words):
    assert size(number) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.25, "0.25 s"),
        (59.4, "59.4 s"),
        (60, "1 min"),
        (3_600, "1 h"),
        (7_380, "2 h 3 min"),
        (86_400 * 3 + 59, "3 d"),  # the second unit is the next one, or none
        (90_061, "1 d 1 h"),
    ],
)
def test_a_stretch_of_time_has_its_two_greatest_units(seconds, words):
    assert span(seconds) == words


def test_one_thing_is_singular_and_thousands_have_their_comma():
    assert [counted(n, "URL") for n in (0, 1, 1000)] == ["0 URLs", "1 URL", "1,000 URLs"]


def test_a_time_says_how_far_it_is():
    assert when(60.0, 0.0) == "1970-01-01T00:01:00Z, in 1 min"
    assert when(0.0, 60.0) == "1970-01-01T00:00:00Z, 1 min ago"
    assert when(0.0, 0.4) == "1970-01-01T00:00:00Z, now"


def test_a_kind_that_this_version_does_not_know_counts_as_an_error():
    assert [word_of(kind) for kind in ("stored", "not_found", "dns", "new")] == [
        "ok", "not found", "error", "error",
    ]  # fmt: skip
