"""Occurrences of a cron expression, and the time between two of them."""

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from crawler.policy.cron import checked, gap, occurrences

HOUR = 3600.0
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC).timestamp()


def test_occurrences_lie_beyond_the_moment_that_they_are_asked_from():
    assert list(islice(occurrences("0 * * * *", UTC, NOON), 2)) == [NOON + HOUR, NOON + 2 * HOUR]
    assert next(occurrences("0 * * * *", UTC, NOON - 1)) == NOON


def test_occurrences_are_on_the_clock_of_the_zone():
    berlin = ZoneInfo("Europe/Berlin")
    assert next(occurrences("0 14 * * *", berlin, NOON)) == NOON + HOUR


def test_the_gap_is_that_of_the_day_and_not_the_night():
    assert gap("0 8,12,16 * * *", UTC, NOON - HOUR, NOON + HOUR) == 4 * HOUR
    assert gap("0 8,12,16 * * *", UTC, NOON + 3 * HOUR, NOON + 5 * HOUR) == 4 * HOUR


def test_there_is_no_gap_where_nothing_came_since():
    assert gap("0 8 * * *", UTC, NOON - HOUR, NOON) is None


@pytest.mark.parametrize(
    ("cron", "why"),
    [
        ("* * * *", "cron has five fields"),
        ("61 * * * *", "cron cannot be read"),
        ("@reboot", "@reboot is no time of cron; there are @yearly, .*@hourly"),
        ("0 0 30 2 *", "cron 0 0 30 2 . never comes"),
    ],
)
def test_an_expression_without_occurrences_is_refused(cron, why):
    with pytest.raises(ValueError, match=why):
        checked(cron)
    assert checked("*/15 6-22 * * 1-5") == "*/15 6-22 * * 1-5"


@pytest.mark.parametrize(
    ("nickname", "first"),
    [
        ("@hourly", datetime(2026, 11, 21, 13, 0, tzinfo=UTC)),
        ("@daily", datetime(2026, 11, 22, 0, 0, tzinfo=UTC)),
        ("@midnight", datetime(2026, 11, 22, 0, 0, tzinfo=UTC)),
        (" @Weekly ", datetime(2026, 11, 22, 0, 0, tzinfo=UTC)),
        ("@monthly", datetime(2026, 12, 1, 0, 0, tzinfo=UTC)),
        ("@yearly", datetime(2027, 1, 1, 0, 0, tzinfo=UTC)),
        ("@annually", datetime(2027, 1, 1, 0, 0, tzinfo=UTC)),
    ],
)
def test_the_names_of_crontab_stand_for_their_expressions(nickname, first):
    assert next(occurrences(checked(nickname), UTC, NOON)) == first.timestamp()
