"""What a reload changed, in words, as `crawler reload --wait` and `crawler status` have it."""

from crawler.config import Settings
from crawler.daemon.difference import MAX_NAMES, difference, in_words


def settings(*jobs, **sections):
    named = [{"name": "a", "urls": ["http://h/"]} | job for job in jobs or [{}]]
    return Settings.model_validate({"jobs": named, **sections})


def test_old_and_new_are_told_by_job_and_the_jobs_that_came_and_went():
    old = settings({"delay": "1s"}, {"name": "gone"})
    new = settings(
        {"delay": "5s", "timeout": {"read": "5s"}}, {"name": "new"}, crawler={"concurrency": 8}
    )
    assert in_words(difference(old, new)) == (
        "crawler: concurrency 64 → 8; a: delay 1s → 5s, timeout.read 30s → 5s; "
        "jobs added new; jobs removed gone"
    )


def test_what_may_be_secret_is_named_without_its_value():
    secret = {"headers": {"X-Key": "s3cret"}, "auth": {"user": "u", "password": "s3cret"}}
    words = in_words(difference(settings(), settings({**secret, "per_host": 2})))
    assert "s3cret" not in words
    assert "headers" in words
    assert "per_host 1 → 2" in words


def test_of_many_jobs_that_came_the_first_are_named():
    many = settings(*({"name": f"j{number}"} for number in range(100)))
    words = in_words(difference(settings({"name": "j0"}), many))
    assert words.endswith(f"j{MAX_NAMES} and {99 - MAX_NAMES} more")


def test_a_reload_without_a_difference_says_so():
    assert in_words(difference(settings(), settings())) == "nothing"
