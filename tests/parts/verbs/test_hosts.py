"""`crawler hosts`, `crawler host H` and `crawler failures`, as people and programs read them."""

import json
import time
from dataclasses import replace

import pytest

from crawler.errors import UsageError
from crawler.frontier import AboutHost, FailuresOf, HostsOf, Pulse, Wishes, open_ledger, pages
from crawler.frontier.sql.desk.host_tables import MAX_CHOSEN
from crawler.frontier.wishes import MakeWish, Scope, Subject, Verb, Wisher
from crawler.model import Kind
from crawler.records import Again, Health, HostRecord, JobTerms, Rest
from crawler.verbs import hosts
from crawler.verbs.hosts.asked import delays, rules_word
from tests.parts.desk import at
from tests.parts.frontiers import NOW, join, seeds, settled, take
from tests.parts.ledgers import DAY, execute

MOST_S = 0.1


def table(file, choice="at_work", order="name", now=NOW, limit=20):
    with open_ledger(file) as desk:
        return at(desk, now).entry(HostsOf(choice, order, now, limit))


def keys(found):
    return [line.state.key for line in found.rows]


def printed(file, choice, now=NOW, wishes=()):
    return list(
        hosts.table_lines(table(file, choice, now=now), choice, hosts.Look(now, DAY, wishes))
    )


@pytest.fixture
def busy(frontier):
    """Hosts of which one is at work, one fails, one has banned us, and one was put off."""
    frontier.configure([JobTerms("job", delay=2.0, per_host=1)], NOW)
    frontier.add("job", seeds(*"abcd", each=2), NOW)
    owner = join(frontier)
    taken = take(frontier, owner)
    rests = {
        "b:80": (Health(failures=6, failing_since=NOW - 9, silent=True, share=0.25,
                        first_failed_at=NOW - 90, spacing=3.0, well_at=NOW - 60, backoff=30.0),
                 Rest(NOW, NOW + 120)),
        "c:80": (Health(refusals=12, refused_since=NOW - 9, share=0.0), Rest(NOW, NOW + 300)),
        "d:80": (Health(share=1.0, well_at=NOW - 1), Rest(NOW, 0.0, NOW + 60)),
    }  # fmt: skip
    records, ends = [], []
    for key, (health, rest) in rests.items():
        number = taken[key].id
        until = max(rest.failed_until, rest.put_off_until)
        records.append(HostRecord(number, until, gap=2.0, health=health, rest=rest))
        ends += [
            settled(task, Kind.TIMEOUT, Again(NOW + 5), NOW, reason=f"silent \x1b[2J {key}")
            for task in taken[key].tasks
        ]
    frontier.settle(owner, ends, records)
    frontier.beat(owner, Pulse("running"), NOW)
    return frontier


def test_hosts_are_chosen_by_what_they_do(file, busy):
    assert keys(table(file)) == ["a:80", "b:80", "c:80", "d:80"]
    assert keys(table(file, "failing", "failing")) == ["b:80", "c:80"]
    assert keys(table(file, "resting", "rests")) == ["c:80", "b:80", "d:80"]
    assert keys(table(file, "resting", "rests", NOW + 100)) == ["c:80", "b:80"]
    assert keys(table(file, "resting", "well")) == ["c:80", "b:80", "d:80"]
    assert keys(table(file, "resting", "share")) == ["c:80", "b:80", "d:80"]
    assert keys(table(file, "at_work", "waiting"))[-1] == "a:80"
    few = table(file, limit=1)
    assert (keys(few), few.chosen, few.at_least) == (["a:80"], 4, False)


def test_a_table_says_of_each_host_how_it_is_and_why(file, busy):
    head, first, second = printed(file, "failing")
    assert head.split() == [
        "host", "state", "waiting", "in", "flight", "today", "rate", "well", "last", "well",
        "delay", "asked", "by", "robots.txt", "rests", "for", "why",
    ]  # fmt: skip
    assert first.split()[:8] == ["b:80", "failing", "2", "0", "0", "20/min", "25", "%"]
    assert "1 min ago" in first
    assert "2 min      failures; timeout, 2 times, last now" in first
    assert second.split()[:2] == ["c:80", "banned"]
    assert "5 min      banned" in second
    assert "Retry-After" in "\n".join(printed(file, "resting"))
    execute(file, "DELETE FROM host")
    assert printed(file, "failing") == ["no host fails"]


def test_a_host_is_banned_where_it_rests_for_its_refusals_however_many_they_are(file, busy):
    (host,) = [line.state for line in table(file, "failing").rows if line.state.key == "c:80"]

    def word(**change):
        return hosts.state_of(replace(host, **change), hosts.Look(NOW, DAY)).word

    assert word(refusals=3) == "banned"
    assert word(refusals=99, failed_until=host.answered_at) != "banned"
    assert word(refusals=99, failed_until=host.answered_at + 2 * host.gap) == "banned"
    assert word(refusals=0) != "banned"


def test_a_host_says_which_delay_is_in_force_and_who_asks_for_which(file, busy):
    execute(file, "UPDATE host SET crawl_delay = 10, gap = 2 WHERE key = 'a:80'")
    execute(file, "UPDATE host SET gap = 3 WHERE key = 'c:80'")
    set_ = MakeWish(Verb.SET, Subject(Scope.HOST, "b"), Wisher(), option="delay", value="7s")
    busy.change(set_)
    wishes = [wish for page in pages(busy, Wishes()) for wish in page]
    look = hosts.Look(NOW, DAY, wishes)

    def asked():
        return {one.state.key: delays(one, look) for one in table(file).rows}

    assert asked() == {
        "a:80": {"configuration": 2.0},
        "b:80": {"set": 7.0},
        "c:80": {"configuration": 3.0},  # as `hosts` says
        "d:80": {"Retry-After": 60.0, "configuration": 2.0},
    }
    execute(file, "UPDATE job SET obeys = 1 WHERE name = 'job'")
    execute(file, "UPDATE host SET gap = 10 WHERE key = 'a:80'")
    assert asked()["a:80"] == {"robots.txt": 10.0, "configuration": 2.0}
    execute(file, "UPDATE host SET gap = 30, backoff = 30 WHERE key = 'a:80'")
    assert asked()["a:80"] == {"robots.txt": 10.0, "configuration": 2.0}
    (told,) = [line for line in printed(file, "at_work") if line.startswith("a:80")]
    assert "10 s robots.txt" in told


def test_a_host_says_what_is_known_of_its_robots_txt(file, busy):
    look = hosts.Look(NOW, DAY)

    def rules():
        return {one.state.key: rules_word(one, look) for one in table(file).rows}

    assert set(rules().values()) == {"ignored"}
    execute(file, "UPDATE job SET obeys = 1 WHERE name = 'job'")
    execute(file, "UPDATE host SET obeys = 0 WHERE key = 'd:80'")
    robots = "INSERT INTO robots (origin, body, status, fetched_at, until, refresh_at, failures, "
    robots += "reason, crawl_delay)"
    for values in (
        ("http://a:80", b"Disallow: /x", 200, NOW - 3600, NOW + DAY, NOW + DAY, 0),
        ("http://b:80", None, 403, NOW - 60, NOW + DAY, NOW + DAY, 0),
        ("http://c:80", None, 503, 0.0, 0.0, NOW + 30, 3),
    ):
        execute(file, f"{robots} VALUES (?, ?, ?, ?, ?, ?, ?, '', 0.0)", *values)
    assert rules() == {
        "a:80": "rules, 1 h old",
        "b:80": "none (403), 1 min old",
        "c:80": "not fetched (503)",
        "d:80": "ignored",
    }
    execute(file, "UPDATE robots SET failing_since = ? WHERE status = 503", NOW)
    assert rules()["c:80"] == "not fetched (503)"
    execute(file, "UPDATE robots SET until = ? WHERE status = 503", NOW + 60)
    assert rules()["c:80"] == "given up (503)"


def test_a_narrow_terminal_has_fewer_columns_and_never_loses_host_state_and_why(file, busy):
    found, look = table(file, "failing", "failing"), hosts.Look(NOW, DAY)

    def head(width):
        return next(hosts.table_lines(found, "failing", look, width))

    assert "robots.txt" in head(200)
    assert "today" not in head(120)
    assert "asked by" not in head(80)
    assert "rests for" in head(80)
    assert len(head(80)) <= 80
    assert head(20).split() == ["host", "state", "why"]


def test_hosts_are_put_in_order_by_rate_delay_visits_and_what_is_in_flight(file, busy):
    execute(file, "UPDATE host SET gap = 9, spent = 5, day = 11, spacing = 1 WHERE key = 'c:80'")
    for order in ("rate", "delay", "today"):
        assert keys(table(file, "at_work", order))[0] == "c:80", order
    assert keys(table(file, "at_work", "in-flight"))[0] == "a:80"


def test_hosts_that_are_paused_are_told_with_the_wish(file, busy):
    busy.change(MakeWish(Verb.PAUSE, Subject(Scope.HOST, "b"), Wisher("ada", why="it burns")))
    wishes = [wish for page in pages(busy, Wishes()) for wish in page]
    assert keys(table(file, "paused")) == ["b:80"]
    _, line = printed(file, "paused", wishes=wishes)
    assert line.split()[:2] == ["b:80", "paused"]
    (found,) = busy.entry(AboutHost("b:80"))
    told = "\n".join(hosts.account_lines(found, [], hosts.Look(NOW, DAY, wishes)))
    assert "  state         paused" in told
    assert "ada" in told
    assert "it burns" in told
    assert hosts.account_document(found, hosts.Look(NOW, DAY, wishes))["wishes"][0]["why"]
    assert printed(file, "failing", wishes=wishes)[2].split()[:2] == ["c:80", "banned"]


def test_a_table_for_programs_has_the_same(file, busy):
    told = json.loads(
        json.dumps(hosts.table_document(table(file, "failing"), hosts.Look(NOW, DAY)))
    )
    first = told["hosts"][0]
    assert (first["host"], first["state"], first["share_well"]) == ("b:80", "failing", 0.25)
    assert (first["rests_for"], first["failures"]) == ("failures", 6)
    assert (first["rate"], first["delays_asked_s"]) == (0.3333, {"configuration": 2.0})
    assert first["last_failure"]["cause"] == "timeout"
    assert told["chosen"] == 2


def test_all_of_a_host_is_told_with_its_failures(file, busy):
    with open_ledger(file) as desk:
        (found,) = at(desk, NOW).entry(AboutHost("b"))
        told = "\n".join(hosts.account_lines(found, desk.sums().members, hosts.Look(NOW, DAY)))
        with pytest.raises(UsageError, match="no host nowhere is known"):
            desk.entry(AboutHost("nowhere"))
    assert "state         failing, for 1 min 30 s, 6 failures in a row; the last one had no" in told
    assert "rests         until " in told
    assert "visits        0 visits today, 20/min lately, 25 % of the last ones well" in told
    assert "URLs          2 waiting, 0 leased" in told
    assert "job: 2 waiting; asks for 2 s of delay, ignores robots.txt" in told
    assert "held by       process " in told
    assert "failed        timeout, 2 times, last now" in told
    document = hosts.account_document(found, hosts.Look(NOW, DAY))
    assert document["last_failures"][0]["times"] == 2
    assert document["jobs"][0]["waiting"] == 2


def test_failures_are_told_with_an_example(file, busy):
    with open_ledger(file) as desk:
        found = desk.entry(FailuresOf(NOW - 60, limit=1))
        none = desk.entry(FailuresOf(NOW + 60))
    told = list(hosts.failure_lines(found, NOW, NOW - 60))
    assert " timeout, 2 times, last now; " in told[0]
    assert told[2].startswith("  http://")
    assert told[3] == "2 more; --limit shows them"
    assert list(hosts.failure_lines(none, NOW + 61, NOW + 60)) == [
        "no visit has failed within the last 1 s"
    ]


def test_answers_about_hosts_take_no_time_at_any_size(big):
    file, _ = big
    times = []
    with open_ledger(file) as desk:
        at(desk, NOW)
        for order in ("name", "waiting"):
            began = time.thread_time()
            found = desk.entry(HostsOf("at_work", order, NOW))
            times.append(time.thread_time() - began)
            assert (len(found.rows), found.chosen, found.at_least) == (20, MAX_CHOSEN, True)
    print(f"hosts: {times[0] * 1000:.1f} ms by name, {times[1] * 1000:.1f} ms by waiting")
    assert max(times) < MOST_S
