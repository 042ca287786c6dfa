"""What is paused, by everything, job and host."""

import pytest

from crawler.policy.paused import NOTHING, Paused


@pytest.mark.parametrize(
    ("paused", "key", "job", "expected"),
    [
        (NOTHING, "a.example:80", "news", False),
        (Paused(everything=True), "a.example:80", "news", True),
        (Paused(jobs=frozenset({"news"})), "a.example:80", "news", True),
        (Paused(jobs=frozenset({"news"})), "a.example:80", "other", False),
        (Paused(hosts=frozenset({"a.example:80"})), "a.example:80", "news", True),
        (Paused(hosts=frozenset({"a.example:80"})), "a.example:8080", "news", False),
        (Paused(hosts=frozenset({"a.example"})), "a.example:8080", "news", True),
        (Paused(hosts=frozenset({"a.example"})), "b.a.example:80", "news", False),
        (Paused(hosts=frozenset({"[::1]"})), "[::1]:80", "news", True),
        (Paused(hosts=frozenset({"[::1]:8"})), "[::1]:80", "news", False),
    ],
)
def test_urls_are_paused_by_everything_their_job_or_their_host(paused, key, job, expected):
    assert paused.has(key, job) is expected
    assert bool(paused) is (paused != NOTHING)


def test_a_host_is_paused_as_a_whole_by_no_job():
    assert not Paused(jobs=frozenset({"news"})).has_host("a.example:80")
    assert Paused(everything=True).has_host("a.example:80")
