"""Opening hours: when visits to a host may begin."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from crawler.policy.hours import parse, zone_of
from tests import FULL, examples

BERLIN = ZoneInfo("Europe/Berlin")
QUARTER = 900.0
DAY = 86_400.0
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def at(text, zone=UTC):
    """Return the wall time of `2026-01-05 12:00`, a Monday, in a time zone."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def opens(hours, text, zone=UTC):
    """Return when the hours open after a local time, as local time."""
    found = parse(hours).opens_at(at(text, zone))
    return datetime.fromtimestamp(found, zone).strftime("%a %d %H:%M")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "hours look like"),
        (" ", "hours look like"),
        ("always", "hours look like"),
        ("22:00", "hours look like"),
        ("22:00-", "hours look like"),
        ("22-06", "hours look like"),
        ("9:00-17:00", "hours look like"),
        ("09:00-17:00:00", "hours look like"),
        ("09.00-17.00", "hours look like"),
        ("09:00 to 17:00", "hours look like"),
        ("09:00–17:00", "hours look like"),
        ("mon-fri", "hours look like"),
        ("09:00-17:00;", "hours look like"),
        (";09:00-17:00", "hours look like"),
        ("09:00-17:00 10:00-11:00", "hours look like"),
        ("09:00-17:00 Europe/Berlin; 18:00-19:00", "hours look like"),
        ("mon, tue 09:00-17:00", "hours look like"),
        ("09:00-17:00 +02:00", "hours look like"),
        ("25:00-06:00", "25:00 is no time of day"),
        ("22:00-24:01", "24:01 is no time of day"),
        ("22:60-06:00", "22:60 is no time of day"),
        ("22:00-99:99", "99:99 is no time of day"),
        ("10:00-10:00", "10:00-10:00 is empty; the whole day is 00:00-24:00"),
        ("00:00-00:00", "is empty"),
        ("24:00-24:00", "is empty"),
        ("24:00-06:00", "24:00-06:00 begins with 24:00, which is 00:00 of the next day"),
        ("moon 09:00-17:00", "moon is no day: mon tue wed thu fri sat sun are"),
        ("monday 09:00-17:00", "monday is no day"),
        ("mon- 09:00-17:00", "mon- is no day"),
        ("-fri 09:00-17:00", "-fri is no day"),
        ("mon,,fri 09:00-17:00", "mon,,fri is no day"),
        ("mon-wed-fri 09:00-17:00", "mon-wed-fri is no day"),
        ("09:00-17:00 Europe/Berlni", "Europe/Berlni is no time zone, as Europe/Berlin or UTC are"),
        ("09:00-17:00 Europe", "Europe is no time zone"),
        ("09:00-17:00 mon-fri", "mon-fri is no time zone"),
        ("09:00-17:00 ../../etc/passwd", "../../etc/passwd is no time zone"),
        ("09:00-17:00 /etc/passwd", "/etc/passwd is no time zone"),
        ("09:00-17:00 \0", "is no time zone"),
        ("09:00-17:00 ;", "; is no time zone"),
    ],
)
def test_what_is_no_hours_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "22:00-06:00 Europe/Berlin",
        "  22:00 - 06:00   Europe/Berlin  ",
        "22:00-06:00\tEurope/Berlin",
        "MON-SUN 22:00-06:00 Europe/Berlin",
        "22:00-06:00;22:00-06:00 Europe/Berlin",
        "mon-fri 22:00-06:00 ; sat,sun 22:00-06:00 Europe/Berlin",
        "22:00-24:00; 00:00-06:00 Europe/Berlin",
    ],
)
def test_hours_can_be_written_in_several_ways(text):
    hours = parse(text)
    for hour in range(48):
        now = at("2026-01-05 00:00", BERLIN) + hour * 3600
        closed = 6 <= hour % 24 < 22
        assert hours.opens_at(now) == (now + (22 - hour % 24) * 3600 if closed else now)


@pytest.mark.parametrize(
    ("hours", "now", "opening"),
    [
        ("09:00-17:00", "2026-01-05 08:59", "Mon 05 09:00"),
        ("09:00-17:00", "2026-01-05 09:00", "Mon 05 09:00"),
        ("09:00-17:00", "2026-01-05 16:59", "Mon 05 16:59"),
        ("09:00-17:00", "2026-01-05 17:00", "Tue 06 09:00"),
        ("22:00-06:00", "2026-01-05 21:59", "Mon 05 22:00"),
        ("22:00-06:00", "2026-01-05 23:59", "Mon 05 23:59"),
        ("22:00-06:00", "2026-01-06 00:00", "Tue 06 00:00"),
        ("22:00-06:00", "2026-01-06 05:59", "Tue 06 05:59"),
        ("22:00-06:00", "2026-01-06 06:00", "Tue 06 22:00"),
        ("22:00-00:00", "2026-01-05 23:59", "Mon 05 23:59"),
        ("22:00-00:00", "2026-01-06 00:00", "Tue 06 22:00"),
        ("22:00-24:00", "2026-01-06 00:00", "Tue 06 22:00"),
        ("00:00-24:00", "2026-01-05 23:59", "Mon 05 23:59"),
        ("00:00-24:00", "2026-01-06 00:00", "Tue 06 00:00"),
        ("06:00-05:59", "2026-01-06 05:58", "Tue 06 05:58"),
        ("06:00-05:59", "2026-01-06 05:59", "Tue 06 06:00"),
        ("00:00-00:01", "2026-01-05 00:01", "Tue 06 00:00"),
        ("23:59-24:00", "2026-01-31 23:58", "Sat 31 23:59"),
        ("00:00-01:00", "2026-01-31 23:58", "Sun 01 00:00"),
        ("00:00-01:00", "2026-12-31 12:00", "Fri 01 00:00"),
    ],
)
def test_hours_open_at_their_beginning_and_shut_at_their_end(hours, now, opening):
    assert opens(hours, now) == opening


@pytest.mark.parametrize(
    ("hours", "now", "opening"),
    [
        ("sat,sun 00:00-24:00", "2026-01-05 12:00", "Sat 10 00:00"),
        ("sat,sun 00:00-24:00", "2026-01-10 12:00", "Sat 10 12:00"),
        ("sat,sun 00:00-24:00", "2026-01-11 23:59", "Sun 11 23:59"),
        ("sat,sun 00:00-24:00", "2026-01-12 00:00", "Sat 17 00:00"),
        ("mon 12:00-13:00", "2026-01-05 13:00", "Mon 12 12:00"),
        ("mon 12:00-13:00", "2026-01-05 12:59", "Mon 05 12:59"),
        ("fri 22:00-06:00", "2026-01-10 05:59", "Sat 10 05:59"),  # of the window's beginning
        ("fri 22:00-06:00", "2026-01-09 05:59", "Fri 09 22:00"),
        ("sun 22:00-06:00", "2026-01-05 05:00", "Mon 05 05:00"),
        ("mon-fri 09:00-17:00", "2026-01-09 17:00", "Mon 12 09:00"),
        ("fri-mon 09:00-17:00", "2026-01-05 17:00", "Fri 09 09:00"),
        ("fri-mon 09:00-17:00", "2026-01-10 17:00", "Sun 11 09:00"),
        ("mon-mon 09:00-17:00", "2026-01-05 17:00", "Mon 12 09:00"),
        ("mon-tue,thu 09:00-17:00", "2026-01-06 17:00", "Thu 08 09:00"),
        ("Wed 09:00-17:00", "2026-01-05 00:00", "Wed 07 09:00"),
    ],
)
def test_days_are_those_of_the_beginning(hours, now, opening):
    assert opens(hours, now) == opening


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-01-05 07:00", "Mon 05 08:00"),
        ("2026-01-05 10:00", "Mon 05 20:00"),
        ("2026-01-06 03:00", "Tue 06 03:00"),
        ("2026-01-06 06:00", "Tue 06 20:00"),
        ("2026-01-09 21:00", "Fri 09 21:00"),
        ("2026-01-10 05:59", "Sat 10 05:59"),
        ("2026-01-10 12:00", "Sat 10 12:00"),
        ("2026-01-12 00:00", "Mon 12 08:00"),
    ],
)
def test_the_next_of_several_windows_counts(now, opening):
    assert opens("sat,sun 00:00-24:00; mon 08:00-10:00; mon-fri 20:00-06:00", now) == opening


def test_windows_that_touch_leave_no_gap():
    hours = parse("00:00-12:00; 12:00-24:00")
    assert all(hours.opens_at(now) == now for now in quarters("2026-01-05 00:00", 8, UTC))


def test_hours_are_utc_unless_they_name_a_time_zone():
    now = at("2026-07-01 12:00")
    assert parse("22:00-23:00").opens_at(now) == at("2026-07-01 22:00")
    assert parse("22:00-23:00 UTC").opens_at(now) == at("2026-07-01 22:00")
    assert parse("22:00-23:00 Europe/Berlin").opens_at(now) == at("2026-07-01 20:00")
    assert parse("22:00-23:00 Asia/Kolkata").opens_at(now) == at("2026-07-01 16:30")
    assert parse("22:00-23:00 Asia/Tokyo").opens_at(now) == at("2026-07-01 13:00")
    assert parse("22:00-23:00 Etc/GMT+5").opens_at(now) == at("2026-07-02 03:00")


def test_the_day_is_that_of_the_time_zone():
    hours = parse("mon 00:00-24:00 Pacific/Auckland")
    assert hours.opens_at(at("2026-07-04 00:00")) == at("2026-07-05 12:00")
    assert parse("mon 00:00-24:00").opens_at(at("2026-07-04 00:00")) == at("2026-07-06 00:00")


def test_a_time_zone_is_known_by_its_name():
    assert zone_of("UTC") is UTC
    assert zone_of("Europe/Berlin") == BERLIN
    for name in ("", "Berlin", "Mars/Olympus", "../UTC", "Europe/", "\udcff"):
        with pytest.raises(ValueError, match="is no time zone, as Europe/Berlin or UTC are"):
            zone_of(name)


# The changes of the clock in Berlin: 29 March 2026, 02:00 is 03:00; 25 October 2026, 03:00 is 02:00

SPRING = at("2026-03-29 01:00")
"""In UTC: 02:00 CET, which is 03:00 CEST."""
AUTUMN = at("2026-10-25 01:00")
"""In UTC: 03:00 CEST, which is 02:00 CET."""


@pytest.mark.parametrize(
    ("window", "begin", "end"),
    [
        ("22:00-06:00", -4, 3),  # an hour is missing
        ("01:00-05:00", -1, 2),
        ("00:00-24:00", -2, 21),
        ("01:00-02:00", -1, 0),
        ("03:00-04:00", 0, 1),
        ("02:00-04:00", 0, 1),
        ("02:30-04:00", 0.5, 1),  # 02:30 is not; half an hour after 02:00 is
        ("01:00-02:30", -1, 0.5),
    ],
)
def test_a_window_over_the_lost_hour_of_spring_is_open_once(window, begin, end):
    hours = parse(f"{window} Europe/Berlin")
    begin, end = SPRING + begin * 3600, SPRING + end * 3600
    assert hours.opens_at(begin - 1) == (begin if window != "00:00-24:00" else begin - 1)
    assert hours.opens_at(begin) == begin
    assert hours.opens_at(end - 1) == end - 1
    assert hours.opens_at(end) > end or window == "00:00-24:00"


@pytest.mark.parametrize(
    ("window", "begin", "end"),
    [
        ("22:00-06:00", -5, 4),  # an hour comes twice
        ("01:00-05:00", -2, 3),
        ("01:00-02:00", -2, -1),
        ("03:00-04:00", 1, 2),
        ("02:00-03:00", -1, 1),
        ("02:30-04:00", -0.5, 2),  # from the first of the two 02:30
        ("01:00-02:30", -2, -0.5),  # to the first of them
    ],
)
def test_a_window_over_the_hour_of_autumn_that_comes_twice_is_open_once(window, begin, end):
    hours = parse(f"{window} Europe/Berlin")
    begin, end = AUTUMN + begin * 3600, AUTUMN + end * 3600
    assert hours.opens_at(begin - 1) == begin
    assert hours.opens_at(begin) == begin
    assert hours.opens_at(end - 1) == end - 1
    assert hours.opens_at(end) == begin + 25 * 3600 - (3600 if begin > AUTUMN else 0)


@pytest.mark.parametrize(
    ("hours", "opening"),
    [
        ("02:30-03:00 Europe/Berlin", "Mon 30 02:30"),
        ("02:00-03:00 Europe/Berlin", "Mon 30 02:00"),
        ("sun 02:30-03:00 Europe/Berlin", "Sun 05 02:30"),
        ("sun 02:00-03:00 Europe/Berlin", "Sun 05 02:00"),
    ],
)
def test_a_window_within_the_lost_hour_is_left_out(hours, opening):
    assert opens(hours, "2026-03-29 00:00", BERLIN) == opening


def test_a_window_that_is_left_out_next_week_opens_the_week_after():
    assert opens("sun 02:30-03:00 Europe/Berlin", "2026-03-22 03:00", BERLIN) == "Sun 05 02:30"


def quarters(start, days, zone):
    """Return a wall time every 15 minutes."""
    first = at(start, zone)
    return [first + step * QUARTER for step in range(int(days * DAY / QUARTER))]


def is_open(hours, now):
    """Tell whether hours are open by what the clock on the wall shows."""
    local = datetime.fromtimestamp(now, hours.zone)
    minute, today = local.hour * 60 + local.minute, local.weekday()
    for window in hours.windows:
        overnight = window.until <= window.begin
        if today in window.days and window.begin <= minute and (overnight or minute < window.until):
            return True
        if (today - 1) % 7 in window.days and overnight and minute < window.until:
            return True
    return False


def changes(hours, now):
    """Tell whether the clock is changed within a day of a wall time."""
    around = [datetime.fromtimestamp(now + shift, hours.zone) for shift in (-DAY, DAY)]
    return len({local.utcoffset() for local in around}) > 1


A_YEAR = 366 if FULL else 31
"""In short its first month; other rows have the changes of the clock."""


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("text", "start", "days"),
    [
        ("22:00-06:00 Europe/Berlin", "2026-01-01 00:00", A_YEAR),
        ("sat 23:00-02:30; mon-fri 20:00-06:00 Europe/Berlin", "2026-01-01 00:00", A_YEAR),
        ("sun 02:00-03:00 Europe/Berlin", "2026-03-16 00:00", 28),
        ("01:30-02:15; 02:45-03:15 Europe/Berlin", "2026-03-27 00:00", 5),
        ("01:30-02:15; 02:45-03:15 Europe/Berlin", "2026-10-23 00:00", 5),
        ("02:30-03:00 Europe/Berlin", "2026-03-27 00:00", 5),
        ("02:30-03:00 Europe/Berlin", "2026-10-23 00:00", 5),
        ("00:00-24:00 Europe/Berlin", "2026-03-27 00:00", 5),
        ("00:00-00:30 America/Havana", "2026-03-06 00:00", 5),  # its clock skips midnight
        ("00:00-00:30 America/Havana", "2026-10-30 00:00", 5),
        ("23:30-00:30; 00:15-01:00 America/Nuuk", "2026-03-26 00:00", 5),  # 23:00 is midnight
        ("sat 23:30-00:30; sun 00:15-01:00 America/Nuuk", "2026-03-26 00:00", 5),
        ("23:30-02:00 Australia/Lord_Howe", "2026-04-03 00:00", 5),  # by half an hour
        ("23:30-02:00 Australia/Lord_Howe", "2026-10-02 00:00", 5),
    ],
)
def test_hours_open_into_themselves_and_never_turn_back(text, start, days):
    hours = parse(text)
    steps = quarters(start, days, hours.zone)
    found = [hours.opens_at(now) for now in steps]
    for now, opening in zip(steps, found, strict=True):
        assert now <= opening <= now + 15 * DAY
        assert changes(hours, now) or (opening == now) == is_open(hours, now)
    for opening in set(found):
        assert hours.opens_at(opening) == opening
        assert changes(hours, opening) or is_open(hours, opening)
    for (now, first), (_, second) in pairwise(zip(steps, found, strict=True)):
        assert first <= second
        assert first == second or first <= now + QUARTER  # nothing opens in between unheard


TIMES = st.integers(0, 95).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")
WINDOWS = st.builds(
    lambda days, begin, end: f"{','.join(days)} {begin}-{end}" if days else f"{begin}-{end}",
    st.lists(st.sampled_from(DAYS), unique=True),
    TIMES,
    TIMES,
).filter(lambda text: text[-11:-6] != text[-5:])
ZONES = st.sampled_from(["", " Europe/Berlin", " America/Sao_Paulo", " Asia/Kathmandu"])


@seed(1)
@settings(max_examples=examples(200), deadline=None)
@given(st.lists(WINDOWS, min_size=1, max_size=3).map("; ".join), ZONES, st.integers(0, 4_000_000))
def test_hours_are_open_where_they_open(windows, zone, quarter):
    hours = parse(windows + zone)
    now = quarter * QUARTER
    opening = hours.opens_at(now)
    assert now <= opening <= now + 15 * DAY
    assert hours.opens_at(opening) == opening
    if opening > now:
        assert hours.opens_at((now + opening) / 2) == opening


def test_hours_hold_in_every_week_of_a_century():
    hours = parse("sun 02:30-03:00 Europe/Berlin")
    now = datetime(1970, 1, 1, tzinfo=UTC)
    while now.year < 2070:
        opening = datetime.fromtimestamp(hours.opens_at(now.timestamp()), BERLIN)
        assert opening.weekday() == 6
        assert (opening.hour, opening.minute) == (2, 30)
        now += timedelta(days=7)


def test_hours_say_how_long_a_day_is_open_in_the_mean_of_a_week():
    assert parse("22:00-06:00").open_s == 8 * 3600
    assert parse("00:00-24:00").open_s == 24 * 3600
    assert parse("mon-fri 20:00-06:00; sat,sun 00:00-24:00").open_s == (5 * 10 + 2 * 24) * 3600 / 7
