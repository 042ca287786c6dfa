"""Old and new values of what a reload changed, without what may be secret."""

import pytest

from crawler.config import Settings
from crawler.daemon.changed_values import MAX_VALUES, changed_values

PLAIN = {"name": "a", "urls": ["http://h/"]}


def settings(*jobs, **sections):
    return Settings.model_validate({"jobs": [PLAIN | job for job in jobs or [{}]], **sections})


@pytest.mark.parametrize(
    ("option", "value", "line"),
    [
        ("delay", "1h30m", "a.delay: 1s → 1h30m"),
        ("delay", "250ms", "a.delay: 1s → 250ms"),
        ("delay", 0, "a.delay: 1s → 0"),
        ("per_host", 3, "a.per_host: 1 → 3"),
        ("robots", "ignore", "a.robots: obey → ignore"),
        ("path", "{job}/{name}", "a.path: {host}/{url_path} → {job}/{name}"),
        ("timeout", {"read": "5s"}, "a.timeout.read: 30s → 5s"),
        ("min_speed", 0, "a.min_speed: 1000B/s over 30s → 0"),
    ],
)
def test_an_option_is_told_with_its_old_and_its_new_value(option, value, line):
    assert changed_values(settings(), settings({option: value})) == [line]


def test_a_section_that_comes_was_none():
    lines = changed_values(settings(), settings({"schedule": {"every": "1d"}}))
    assert "a.schedule.every: none → 1d" in lines


@pytest.mark.parametrize(
    "job",
    [
        {"headers": {"X-Key": "s3cret"}},
        {"auth": {"user": "s3cret", "password": "s3cret"}},
        {"auth": {"bearer": "s3cret"}},
        {"proxy": "http://s3cret:s3cret@proxy:1"},
        {"body": "s3cret", "method": "POST"},
        {"urls": ["http://h/?s3cret"]},
        {"command": ["s3cret"]},
    ],
    ids=lambda job: next(iter(job)),
)
def test_what_may_be_secret_is_not_told(job):
    assert "s3cret" not in str(changed_values(settings(), settings(job)))
    assert "s3cret" not in str(changed_values(settings(job), settings()))


def test_options_of_the_daemon_and_of_hosts_are_told():
    new = settings(
        crawler={"concurrency": 8, "log": {"level": "debug"}}, hosts={"h": {"delay": "5s"}}
    )
    assert changed_values(settings(), new) == [
        "crawler.concurrency: 64 → 8",
        "crawler.log.level: info → debug",
        "hosts.h.delay: none → 5s",
    ]


def test_of_many_values_only_the_first_are_told():
    names = [f"j{number}" for number in range(100)]
    old = settings(*({"name": name} for name in names))
    new = settings(*({"name": name, "delay": "9s"} for name in names))
    lines = changed_values(old, new)
    assert len(lines) == MAX_VALUES
    assert lines[-1] == f"and {100 - MAX_VALUES + 1} more"
