"""What hosts are owed, told as stories on a made-up clock: each falls without the line it is of."""

from itertools import pairwise

import pytest

from crawler.feeder.host import ASK_AGAIN_S
from crawler.model import Kind
from crawler.policy import course
from crawler.policy.host_limits import HostLimits
from crawler.records import Again, Dead
from tests.parts.frontiers import gone

EXACT_S = 0.001
"""Wall times are stored as floats."""
URLS = [f"http://a/{number}" for number in range(4)]


def times(started, since):
    return [pytest.approx(at - since, abs=1e-6) for at, _ in started]


def test_a_host_rests_for_as_long_as_it_asked(hosts_at_work):
    work = hosts_at_work(delay=0)
    work.add(*URLS[:2])
    ((_, task),) = work.starts()
    work.end(task, Kind.HTTP_ERROR, status=429, retry_after=30.0)
    answered = work.now
    assert work.starts(29.9) == []
    ((at, other),) = work.starts(5)
    assert at >= answered + 30 - EXACT_S
    assert other.url != task.url


@pytest.mark.parametrize("status", [429, 503])
def test_a_visit_that_its_host_put_off_is_no_attempt_of_the_url(hosts_at_work, status):
    work = hosts_at_work(delay=0, attempts=1)
    work.add(URLS[0])
    for _ in range(3):
        ((_, task),) = work.starts(600)
        settled = work.end(task, Kind.HTTP_ERROR, status=status, retry_after=1.0)
        assert isinstance(settled.verdict, Again)
        assert not settled.verdict.charged
    ((_, task),) = work.starts(600)
    assert (task.attempt, task.failures) == (4, 0)
    assert isinstance(work.end(task, Kind.HTTP_ERROR, status=500).verdict, Dead)


def test_the_urls_of_a_host_that_rests_long_are_not_charged_for_its_silence(hosts_at_work):
    work = hosts_at_work(delay=0, attempts=3, max_backoff="5s")
    work.add(*URLS)
    verdicts = []
    while len(verdicts) < 9:
        ((_, task), *_) = work.starts(60)
        verdicts.append(work.end(task, Kind.TIMEOUT, status=None, after=1.0).verdict)
    charged = [verdict for verdict in verdicts if getattr(verdict, "charged", True)]
    assert len(charged) == 5, "those before it was left alone, and none after"


def test_visits_in_several_slots_of_a_host_begin_a_delay_apart(hosts_at_work):
    work = hosts_at_work(delay="1s", per_host=3)
    work.add(*URLS)
    since = work.now
    assert times(work.starts(10), since) == [0.0, 1.0, 2.0], "none of them is answered"


def test_a_delay_lasts_over_a_crash_in_the_first_visit_of_a_host(hosts_at_work):
    slow = {"a": {"delay": "8s"}}
    work = hosts_at_work(delay="100ms", hosts=slow, process=gone())
    work.add(*URLS[:2])
    ((began, _),) = work.starts()
    later = hosts_at_work(delay="100ms", hosts=slow, now=work.now + 0.5)
    later.reclaim()
    ((at, _), *_) = later.starts(30)
    assert at >= began + 8 - EXACT_S


def test_what_a_host_asked_for_lasts_over_a_crash(hosts_at_work):
    work = hosts_at_work(delay="100ms", process=gone())
    work.add(*URLS[:2])
    ((_, task),) = work.starts()
    work.end(task, Kind.HTTP_ERROR, status=429, retry_after=60.0)
    answered = work.now
    later = hosts_at_work(delay="100ms", now=work.now + 0.5)
    later.reclaim()
    ((at, _), *_) = later.starts(200)
    assert at >= answered + 60 - EXACT_S


def test_hosts_beyond_its_share_pass_to_a_process_that_lacks_some(hosts_at_work):
    one = hosts_at_work(delay=0)
    one.add(*[f"http://{host}/{number}" for host in "abcd" for number in range(9)])
    assert one.lease() == ["a:80", "b:80", "c:80", "d:80"]
    two = hosts_at_work(delay=0, now=one.now)
    assert two.lease() == []
    one.lease()
    for _ in range(3):  # what is in memory of the hosts that leave is still visited
        for _, task in one.starts():
            one.end(task, after=0.0)
    assert len(one.lease()) == 2
    assert len(two.lease()) == 2


def test_what_is_added_to_a_host_does_not_wait_for_a_slow_visit_there(hosts_at_work):
    work = hosts_at_work(delay=0, per_host=2)
    work.add(URLS[0])
    work.starts()
    assert work.starts(300) == [], "the host has nothing more, and its visit is slow"
    work.add(URLS[1])
    work.feeder.leaser.look()
    ((_, task),) = work.starts(0.1)
    assert task.url == URLS[1]


def test_what_another_process_adds_does_not_wait_for_a_slow_visit_either(hosts_at_work):
    work = hosts_at_work(delay=0, per_host=2)
    work.add(URLS[0])
    work.starts()
    assert work.starts(300) == []
    work.add(URLS[1])  # and nobody says so
    ((_, task),) = work.starts(2 * ASK_AGAIN_S)
    assert task.url == URLS[1]


def refuse(work, status=403):
    """Let the next visit be refused; return when it began, and its verdict."""
    at, task = following(work)
    return at, work.end(task, Kind.HTTP_ERROR, status=status, after=0.0).verdict


def following(work):
    """Return when the next visit begins, and its task."""
    for wait in (0.0, *[20.0] * 500):
        if started := work.starts(wait):
            return started[0]
    raise AssertionError("nothing is visited any more")


def test_a_host_that_refuses_everything_rests_as_one_and_spares_its_urls(hosts_at_work):
    work = hosts_at_work(delay=0)
    work.add(*(f"http://a/{number}" for number in range(40)))
    for _ in range(10):
        assert isinstance(refuse(work)[1], Dead), "what is refused once is refused"
    began, probes = work.now, []
    for _ in range(4):
        at, verdict = refuse(work)
        assert isinstance(verdict, Again)
        assert not verdict.charged
        probes.append(at - began)
    assert 300 <= probes[0] <= 360
    assert [later - before >= 300 for before, later in pairwise(probes)] == [True] * 3
    refuse(work)
    work.settle_all()
    assert work.frontier.sums().counts.waiting == 0, "the others end as refused"
    refused = [settled.outcome for settled in work.told if not settled.outcome.asked]
    assert len(refused) == 40 - 10 - 1
    assert all(one.reason.startswith("refused unvisited: a:80 has refused") for one in refused)


def test_a_host_that_lets_a_probe_in_is_well_again(hosts_at_work):
    work = hosts_at_work(delay=0)
    work.add(*(f"http://a/{number}" for number in range(20)))
    for _ in range(10):
        refuse(work)
    began = work.now
    at, task = following(work)
    assert at >= began + 300
    work.end(task, after=0.0)
    answered = work.now
    assert following(work)[0] < answered + 1


def test_where_nobody_waits_a_ban_ends_what_waits_at_once(hosts_at_work):
    work = hosts_at_work(delay=0, give_up=0, max_backoff="1s")  # as `crawler fetch` has it
    work.add(*(f"http://a/{number}" for number in range(30)))
    for _ in range(10):
        refuse(work, status=403)
    began = work.now
    work.settle_all()
    assert work.frontier.sums().counts.waiting == 0
    assert work.now < began + 1


def test_a_host_that_is_to_leave_while_it_is_refilled_leaves(hosts_at_work, monkeypatch):
    work = hosts_at_work(delay=0)
    work.add(*URLS)
    lease = work.frontier.lease

    def meanwhile(*args, **options):
        if options["refills"]:
            work.feeder.leaser.give_all_back()
        return lease(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(work.frontier, "lease", meanwhile)
        visits = [work.end(task, after=0.0) for _ in range(9) for _, task in work.starts(1)]
    assert len(visits) == len(URLS)
    assert work.lease() == []


@pytest.fixture(params=[False, True], ids=["doubted", "counts"])
def counts(request, monkeypatch):
    """Whether a step of the wall clock counts at once."""
    monkeypatch.setattr(course, "DOUBT_S", 0.0 if request.param else course.DOUBT_S)
    return request.param


def set_clock(work, step, *, counts):
    """Set the wall clock, and let the process look at it."""
    work.ahead = step
    work.beat()
    assert work.frontier.now() == work.wall() + (step if counts else 0.0)


@pytest.mark.parametrize("step", [30.0, 3600.0, 315_360_000.0])
def test_a_host_that_nobody_holds_rests_on_while_the_clock_is_set_forward(
    hosts_at_work, step, counts
):
    work = hosts_at_work(delay="20s")
    work.add(*URLS, "http://b/1")
    for _, task in work.starts():
        work.end(task)
    answered = work.now
    assert work.lease() == [], "they rest long, and went back"
    set_clock(work, step, counts=counts)
    starts = work.starts(60)
    assert starts
    assert all(at >= answered + 20 - 0.05 for at, _ in starts), (answered, starts)


@pytest.mark.parametrize("step", [3600.0, 10_800.0, -3600.0, 315_360_000.0])
@pytest.mark.parametrize("held", [False, True])
def test_a_host_rests_for_two_hours_if_it_asked_for_them_whatever_the_clock(
    hosts_at_work, step, held, counts
):
    """A step that is shorter than the rest, and one that jumps over all of it."""
    work = hosts_at_work(delay=0)
    work.add(*URLS[:2])
    ((_, task),) = work.starts()
    work.end(task, Kind.HTTP_ERROR, status=503, retry_after=7200.0)
    answered = work.now
    if not held:
        assert work.lease() == [], "it rests long, and went back"
    set_clock(work, step, counts=counts)
    if counts and step < 0:
        work.review.ask(ahead=True)
        work.review.run()
    for _ in range(7):
        assert work.starts(5) == []
        work.now += 1000
    ((at, _), *_) = work.starts(200)
    assert at - answered == pytest.approx(7200, abs=1.1)
    assert at >= answered + 7200 - EXACT_S


@pytest.mark.parametrize("step", [3600.0, -3600.0])
def test_a_delay_that_is_lowered_after_a_step_of_the_clock_counts_from_the_answer(
    hosts_at_work, step, counts
):
    work = hosts_at_work(delay="3h")
    work.add(*URLS)
    for _, task in work.starts():
        work.end(task)
    answered = work.now
    assert work.lease() == [], "it rests long, and went back"
    set_clock(work, step, counts=counts)
    work.review.ask(ahead=counts and step < 0)
    work.reload({"a": {"delay": "60s"}})
    ((at, _), *_) = work.starts(90)
    assert at - answered == pytest.approx(60, abs=1.1)
    assert at >= answered + 60 - EXACT_S


@pytest.mark.parametrize("step", [30.0, 3600.0])
def test_an_address_rests_on_for_another_process_while_the_clock_is_set_forward(
    hosts_at_work, step, counts
):
    slow, ip = HostLimits(delay=60.0), "192.0.2.7"
    one = hosts_at_work(delay=0, addresses=slow)
    one.add("http://a/1", "http://b/1")
    ((_, task),) = one.starts(0.1, at=ip)
    one.end(task, after=0.0)
    answered = one.now
    one.frontier.leave(one.owner, one.feeder.owed(), one.wall())
    other = hosts_at_work(delay=0, addresses=slow, now=one.now)
    set_clock(other, step, counts=counts)
    ((at, task), *_) = other.starts(90, at=ip)
    assert at - answered == pytest.approx(60, abs=0.1)
    assert at >= answered + 60 - EXACT_S


def test_a_host_that_leaves_gives_back_what_did_not_begin_once_it_had_a_turn(hosts_at_work):
    """Its other visits may wait for long for a slot of their address."""
    work = hosts_at_work(delay=0, addresses=HostLimits(delay=0))
    work.add(*URLS, *(url.replace("a", "b") for url in URLS))
    work.starts(at="192.0.2.7")
    work.lease()
    ((_, first),) = work.starts(at="192.0.2.7")
    before = {host.key: host for host in work.own_hosts.hosts.values()}
    assert all(host.tasks for host in before.values())
    work.feeder.leaser.give_all_back()
    work.now += 1
    assert work.lease() == ["a:80", "b:80"], "the one is visited, the other was not yet"
    busy = before.pop(first.host)
    (other,) = before.values()
    assert not busy.tasks
    assert other.tasks
    work.end(first)
    work.now += 1
    work.lease()
    now = work.own_hosts.hosts
    assert now[other.id] is other
    assert now[busy.id] is not busy, "it went, and came back, for nobody else is there"
