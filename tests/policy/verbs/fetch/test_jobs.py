"""What was typed lies over the options of a job, or over those of the hand."""

import pytest

from crawler.config import Job
from crawler.config.answer_options import AcceptOptions
from crawler.errors import UsageError
from crawler.verbs.fetch.jobs import Asked, jobs_of, way_options
from crawler.verbs.fetch.logins import Login

URLS = {None: ["http://h/"]}
ME = Login("me", "pw")


def job_of(base=None, groups=URLS, list_file=None, auth_hosts=(), **options):
    (job,) = jobs_of(Asked(groups, list_file, auth_hosts), options, base)
    return job


def test_the_hand_asks_at_once_and_not_for_long():
    job = job_of()
    assert (job.robots, job.delay, job.attempts, job.give_up) == ("ignore", 0, 3, 0)


def test_a_post_is_sent_once_unless_somebody_says_more():
    assert job_of(method="POST").attempts == 1
    assert job_of(method="POST", attempts=2).attempts == 2


def test_times_numbers_and_certificates_are_those_of_a_job():
    options = way_options(
        {"connect_timeout": "2", "timeout": "1m", "retry": "4", "delay": "0.5", "max_size": "1k",
         "insecure": True}
    )  # fmt: skip
    job = job_of(**options)
    assert (job.timeout.connect, job.timeout.read, job.timeout.total) == (2, 30, 60)
    assert (job.attempts, job.delay, job.max_size, job.verify) == (5, 0.5, 1024, False)


def test_every_login_has_a_job_of_its_own():
    first, second = jobs_of(Asked({None: ["http://a/"], ME: ["http://b/"]}, None), {})
    assert (first.name, first.auth, first.urls) == ("fetch", None, ("http://a/",))
    assert (second.name, second.auth.user, second.urls) == ("fetch-2", "me", ("http://b/",))


BASE = Job(
    name="docs", urls=("http://docs/",), delay="7s", headers={"X-Key": "secret"},
    timeout={"read": "3s"}, schedule={"every": "1h"}, sitemap="http://docs/map.xml",
)  # fmt: skip


def test_a_job_of_a_configuration_gives_its_options_and_neither_lists_nor_schedule():
    job = job_of(BASE, timeout={"total": "9s"})
    assert (job.delay, job.attempts, job.timeout.read, job.timeout.total) == (7, 5, 3, 9)
    assert (job.sitemap, job.schedule, job.urls) == (None, None, ("http://h/",))


def test_the_credentials_of_a_job_go_to_its_hosts_and_to_no_typed_one():
    assert job_of(BASE).auth.hosts == ("docs:80",)
    with pytest.raises(UsageError, match="the job has credentials"):
        job_of(BASE, groups={ME: ["http://h/"]})


def test_credentials_for_a_list_need_the_names_of_hosts(tmp_path):
    with pytest.raises(UsageError, match="--auth-host"):
        job_of(groups={ME: []}, list_file=tmp_path)
    job = job_of(groups={ME: ["http://h/"]}, list_file=tmp_path, auth_hosts=("*.example.org",))
    assert job.auth.hosts == ("*.example.org", "h:80")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"path": "{cc}"}, "--path: {cc} is not bound by every URL"),
        ({"path": "../x"}, "--path '../x': it must be a relative path"),
        ({"headers": {"Host": "h"}}, "-H Host: is set by the crawler itself"),
        ({"headers": {"X": "sec\nret"}}, "-H X: a header is one line"),
        ({"robots": "x", "path": "/"}, "; "),
    ],
)
def test_what_is_wrong_is_told_in_one_line_without_secrets(options, told):
    with pytest.raises(UsageError) as error:
        job_of(**options)
    assert told in str(error.value)
    assert "ret" not in str(error.value) or "sec" not in str(error.value)
    assert "\n" not in str(error.value)


def test_types_that_are_wanted_are_added_to_what_the_job_wants():
    options = way_options({"accept_types": "text/html, image/*"})
    assert job_of(**options).accept.types == ("text/html", "image/*")
    base = BASE.model_copy(update={"headers": {}, "accept": AcceptOptions(min_size=7)})
    assert job_of(base, **options).accept == AcceptOptions(
        min_size=7, types=("text/html", "image/*")
    )
