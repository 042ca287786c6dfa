import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.config import CrawlerOptions, HostOptions, Job, Settings, host_overrides
from crawler.config.host_options import STRICTEST, AdaptiveOptions, HostPoliteness
from crawler.config.host_overrides import MAX_CACHED_HOSTS, HostOverrides
from crawler.policy.host_limits import Adaptive, HostLimits
from crawler.records import JobTerms
from crawler.threads import Native
from tests import examples

MIDNIGHT = 1_772_323_200.0  # Sunday, 1 March 2026, UTC
HOUR = 3600.0


def job(name="job", **options):
    return Job(name=name, urls=("http://h/",), **options)


def overrides(*jobs, hosts=None, **crawler):
    """HostRules of a configuration; `hosts` maps patterns to options."""
    said = {pattern: HostOptions(**options) for pattern, options in (hosts or {}).items()}
    loaded = Settings(jobs=jobs or (job(),), hosts=said, crawler=CrawlerOptions(**crawler))
    return HostOverrides(loaded)


ALL = ("*", "*.org", "*.example.org", "*.a.example.org", "a.example.org", "a.example.org:8080")


@pytest.mark.parametrize(
    ("key", "patterns", "counts"),
    [
        ("a.example.org:8080", ALL, "a.example.org:8080"),
        ("a.example.org:80", ALL, "a.example.org"),
        ("a.example.org:8080", ALL[:-1], "a.example.org"),
        ("a.example.org:80", ALL[:4], "*.example.org"),
        ("a.example.org:80", ALL[:2], "*.org"),
        ("b.a.example.org:80", ALL, "*.a.example.org"),
        ("c.b.a.example.org:80", ALL, "*.a.example.org"),
        ("b.example.org:443", ALL, "*.example.org"),
        ("example.org:80", ALL, "*.org"),  # a name is not below itself
        ("notexample.org:80", ALL[2:], None),
        ("a.example.com:80", ALL, "*"),
        ("a.example.com:80", ALL[1:], None),
        ("localhost:80", ALL, "*"),
        ("127.0.0.1:80", ("127.0.0.1", "*"), "127.0.0.1"),
        ("[::1]:8080", ("[::1]", "*"), "[::1]"),
        ("[::1]:8080", ("[::1]:8080", "[::1]"), "[::1]:8080"),
        ("[::1]:8080", ("[::1]:80", "*.org"), None),
        ("a.example.org:80", (), None),
    ],
)
def test_the_most_specific_pattern_counts_wherever_it_stands(key, patterns, counts):
    for order in (patterns, patterns[::-1]):
        hosts = {pattern: {"user_agent": pattern} for pattern in order}
        assert overrides(hosts=hosts, user_agent="x").user_agent(key) == (counts or "x")


def test_only_one_pattern_counts_and_what_it_leaves_unsaid_is_as_without_it():
    found = overrides(
        job(robots="ignore", max_crawl_delay="7s"),
        hosts={"*": {"user_agent": "u", "robots": "obey"}, "*.org": {"delay": "9s"}},
        user_agent="x",
    )
    assert found.user_agent("a.com:80") == "u"
    assert found.user_agent("a.org:80") == "x"
    assert (found.obeys("a.com:80"), found.obeys("a.org:80")) == (True, None)
    assert found.limits("a.org:80", ("job",), 1.0, 1).delay == 9
    assert found.limits("a.com:80", ("job",), 1.0, 1).delay == 1


def test_a_pattern_is_found_again_after_many_other_hosts():
    found = overrides(hosts={"*.org": {"user_agent": "u"}}, user_agent="x")
    keys = [
        f"h{number}.{'org' if number % 2 else 'com'}:80" for number in range(MAX_CACHED_HOSTS + 10)
    ]
    for _ in range(2):
        assert [found.user_agent(key) for key in keys] == ["x", "u"] * (len(keys) // 2)


@settings(max_examples=examples(200), derandomize=True)
@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=4),
    st.sets(st.sampled_from(["*", "*.c", "*.b.c", "*.a.b.c", "c", "b.c", "a.b.c", "c:80"])),
)
def test_no_name_is_matched_by_less_than_it_could_be(labels, patterns):
    name = ".".join(labels)
    fits = [
        pattern
        for pattern in patterns
        if pattern in {"*", name, f"{name}:80"}
        or (pattern.startswith("*.") and name.endswith(pattern[1:]))
    ]
    best = max(fits, key=lambda one: (":" in one, one[0] != "*", len(one)), default="none")
    hosts = {pattern: {"user_agent": pattern} for pattern in patterns}
    assert overrides(hosts=hosts, user_agent="none").user_agent(f"{name}:80") == best


# Of several jobs the strictest counts.


def test_without_a_word_about_it_a_host_has_the_limits_of_its_job():
    assert overrides().limits("h:80", ("job",), 2.0, 3) == HostLimits(delay=2.0, per_host=3)


def test_delay_and_slots_are_those_that_the_frontier_knows_of_all_processes():
    found = overrides(job(delay="1s", per_host=9))
    rule = found.limits("h:80", (), 5.0, 2)  # of jobs that only others have
    assert rule == HostLimits(delay=5.0, per_host=2)
    assert found.limits("h:80", ("job", "unknown"), 5.0, 2) == rule


STRICT = {
    "max_backoff": "2h", "give_up": "2d", "max_per_day": 10,
    "adaptive": AdaptiveOptions(factor=9, min="1s", max="60s"),
}  # fmt: skip
LENIENT = {
    "max_backoff": "1m", "give_up": "1h", "max_per_day": 1000,
    "adaptive": AdaptiveOptions(factor=2, min="0s", max="10s"),
}  # fmt: skip


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_where_jobs_differ_the_strictest_counts_whichever_comes_first(order):
    both = [job("strict", **STRICT), job("lenient", **LENIENT)]
    names = [("strict", "lenient")[which] for which in order]
    rule = overrides(*(both[which] for which in order)).limits("h:80", tuple(names), 1.0, 1)
    assert (rule.max_backoff, rule.give_up, rule.max_per_day) == (7200, 2 * 86_400, 10)
    assert rule.adaptive == Adaptive(9, 1, 60)


def test_of_delays_that_adapt_each_part_is_the_one_that_makes_for_the_longer_delay():
    both = (
        job("one", adaptive=AdaptiveOptions(factor=2, min="5s", max="10s")),
        job("two", adaptive=AdaptiveOptions(factor=9, min="1s", max="60s")),
        job("three"),
    )
    found = overrides(*both)
    assert found.limits("h:80", ("one", "two"), 1.0, 1).adaptive == Adaptive(9, 5, 60)
    assert found.limits("h:80", ("one", "three"), 1.0, 1).adaptive == Adaptive(2, 5, 10)
    assert found.limits("h:80", ("three",), 1.0, 1).adaptive is None


def test_a_job_that_does_not_visit_a_host_has_no_say_in_its_limits():
    found = overrides(job("here"), job("elsewhere", **STRICT))
    assert found.limits("h:80", ("here",), 1.0, 1) == HostLimits(delay=1.0)


def test_a_budget_of_one_job_holds_for_a_host_of_two():
    found = overrides(job("one", max_per_day=5), job("two"))
    assert found.limits("h:80", ("one", "two"), 1.0, 1).max_per_day == 5
    assert found.limits("h:80", ("two",), 1.0, 1).max_per_day is None


def test_how_jobs_are_merged_is_said_of_every_limit_but_those_that_the_frontier_merges():
    merged = set(HostLimits.__dataclass_fields__) - {"delay", "per_host", "refusals_to_ban"}
    assert set(STRICTEST) == merged
    assert merged < set(HostPoliteness.model_fields)


def test_a_host_may_override_every_option_of_politeness_and_leave_each_unsaid():
    for name in HostPoliteness.model_fields:
        form = HostOptions.model_fields[name]
        assert form.default is None
    nulls = HostOptions.model_validate(dict.fromkeys(HostPoliteness.model_fields))
    assert nulls == HostOptions()


# What is said of hosts takes the place of what jobs say.


@pytest.mark.parametrize(
    ("name", "said", "wanted"),
    [
        ("delay", "0s", 0.0),
        ("delay", "1m", 60.0),
        ("per_host", 50, 50),
        ("max_backoff", "5s", 5.0),
        ("give_up", "0s", 0.0),
        ("max_per_day", 2000, 2000),
        ("adaptive", AdaptiveOptions(factor=1, min="0s", max="1s"), Adaptive(1, 0, 1)),
    ],
)
def test_an_override_replaces_the_strictest_also_by_something_milder(name, said, wanted):
    found = overrides(job("one", **STRICT), job("two", **LENIENT), hosts={"h": {name: said}})
    there = found.limits("h:80", ("one", "two"), 10.0, 1)
    elsewhere = found.limits("i:80", ("one", "two"), 10.0, 1)
    assert getattr(there, name) == wanted != getattr(elsewhere, name)
    others = set(HostLimits.__dataclass_fields__) - {name}
    assert all(getattr(there, other) == getattr(elsewhere, other) for other in others)


def test_the_frontier_learns_of_each_job_what_concerns_it():
    jobs = (
        job("one", delay="2s", per_host=3, priority="high"),
        job("two", robots="ignore", priority="low"),
        job("three"),
    )
    found = overrides(*jobs).job_terms()
    assert len({terms.digest for terms in found}) == 3
    assert [replace(terms, digest="") for terms in found] == [
        JobTerms("one", 2.0, 3, obeys=True, weight=4),
        JobTerms("two", 1.0, 1, obeys=False, weight=1),
        JobTerms("three", 1.0, 1, obeys=True, weight=2),
    ]


@pytest.mark.parametrize(("said", "obeys"), [("obey", True), ("ignore", False), (None, None)])
def test_whether_robots_txt_is_obeyed_may_be_said_of_a_host(said, obeys):
    found = overrides(hosts={"h": {"robots": said}})
    assert found.obeys("h:80") is obeys
    assert found.obeys("i:80") is None


def test_the_longest_crawl_delay_is_that_of_the_job_unless_it_is_said_of_the_host():
    patient = job("patient", max_crawl_delay="1h")
    found = overrides(patient, hosts={"h": {"max_crawl_delay": 0}})
    assert found.max_crawl_delay("i:80", patient) == 3600
    assert found.max_crawl_delay("h:80", patient) == 0


def test_a_host_has_hours_only_where_they_are_said():
    found = overrides(hosts={"*.org": {"hours": "22:00-06:00"}, "b.org": {"delay": "1s"}})
    hours = found.hours("a.org:80")
    assert hours is not None
    assert hours.opens_at(MIDNIGHT) == MIDNIGHT
    assert hours.opens_at(MIDNIGHT + 12 * HOUR) == MIDNIGHT + 22 * HOUR
    assert found.hours("b.org:80") is None
    assert found.hours("a.com:80") is None
    assert overrides().hours("a.org:80") is None


def test_another_configuration_takes_the_place_of_the_one_before():
    found = overrides(job("one"), hosts={"h": {"user_agent": "old", "hours": "22:00-06:00"}})
    assert found.user_agent("h:80") == "old"
    other = Settings(jobs=(job("two"),), hosts={"*": HostOptions(user_agent="new")})
    found.take_up(HostOverrides(other))
    assert found.user_agent("h:80") == "new"
    assert found.hours("h:80") is None
    assert [rule.name for rule in found.job_terms()] == ["two"]


def test_another_thread_may_ask_while_another_configuration_is_taken_up(monkeypatch):
    monkeypatch.setattr(host_overrides, "MAX_CACHED_HOSTS", 3)
    asked = overrides(job("a"), hosts={"*.example": {"robots": "ignore"}})
    others = [overrides(job("a"), hosts={name: {}}) for name in ("*.example", "*.org", "h")]
    ended, failed = [], []

    def ask() -> None:
        keys = [f"h{number}.example:80" for number in range(7)]
        while not ended:
            for key in keys:
                try:
                    asked.obeys(key)
                except KeyError as error:
                    failed.append(error)
                    return

    switch = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    with Native(2) as native:
        asking = [native.begin(ask) for _ in range(2)]
        for number in range(20_000):
            asked.take_up(others[number % 3])
        ended.append(True)
        for one in asking:
            one()
    sys.setswitchinterval(switch)
    assert not failed


@pytest.mark.parametrize(
    ("after", "least"), [((), 10), ((3, 7), 3), ((50,), 50), ((50, None), 10), ((None, 3), 3)]
)
def test_the_least_patient_job_says_after_how_many_refusals_a_host_has_banned_us(after, least):
    jobs = [
        job(f"job{at}", ban=None if one is None else {"after": one}) for at, one in enumerate(after)
    ]
    other = job("elsewhere", ban={"after": 1})
    limits = overrides(*jobs, other).limits("h:80", tuple(one.name for one in jobs), 1.0, 1)
    assert limits.refusals_to_ban == least
