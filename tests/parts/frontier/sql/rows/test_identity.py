"""One configuration holds a ledger, and of its texts the newest wins."""

import pytest

from crawler.errors import HeldElsewhereError
from crawler.frontier import Holder, Pulse
from crawler.frontier.process import current
from crawler.records import JobTerms
from tests.parts.desk import schedule
from tests.parts.frontiers import NOW, gone, in_force, join, seeds, take
from tests.parts.ledgers import fit


def daemon(frontier, name, process=None, **how):
    holder = Holder(name, f"/etc/{name}.yaml", **how)
    return frontier.join(process or current(), NOW, holder).owner


def test_a_configuration_of_another_name_is_refused_while_a_process_of_the_first_lives(frontier):
    owner = daemon(frontier, "tour")
    with pytest.raises(HeldElsewhereError) as refused:
        daemon(frontier, "other")
    told = str(refused.value)
    assert f"process {current().pid} runs /etc/tour.yaml" in told
    assert "--take-over" in told
    assert refused.value.exit_code == 2
    assert in_force(frontier).name == "tour"
    daemon(frontier, "tour")
    frontier.beat(owner, Pulse("running"), NOW)


@pytest.mark.parametrize("how", ["dead", "released", "taken over"])
def test_a_ledger_that_nobody_holds_is_taken(frontier, how):
    owner = daemon(frontier, "tour", gone() if how == "dead" else None)
    if how == "released":
        frontier.leave(owner, [], NOW)
    daemon(frontier, "other", take_over=how == "taken over")
    assert in_force(frontier).name == "other"


def test_a_process_that_is_no_daemon_holds_nothing(frontier):
    daemon(frontier, "tour")
    join(frontier)
    assert in_force(frontier).name == "tour"


def configured(frontier, text, **digests):
    owner = daemon(frontier, "tour")
    terms = [JobTerms(job, digest=digest) for job, digest in digests.items()]
    frontier.configure(terms, NOW, text=(owner, text))
    return owner


def test_the_number_of_the_text_grows_with_every_other_text(frontier):
    for text, number in (("a", 1), ("a", 1), ("b", 2), ("a", 3)):
        configured(frontier, text, j=text)
        found = in_force(frontier)
        assert (found.generation, found.digest, found.jobs) == (number, text, {"j": text})


def test_a_process_leases_only_jobs_that_mean_the_same_to_it(open_one):
    old, new = open_one(), open_one()
    first = configured(old, "a", same="1", other="1")
    old.add("same", seeds("same.example", "both.example", job="same"), NOW)
    old.add("other", seeds("other.example", "both.example", job="other"), NOW)
    second = configured(new, "b", same="1", other="2")
    hosts = take(old, first)
    tasks = {task.job for host in hosts.values() for task in host.tasks}
    assert tasks == {"same"}
    assert "other.example:80" not in hosts
    hosts = take(new, second)
    assert {task.job for host in hosts.values() for task in host.tasks} == {"other"}


def test_hosts_of_other_jobs_do_not_hide_those_of_its_own(open_one):
    old, new = open_one(), open_one()
    first = configured(old, "a", same="1", other="1")
    old.add("other", seeds(*(f"{n}.example" for n in range(50)), job="other"), NOW)
    old.add("same", seeds("same.example", job="same"), NOW)
    configured(new, "b", same="1", other="2")
    assert list(take(old, first, new=1)) == ["same.example:80"]


def test_due_times_are_fitted_anew_when_a_process_with_an_older_text_ends(open_one):
    old, new = open_one(), open_one()
    first = configured(old, "a", j="1", k="1")
    second = configured(new, "b", j="2", k="1")
    fit(new, second, None, j="daily")
    new.leave(second, [], NOW)
    assert schedule(new, "j") == "daily"
    old.leave(first, [], NOW)
    assert schedule(new, "j") != "daily", (
        "tasks that it settled late have times of the old schedule"
    )
    assert schedule(new, "k") == ""
