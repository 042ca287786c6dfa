"""The hooks of jobs, and their numbers."""

import pytest

from crawler.config import Job
from crawler.hooks.hook import hooks_of

POST = {"post": "https://example.org:8443/services/T0/SECRET?key=x"}
RUN = {"run": ["/bin/tell", "--token=SECRET", "{url}"]}
CALL = {"call": "package.module:function"}


def job(name="job", **on):
    return Job.model_validate({"name": name, "urls": ["http://h/"], "on": on})


def test_a_target_is_one_hook_whatever_it_is_told_of():
    hooks, by_job = hooks_of([job(stored=[POST, RUN], failed=[POST]), job("other", stored=[POST])])
    assert len(hooks) == 3
    of = by_job["job"].of
    assert of["failed"] == of["stored"][:1] != by_job["other"].of["stored"]


def test_a_number_stays_where_only_the_secret_and_the_bounds_change():
    before, _ = hooks_of([job(stored=[POST])])
    after, _ = hooks_of([job(stored=[POST | {"secret": "s", "timeout": "5s"}])])
    assert before.keys() == after.keys()


@pytest.mark.parametrize(
    ("hook", "name"),
    [
        (POST, "post https://example.org:8443"),
        (RUN, "run /bin/tell"),
        (CALL, "call package.module:function"),
    ],
)
def test_the_name_of_a_hook_has_nothing_secret(hook, name):
    (found,) = hooks_of([job(stored=[hook])])[0].values()
    assert found.terms.name == name


def test_a_job_without_hooks_costs_nothing():
    assert hooks_of([job(), job("other", stored=[])]) == ({}, {})
