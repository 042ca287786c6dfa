"""Options that are set above those of the file: checked as the file's own, and what cannot be."""

import pytest

from crawler.config import CrawlerOptions, HostOptions, Job, PerAddress, Settings
from crawler.config.digests import job_digests
from crawler.config.host_overrides import HostOverrides
from crawler.config.overlay import SETTABLE, Set, laid_over, overlaid, spelled_out
from crawler.errors import UsageError

JOBS = tuple(Job(name=name, urls=("http://h/",), delay="2s") for name in ("one", "other"))
TEXT = Settings(jobs=JOBS, crawler=CrawlerOptions(per_address=None))


def of_job(settings, name):
    return next(job for job in settings.jobs if job.name == name)


def test_an_option_of_a_job_is_set_for_it_or_for_all_jobs():
    one = overlaid(TEXT, [Set("job", "one", "delay", "5s")])
    assert [job.delay for job in one.jobs] == [5.0, 2.0]
    both = overlaid(TEXT, [Set("all", "", "timeout.read", "7s")])
    assert [job.timeout.read for job in both.jobs] == [7.0, 7.0]
    assert [job.timeout.total for job in both.jobs] == [600.0, 600.0]


def test_an_option_of_the_crawler_is_set_for_all():
    found = overlaid(TEXT, [Set("all", "", "concurrency", 7), Set("all", "", "log.level", "debug")])
    assert (found.crawler.concurrency, found.crawler.log.level) == (7, "debug")
    there = overlaid(TEXT, [Set("all", "", "per_address.concurrency", 3)]).crawler.per_address
    assert there == PerAddress(concurrency=3), "a section that the file leaves out"


def test_an_option_of_a_host_leaves_what_the_file_says_of_it():
    said = {
        "*.example.org": HostOptions(robots="ignore", delay="9s"),
        "a.example.org:81": HostOptions(per_host=3),
    }
    text = TEXT.model_copy(update={"hosts": said})
    found = overlaid(text, [Set("host", "a.example.org", "delay", "1s")])
    hosts = HostOverrides(found)
    assert hosts.limits("a.example.org:80", ("one",), 2.0, 1).delay == 1.0
    assert hosts.limits("a.example.org:81", ("one",), 2.0, 1).delay == 1.0
    assert hosts.limits("a.example.org:81", ("one",), 2.0, 1).per_host == 3
    assert hosts.limits("b.example.org:80", ("one",), 2.0, 1).delay == 9.0
    assert hosts.obeys("a.example.org:80") is False, "as *.example.org says"
    port = overlaid(text, [Set("host", "a.example.org:80", "delay", "1s")])
    assert HostOverrides(port).limits("a.example.org:81", ("one",), 2.0, 1).delay == 2.0


@pytest.mark.parametrize("scope", SETTABLE)
@pytest.mark.parametrize(
    "option",
    ["robots", "allow_addresses", "verify", "min_tls", "auth", "headers", "cookies", "proxy",
     "client_cert", "path", "urls", "state", "output", "name", "user_agent", "schedule", "dealy"],
)  # fmt: skip
def test_what_loosens_or_needs_more_than_a_moment_cannot_be_set(scope, option):
    with pytest.raises(UsageError, match=f"^{option}: cannot be set .*what can: .*delay"):
        overlaid(TEXT, [Set(scope, "one", option, "x")])


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("delay", "5 parsecs", "a duration with its unit is needed"),
        ("delay", 5, "a duration with its unit is needed"),
        ("per_host", 0, "greater than or equal to 1, not '0'"),
        ("per_host", "many", "valid integer"),
        ("attempts", 1000, "less than or equal to 100"),
        ("timeout.read", 0, "greater than 0"),
        ("max_size", "huge", "a size is needed"),
        ("priority", "highest", "'high', 'normal' or 'low'"),
        ("adaptive.min", "2h", "longer than max"),
    ],
)
def test_a_value_is_refused_as_the_file_would_refuse_it(option, value, words):
    with pytest.raises(UsageError, match=words):
        overlaid(TEXT, [Set("job", "one", option, value)])


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(UsageError) as told:
        overlaid(TEXT, [Set("job", "one", "delay", "x"), Set("job", "one", "robots", "ignore")])
    assert [line.split(":")[0] for line in str(told.value).split("\n")] == ["delay", "robots"]


def test_what_is_set_does_not_change_whose_text_it_is():
    found = overlaid(TEXT, [Set("job", "one", "delay", "5s"), Set("host", "a", "delay", "1s")])
    hosts = HostOverrides(found, TEXT)
    assert hosts.digests() == job_digests(TEXT) != job_digests(found)
    assert [terms.delay for terms in hosts.job_terms()] == [5.0, 2.0]


def test_the_inbox_of_a_machine_changes_nothing_of_what_a_job_means():
    one, other = (
        Settings(jobs=(Job(name="j", urls=("http://h/",), inbox=path),)) for path in ("/a", "/b")
    )
    assert job_digests(one) == job_digests(other)
    assert one != other


def test_what_is_set_for_less_counts_more_whichever_was_set_last():
    sets = [
        Set("host", "a:80", "delay", "1s"), Set("host", "a", "delay", "3s"),
        Set("job", "one", "delay", "5s"), Set("all", "", "delay", "7s"),
    ]  # fmt: skip
    for order in (sets, sets[::-1]):
        found = laid_over(TEXT, order)
        assert [job.delay for job in found.jobs] == [5.0, 7.0]
        limits = HostOverrides(found).limits
        assert limits("a:80", ("one",), 5.0, 1).delay == 1.0
        assert limits("a:81", ("one",), 5.0, 1).delay == 3.0


def test_what_makes_no_sense_any_more_is_passed_over_and_the_rest_stands():
    passed = []
    sets = [Set("job", "one", "robots", "ignore"), Set("job", "one", "delay", "5s")]
    found = laid_over(TEXT, sets, lambda one, error: passed.append((one.option, str(error)[:6])))
    assert of_job(found, "one").delay == 5.0
    assert passed == [("robots", "robots")]


def test_a_host_is_spelled_out_with_what_a_pattern_says_of_it():
    text = TEXT.model_copy(update={"hosts": {"*.example.org": HostOptions(delay="9s")}})
    assert spelled_out(text, "a.example.org").hosts["a.example.org"].delay == 9.0
    assert spelled_out(text, "b").hosts["b"] == HostOptions()
