"""What a run waits for that a person watches, and what it does not wait for."""

from dataclasses import replace

import pytest

from crawler.model import Kind
from crawler.policy.patience import Patience, Waiting

NOW = 1_800_000_000.0
BORNE = Patience(300.0, "--max-wait 5m", NOW - 10)
HOST = Waiting(1, "h:80", 0.0, 0.0, 0.0, 0.0, None, 0.0, None, "")


def kind_of(host: Waiting, now: float = NOW) -> Kind | None:
    refused = host.refused(BORNE, now)
    return refused and refused.kind


@pytest.mark.parametrize(
    ("host", "kind", "reason"),
    [
        ({"put_off_until": NOW + 3600}, Kind.HTTP_ERROR, "h:80 asks for no visit for 3,600 s"),
        (
            {"rules_at": NOW + 400, "rules_reason": "HTTP status 503"},
            Kind.ROBOTS,
            "robots.txt of h:80: HTTP status 503; it is asked for again in 400 s",
        ),
        (
            {"crawl_delay": 301.0, "next_at": NOW + 9},
            Kind.ROBOTS,
            "robots.txt of h:80: Crawl-delay of 301 s",
        ),
    ],
)
def test_a_wait_that_a_host_asks_for_is_refused_beyond_the_limit_and_the_option_is_named(
    host, kind, reason
):
    refused = replace(HOST, **host).refused(BORNE, NOW)
    assert (refused.kind, refused.reason) == (kind, f"{reason}, beyond --max-wait 5m")
    assert refused.final
    assert not refused.asked


@pytest.mark.parametrize(
    "host",
    [
        {},
        {"put_off_until": NOW + 300},
        {"put_off_until": NOW - 3600, "failing_since": NOW - 7200},  # it is over
        {"rules_at": NOW + 300, "rules_failing_since": NOW},
        {"crawl_delay": 300.0, "next_at": NOW + 9},
        {"crawl_delay": 301.0, "next_at": NOW - 9},  # it may be visited now
        {"crawl_delay": 301.0, "next_at": NOW + 9, "delay": 400.0},
        {"next_at": NOW + 86_400, "delay": 86_400.0},  # as its job says
    ],
)
def test_a_shorter_wait_is_borne_and_one_that_the_configuration_asks_for(host):
    assert kind_of(replace(HOST, **host)) is None


@pytest.mark.parametrize(
    ("until", "since"),
    [("put_off_until", "failing_since"), ("rules_at", "rules_failing_since")],
)
def test_what_a_host_asks_for_again_and_again_is_one_wait_but_for_the_time_before_the_run(
    until, since
):
    later = NOW + 200
    again = replace(HOST, **{until: NOW + 400, since: NOW})
    assert kind_of(again, later)
    assert kind_of(replace(again, **{since: NOW + 150}), later) is None
    earlier = replace(HOST, **{until: NOW + 200, since: NOW - 7200})
    assert kind_of(earlier) is None
