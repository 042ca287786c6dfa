"""Budgets of jobs in the ledger: what is spent is counted with the visits, and a cap is a pause."""

import pytest

from crawler.frontier import Wake, Wishes
from crawler.frontier.questions import PassesOf
from crawler.frontier.wishes import Heard, MakeWish, Scope, Subject, TakeBackWish, Verb, Wisher
from crawler.frontier.work import Reckon
from crawler.model import Kind
from crawler.records import Again, Budget, Done, JobTerms
from tests.parts.desk import rows
from tests.parts.frontiers import NOW, beat, done, gone, join, reclaim, seeds, settled, take

EVERY_ENGINE = True

JOB = Subject(Scope.JOB, "job")
ME = Wisher("ana", "desk7", "")
EVERY = '{"every": 3600}'


def configure(frontier, now=NOW, job="job", **budget):
    frontier.configure([JobTerms(job, budget=Budget(**budget)), JobTerms("other")], now)


@pytest.fixture
def crawl(frontier):
    """Two jobs at two hosts each; and a process."""
    configure(frontier, max_urls=3)
    frontier.add("job", seeds("a", "b", each=4), NOW)
    frontier.add("other", seeds("c", each=4, job="other"), NOW)
    return frontier, join(frontier)


def tasks(frontier, owner, job="job", now=NOW):
    """The tasks of a job that a lease brings."""
    found = take(frontier, owner, now)
    return [task for host in found.values() for task in host.tasks if task.job == job]


def visit(frontier, owner, some, size=10, now=NOW, verdict=None):
    ends = [settled(one, Kind.STORED, verdict or Done(), now, size=size) for one in some]
    frontier.settle(owner, ends, [])


def visit_all(frontier, owner):
    """Visit all URLs of the job; return the process that did so last, and the time."""
    now = NOW
    while some := tasks(frontier, owner, now=now):
        visit(frontier, owner, some, now=now)
        frontier.leave(owner, [], now)
        owner, now = join(frontier), now + 9
    return owner, now


def spent(frontier, job="job"):
    return next(one.spent for one in frontier.sums().jobs if one.name == job)


def reckon(frontier, owner, now=NOW, *, listed=True, **ends):
    return sum(done(frontier, owner, Reckon(ends, listed), now))


def caps(frontier, owner):
    """The options at whose caps jobs are, as a process hears it."""
    wishes = frontier.hear(owner, 0).wishes or ()
    return {one.subject.name: one.option for one in wishes if one.verb is Verb.CAP}


def test_what_visits_spend_is_summed_with_them(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:2])
    assert (spent(frontier).bytes, spent(frontier).urls) == (20, 2)
    assert spent(frontier).began_at == NOW
    assert spent(frontier, "other") is None


def test_a_visit_that_is_tried_again_brings_bytes_and_no_url(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:2], verdict=Again(NOW + 9))
    assert (spent(frontier).bytes, spent(frontier).urls) == (20, 0)


def test_a_settlement_that_comes_twice_is_spent_once(crawl):
    frontier, owner = crawl
    some = tasks(frontier, owner)[:2]
    for _ in range(2):
        visit(frontier, owner, some)
    assert (spent(frontier).bytes, spent(frontier).urls) == (20, 2)


@pytest.mark.parametrize(
    "budget", [{"max_urls": 3}, {"max_bytes": 30}, {"max_urls": 9, "max_bytes": 21}]
)
def test_from_the_visit_on_that_reaches_a_cap_nothing_of_the_job_is_leased(crawl, budget):
    frontier, owner = crawl
    configure(frontier, **budget)
    visit(frontier, owner, tasks(frontier, owner)[:3])
    other = join(frontier)
    assert caps(frontier, owner) == {"job": min(budget)}
    frontier.leave(owner, [], NOW)
    assert tasks(frontier, other, now=NOW + 9) == []
    assert tasks(frontier, join(frontier), "other", NOW + 9) == [], "the other process has it"


def test_other_jobs_go_on(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:3])
    frontier.leave(owner, [], NOW)
    assert tasks(frontier, join(frontier), "other", NOW + 9)


def test_what_is_in_flight_at_the_cap_ends_and_counts(crawl):
    frontier, owner = crawl
    found = tasks(frontier, owner)
    visit(frontier, owner, found[:3])
    visit(frontier, owner, found[3:4])
    assert spent(frontier).urls == 4
    assert caps(frontier, owner) == {"job": "max_urls"}


def test_two_processes_count_together(crawl):
    frontier, owner = crawl
    mine = tasks(frontier, owner)[:2]
    visit(frontier, owner, mine)
    frontier.leave(owner, [], NOW)
    other = join(frontier)
    visit(frontier, other, tasks(frontier, other, now=NOW + 9)[:1], now=NOW + 9)
    assert caps(frontier, other) == {"job": "max_urls"}


def test_what_a_dead_process_has_spent_is_spent(crawl):
    frontier, _ = crawl
    dead = join(frontier, process=gone())
    visit(frontier, dead, tasks(frontier, dead)[:2])
    reclaim(frontier, NOW + 100)
    assert spent(frontier).urls == 2


def test_a_cap_that_is_raised_lets_the_job_go_on_where_it_was(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:3])
    configure(frontier, max_urls=5)
    assert caps(frontier, owner) == {}
    assert spent(frontier).urls == 3
    frontier.leave(owner, [], NOW)
    assert tasks(frontier, join(frontier), now=NOW + 9)


def test_a_cap_that_is_lowered_below_what_is_spent_stops_the_job_at_once(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:2])
    configure(frontier, max_urls=2)
    assert caps(frontier, owner) == {"job": "max_urls"}


def test_a_configuration_that_says_the_same_again_changes_nothing(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:3])
    number = frontier.hear(owner, 0).number
    configure(frontier, max_urls=3)
    assert frontier.hear(owner, number) == Heard(number, None)


def test_a_cap_that_is_lowered_while_the_job_is_at_it_is_told_anew(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:3])
    configure(frontier, max_urls=1)
    (wish,) = [one for one in frontier.hear(owner, 0).wishes if one.verb is Verb.CAP]
    assert wish.value == 1


def test_a_job_without_a_budget_any_more_goes_on_and_begins_anew_with_the_next_one(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:3])
    configure(frontier)
    assert (caps(frontier, owner), spent(frontier)) == ({}, None)
    configure(frontier, max_urls=3)
    assert spent(frontier).urls == 0


def test_a_job_that_comes_back_has_spent_what_it_had(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:3])
    frontier.configure([JobTerms("other")], NOW)
    assert caps(frontier, owner) == {}
    configure(frontier, max_urls=3)
    assert caps(frontier, owner) == {"job": "max_urls"}


def test_a_job_takes_what_it_has_spent_along_to_another_name(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:3])
    terms = JobTerms("newer", renamed_from="job", budget=Budget(max_urls=3))
    frontier.configure([terms, JobTerms("other")], NOW)
    assert spent(frontier, "newer").urls == 3
    assert caps(frontier, owner) == {"newer": "max_urls"}


def test_time_reaches_a_cap_with_nobody_visiting(crawl):
    frontier, owner = crawl
    configure(frontier, max_time=60.0)
    visit(frontier, owner, tasks(frontier, owner)[:1])
    assert reckon(frontier, owner, NOW + 59) == 0
    assert frontier.entry(PassesOf(NOW + 61, listed=True)).due
    assert reckon(frontier, owner, NOW + 61) == 1
    assert caps(frontier, owner) == {"job": "max_time"}
    assert not frontier.entry(PassesOf(NOW + 61, listed=True)).due


def test_a_step_of_the_clock_spends_no_time(crawl):
    frontier, owner = crawl
    configure(frontier, max_time=60.0)
    visit(frontier, owner, tasks(frontier, owner)[:1])
    frontier.skew = 7200.0
    for now in (NOW + 1, NOW + 40):
        beat(frontier, owner, now)
    assert reckon(frontier, owner, NOW + 41) == 0
    assert frontier.sums().jobs
    assert reckon(frontier, owner, NOW + 61) == 1


def test_a_pass_of_a_schedule_is_over_when_that_says_and_the_next_one_has_spent_nothing(crawl):
    frontier, owner = crawl
    configure(frontier, max_urls=3, schedule=EVERY)
    visit(frontier, owner, tasks(frontier, owner)[:3])
    assert frontier.entry(PassesOf(NOW, listed=True)).endless == {"job": NOW}
    reckon(frontier, owner, job=NOW + 3600)
    assert spent(frontier).ends_at == NOW + 3600
    assert reckon(frontier, owner, NOW + 3599) == 0
    assert reckon(frontier, owner, NOW + 3600) == 1
    assert caps(frontier, owner) == {}
    assert (spent(frontier).urls, spent(frontier).began_at) == (0, None)


def test_another_schedule_ends_the_pass_by_its_own_slots(crawl):
    frontier, owner = crawl
    configure(frontier, max_urls=9, schedule=EVERY)
    visit(frontier, owner, tasks(frontier, owner)[:3])
    reckon(frontier, owner, job=NOW + 3600)
    configure(frontier, max_urls=9, schedule='{"every": 60}')
    assert frontier.entry(PassesOf(NOW, listed=True)).endless == {"job": NOW}
    assert spent(frontier).urls == 3


@pytest.mark.parametrize("listed", [True, False])
def test_without_a_schedule_a_pass_is_over_with_the_last_url_once_all_lists_are_read(crawl, listed):
    frontier, owner = crawl
    configure(frontier, max_urls=8)
    owner, now = visit_all(frontier, owner)
    assert caps(frontier, owner) == {"job": "max_urls"}
    reckon(frontier, owner, now, listed=listed)
    assert caps(frontier, owner) == ({} if listed else {"job": "max_urls"})


def test_without_a_schedule_a_pass_goes_on_while_a_url_waits(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:3])
    assert reckon(frontier, owner, NOW + 1e6) == 0
    assert caps(frontier, owner) == {"job": "max_urls"}


def test_without_a_schedule_a_pass_goes_on_while_a_list_is_being_read(crawl):
    frontier, owner = crawl
    configure(frontier, max_urls=9)
    owner, now = visit_all(frontier, owner)
    assert frontier.entry(PassesOf(now, listed=True)).due
    frontier.begin_pass(owner, "job", "list")
    assert not frontier.entry(PassesOf(now, listed=True)).due


def test_an_operators_pause_and_a_cap_stand_beside_each_other(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:3])
    frontier.change(MakeWish(Verb.PAUSE, JOB, ME))
    assert [one.verb for one in rows(frontier, Wishes())] == [Verb.PAUSE], "a cap is no wish"
    configure(frontier, max_urls=9)
    assert frontier.hear(owner, 0).wishes[0].verb is Verb.PAUSE
    configure(frontier, max_urls=3)
    frontier.change(TakeBackWish(Verb.PAUSE, JOB))
    assert caps(frontier, owner) == {"job": "max_urls"}


def test_hosts_learn_that_their_job_is_at_its_cap(crawl):
    frontier, owner = crawl
    visit(frontier, owner, tasks(frontier, owner)[:3])
    assert frontier.hear(owner, 0).untold
    done(frontier, owner, Wake())
    frontier.leave(owner, [], NOW)
    done(frontier, other := join(frontier), Wake())
    assert not frontier.hear(other, 0).untold


def test_sums_of_greatest_size_are_kept(crawl):
    frontier, owner = crawl
    configure(frontier, max_bytes=10**18, max_time=3e9, max_urls=10**18)
    visit(frontier, owner, tasks(frontier, owner)[:1], size=2**40)
    assert spent(frontier).bytes == 2**40
    assert caps(frontier, owner) == {}
