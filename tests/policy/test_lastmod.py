"""Dates of sitemaps and feeds, and what is none."""

from datetime import UTC, datetime

import pytest

from crawler.policy.lastmod import modified_at


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-11-28T10:00:00Z", (2026, 11, 28, 10)),
        (" 2026-11-28T10:00:00.5+02:00\n", (2026, 11, 28, 8)),
        ("2026-11-28 10:00", (2026, 11, 28, 10)),
        ("2026-11-28", (2026, 11, 28, 23, 59, 59)),
        ("Sat, 28 Nov 2026 10:00:00 +0100", (2026, 11, 28, 9)),
    ],
)
def test_a_date_is_a_time_and_a_day_its_last_second(text, when):
    assert modified_at(text) == int(datetime(*when, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-11", "2026-13-01", "yesterday at noon", "0001-01-01T00:00+14:00x",
             "9999-12-31", "9" * 100, "٢٠٢٦-١١-٢٨", "Sat, 99 Nov 2026 10:00:00"],
)  # fmt: skip
def test_what_says_too_little_or_nothing_is_no_date(text):
    assert modified_at(text) is None or modified_at(text) > 0
