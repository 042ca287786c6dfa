"""When refusals are a ban of the host, and when a ban is believed."""

from random import Random

import pytest

from crawler.config.answer_options import BanOptions, ban_rules_of
from crawler.model import Kind, Outcome
from crawler.policy.bans import (
    FIRST_BAN_S,
    MAX_REFUSED_PROBES,
    REFUSALS_TO_BAN,
    Refusals,
    is_refusal,
)
from crawler.policy.host_limits import HostLimits
from crawler.policy.politeness import HostPace
from crawler.policy.remembered import health_of, remember

HOUR = 3600.0


@pytest.mark.parametrize(
    ("kind", "status", "told"),
    [(Kind.HTTP_ERROR, one, True) for one in (401, 403, 429, 451)]
    + [(Kind.HTTP_ERROR, one, False) for one in (400, 404, 410, 500, 503, None)]
    + [(Kind.STORED, 200, False), (Kind.TIMEOUT, None, False)],
)
def test_a_refusal_is_told_by_its_status(kind, status, told):
    assert is_refusal(Outcome(kind, status)) == told


@pytest.mark.parametrize("refused", [True, False])
def test_a_job_says_what_a_refusal_is_whatever_the_status(refused):
    for kind, status in ((Kind.HTTP_ERROR, 403), (Kind.HTTP_ERROR, 503), (Kind.UNWANTED, 200)):
        assert is_refusal(Outcome(kind, status, refused=refused)) is refused


HEADERS = [
    (
        {"cf-mitigated": "challenge"},
        {"cf-mitigated": "Challenge"},
        "refused by header cf-mitigated",
    ),
    ({"cf-mitigated": "challenge"}, {"cf-mitigated": "none"}, ""),
    ({"cf-mitigated": "challenge"}, {}, ""),
    ({"x-blocked": ""}, {"x-blocked": "anything"}, "refused by header x-blocked"),
    ({"server": "wall", "x-b": "1"}, {"server": "x", "x-b": "1"}, "refused by header x-b"),
    ({}, {"server": "x"}, ""),
]


@pytest.mark.parametrize(("said", "came", "refusal"), HEADERS)
def test_a_header_refuses_by_what_it_contains(said, came, refusal):
    assert ban_rules_of(BanOptions(header=said)).refusal_in(came) == refusal


@pytest.mark.parametrize("after", [1, 3, 10, 200])
def test_a_ban_begins_after_as_many_refusals_as_a_job_bears(after):
    host = HostPace(0.0, HostLimits(refusals_to_ban=after))
    host.refusals.limit_to(after)
    host.refused(9, 0.0, 0.0, Random(1))  # one path is never a host
    for number in range(1, after):
        assert not host.refusals.banned
        assert host.next_at <= 0.0
        host.refused(number, 0.0, 0.0, Random(1))
    if after == 1:
        host.refused(8, 0.0, 0.0, Random(1))
    assert host.refusals.banned
    assert host.refusals.probes == 0
    assert host.next_at >= FIRST_BAN_S


def refused_by(paths, limit, *, probes=0):
    """Return the refusals of a host, by many paths, and by probes after that."""
    refusals = Refusals(limit=limit)
    for path in range(1, paths + probes + 1):
        refusals.add(path, 0.0)
    return refusals


def test_a_limit_that_changes_neither_makes_a_ban_nor_ends_one():
    calm, banned = refused_by(9, 10), refused_by(10, 10, probes=2)
    calm.limit_to(3)
    banned.limit_to(3)
    assert (calm.banned, calm.number) == (False, 2)
    assert (banned.banned, banned.probes) == (True, 2)
    banned.limit_to(100)
    assert (banned.banned, banned.probes) == (True, 2)
    calm.add(99, 0.0)
    assert calm.banned


def test_a_limit_that_changed_over_a_restart_has_a_probe_decide():
    host = HostPace(0.0)
    for path in range(1, 10):
        host.refused(path, 50.0, 50.0, Random(1))
    later = HostPace(0.0, HostLimits(refusals_to_ban=2))
    remember(later, health_of(host, 1e6), 10.0, 1e6 + 60.0)
    assert later.refusals.banned
    assert not later.refuses(11.0)
    later.refused(7, 11.0, 11.0, Random(1))
    assert later.refuses(11.0)


def test_refusals_of_one_path_are_no_ban_however_many():
    refusals = Refusals()
    for _ in range(50):
        refusals.add(7, 0.0)
    assert not refusals.banned
    refusals.add(8, 0.0)
    assert refusals.banned


def test_a_good_answer_between_makes_the_count_begin_anew():
    refusals = Refusals()
    for number in range(REFUSALS_TO_BAN - 1):
        refusals.add(number + 1, 0.0)
    refusals.clear()
    refusals.add(1, 0.0)
    assert not refusals.banned


def test_the_rests_of_a_ban_double_up_to_max_backoff_and_it_is_believed_in_the_end():
    host, random = HostPace(0.0, HostLimits(max_backoff=HOUR)), Random(1)
    for number in range(REFUSALS_TO_BAN):
        assert host.next_at <= 0.0
        host.refused(number + 1, 0.0, 0.0, random)
    rests, now = [], 0.0
    for _ in range(MAX_REFUSED_PROBES):
        assert not host.refuses(now)
        rests.append(host.next_at - now)
        now = host.next_at
        host.refused(1, now, now, random)
    assert host.refuses(now)
    assert host.ends_unvisited(now)
    assert not host.ends_unvisited(host.next_at), "then a probe is due"
    for number, rest in enumerate(rests):
        least = min(HOUR, FIRST_BAN_S * 2**number)
        assert least <= rest <= min(HOUR, 1.2 * least)


def test_visits_that_were_under_way_when_a_ban_began_are_no_probes():
    host = HostPace(0.0, HostLimits(per_host=9))
    for number in range(REFUSALS_TO_BAN + 9):
        host.refused(number + 1, 1.0, 0.0, Random(1))
    assert host.refusals.probes == 0
    assert host.slots == 1


def test_a_ban_that_lasts_for_give_up_is_believed():
    host = HostPace(0.0, HostLimits(give_up=0.0))
    for number in range(REFUSALS_TO_BAN):
        assert not host.refuses(0.0)
        host.refused(number + 1, 0.0, 0.0, Random(1))
    assert host.refuses(0.0)


@pytest.mark.parametrize("paths", [(7,), (7, 8)])
def test_refusals_are_counted_over_a_restart(paths):
    host, limits = HostPace(0.0), HostLimits()
    for path in (*paths * 9,)[:9]:
        host.refused(path, 50.0, 50.0, Random(1))
    later = HostPace(0.0, limits)
    remember(later, health_of(host, 1e6), 10.0, 1e6 + 60.0)
    assert later.refusals.since == pytest.approx(-10.0)
    later.refused(7, 11.0, 11.0, Random(1))
    assert later.refusals.banned == (len(paths) > 1)
