"""The contract of a frontier: cookies that jobs keep come with leases and go with settlements."""

from dataclasses import replace

import pytest

from crawler.cookie import Cookie, SetCookies, packed
from crawler.frontier import CookiesOf, JarOf
from crawler.frontier.process import current
from crawler.frontier.sql.rows.cookies import MAX_OF_JOB
from crawler.model import Kind
from crawler.policy.cookie_jar import GONE_S, MAX_OF_SITE
from crawler.records import Again, Done, Hop, HostRecord, JobTerms
from tests.parts.frontiers import NOW, join, one_task, seed, settled, take

EVERY_ENGINE = True
KEEPS = [JobTerms("job", keep="job"), JobTerms("apart", keep="host"), JobTerms("plain")]


def cookie(name="n", value="v", *, domain="shop.example", path="/", set_at=NOW, expires=NOW + 9e5):
    return Cookie(domain, True, path, name, value, False, expires, set_at)


@pytest.fixture
def owner(frontier):
    frontier.configure(KEEPS, NOW)
    for job in ("job", "apart", "plain"):
        frontier.add(job, [seed(f"http://www.shop.example/{job}", job)], NOW)
    return join(frontier)


def tell(frontier, owner, *cookies, job="job", jar="shop.example"):
    return frontier.settle(owner, [], [], cookies=[SetCookies(job, jar, cookies)])


def kept(frontier, job="job", jar="shop.example"):
    return {one.name: one.value for one in frontier.entry(JarOf(job, jar))}


def test_jars_come_with_the_lease_of_the_hosts_that_they_are_for(frontier, owner):
    tell(frontier, owner, cookie())
    tell(frontier, owner, cookie("other"), jar="other.example")
    tell(frontier, owner, cookie("mine"), job="apart", jar="=www.shop.example")
    tell(frontier, owner, cookie("nobodys"), job="plain")
    (host,) = take(frontier, owner).values()
    assert set(host.jars) == {
        SetCookies("job", "shop.example", (cookie(),)),
        SetCookies("apart", "=www.shop.example", (cookie("mine"),)),
    }


def test_of_two_cookies_with_one_key_the_newer_counts_however_often_they_are_told(frontier, owner):
    new, old = cookie(value="new", set_at=NOW + 1), cookie(value="old")
    for one in (old, new, old, new, old):
        tell(frontier, owner, one)
    assert kept(frontier) == {"n": "new"}
    tell(frontier, owner, cookie(value="deep", path="/a"))
    assert len(frontier.entry(JarOf("job", "shop.example"))) == 2


def test_a_cookie_that_is_gone_has_no_value_and_is_forgotten_after_a_day(frontier, owner):
    tell(frontier, owner, cookie(value="secret"))
    gone = cookie(value="secret", expires=0.0, set_at=NOW + 1)
    tell(frontier, owner, gone)
    assert frontier.entry(JarOf("job", "shop.example")) == (gone._replace(value=""),)
    tell(frontier, owner, cookie("m", set_at=NOW + 2 + GONE_S, expires=NOW + 9e6))
    assert kept(frontier) == {"m": "v"}


def test_jars_and_jobs_are_bounded_and_the_oldest_go(frontier, owner):
    many = [cookie(f"n{at}", set_at=NOW + at) for at in range(MAX_OF_SITE + 20)]
    tell(frontier, owner, *many)
    assert set(kept(frontier)) == {one.name for one in many[20:]}
    sites = [
        SetCookies("job", f"s{at}.example", (cookie(set_at=NOW + at),)) for at in range(MAX_OF_JOB)
    ]
    frontier.settle(owner, [], [], cookies=sites)
    left = len(frontier.entry(CookiesOf("job", NOW)))
    assert MAX_OF_JOB * 0.85 < left <= MAX_OF_JOB
    assert kept(frontier, jar=sites[-1].jar)
    assert not kept(frontier, jar=sites[0].jar)


def test_texts_of_a_cookie_are_kept_as_they_came(frontier, owner):
    odd = cookie("caf\xe9", "\xe9\"'{}\\u0000 \x80\xff", path="/" + "p" * 1000)
    long = cookie("l" * 2000, "v" * 2000)
    tell(frontier, owner, odd, long)
    assert set(frontier.entry(JarOf("job", "shop.example"))) == {odd, long}


def test_who_looks_at_the_cookies_of_a_job_sees_no_value(frontier, owner):
    tell(frontier, owner, cookie(value="secret"), cookie("over", expires=NOW + 1))
    (one,) = frontier.entry(CookiesOf("job", NOW + 2))
    assert (one.name, one.value) == ("n", "")
    assert frontier.entry(CookiesOf("nobody", NOW)) == []


def test_what_redirects_have_set_goes_on_with_the_visit_until_its_end(frontier, owner):
    jar = packed([cookie(), cookie("m", "\xe9")])
    task = one_task(frontier, owner)
    assert task.jar is None
    there = "http://www.shop.example/there"
    hop = settled(task, Kind.REDIRECTED, Hop(there), location=there, jar=jar)
    frontier.settle(owner, [hop], [])
    again = again_of(frontier, owner, task)
    assert again.jar == jar
    frontier.settle(owner, [settled(again, Kind.TIMEOUT, Again(NOW + 1))], [])
    again = again_of(frontier, owner, task, NOW + 2)
    assert again.jar == jar
    frontier.settle(owner, [settled(again, Kind.STORED, Done(next_at=NOW + 3))], [])
    assert again_of(frontier, owner, task, NOW + 4).jar is None


def again_of(frontier, owner, task, now=NOW):
    """Lease a task again."""
    refills = {task.host_id: 9}
    (host,) = take(frontier, owner, now, new=0, refills=refills).values()
    return next(one for one in host.tasks if one.id == task.id)


def test_a_job_that_keeps_nothing_leases_no_jar(frontier):
    frontier.configure([JobTerms("plain")], NOW)
    frontier.add("plain", [seed("http://a.example/", "plain")], NOW)
    owner = join(frontier)
    tell(frontier, owner, cookie(domain="a.example"), job="plain", jar="a.example")
    (host,) = take(frontier, owner).values()
    assert host.jars == ()


def test_another_process_leases_what_the_first_has_told(frontier, owner):
    (host,) = take(frontier, owner).values()
    tell(frontier, owner, cookie(value="1"))
    record = HostRecord(host.id, NOW)
    frontier.lease(owner, NOW, new=0, refills={}, idle=[record], back=[t.id for t in host.tasks])
    second = join(frontier, process=replace(current(), pid=1))
    (host,) = take(frontier, second).values()
    assert [one.cookies[0].value for one in host.jars] == ["1"]
