"""Values are understood as curl and wget have them, and as the configuration has them."""

import pytest

from crawler.config import quantities
from crawler.errors import UsageError
from crawler.verbs.fetch import spelling


@pytest.mark.parametrize(
    ("text", "seconds"), [("10", 10), ("0", 0), ("0.5", 0.5), ("500ms", 0.5), ("1h30m", 5400)]
)
def test_a_bare_number_is_seconds(text, seconds):
    assert quantities.duration(spelling.duration("--wait", text)) == seconds


@pytest.mark.parametrize(
    ("text", "number"),
    [("10", 10), ("10k", 10_240), ("10K", 10_240), ("1.5M", 1_572_864), ("10MB", 10_000_000)],
)
def test_a_bare_letter_is_a_power_of_1024(text, number):
    assert quantities.size(spelling.size("--max-size", text)) == number


@pytest.mark.parametrize(("text", "visits"), [("3", 3), ("0", 100), ("inf", 100), ("100", 100)])
def test_tries_without_end_are_as_many_as_there_may_be(text, visits):
    assert spelling.attempts("--tries", text) == visits


def test_retries_are_visits_beyond_the_first():
    assert spelling.attempts("--retry", "0", more=1) == 1
    assert spelling.attempts("--retry", "99", more=1) == 100


@pytest.mark.parametrize(
    ("read", "text"),
    [(spelling.duration, "5x"), (spelling.duration, ""), (spelling.duration, "-1"),
     (spelling.size, "10x"), (spelling.size, "k"), (spelling.attempts, "101"),
     (spelling.attempts, "-1"), (spelling.attempts, "many")],
)  # fmt: skip
def test_what_is_no_value_is_told_with_its_option(read, text):
    with pytest.raises(UsageError, match=f"--option {text}: a"):
        read("--option", text)


def test_a_rate_of_nothing_is_no_rate():
    assert spelling.rate("--limit-rate", "0") is None
    assert spelling.rate("--limit-rate", "10k") == spelling.rate("--limit-rate", "10k/s") == "10KiB"
