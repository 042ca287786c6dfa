"""`crawler status`: who is alive, why it is idle, and how fast it goes."""

import json
import re
import time

from crawler.frontier import LEASE_S, BacklogOf, Holder, Pulse, open_ledger
from crawler.frontier.process import current
from crawler.frontier.sql.desk import backlog
from crawler.frontier.wishes import MakeWish, Scope, Subject, TakeBackWish, Verb, Wisher
from crawler.log import iso
from crawler.model import Kind
from crawler.records import Again, Done, HostRecord, JobTerms, Rest
from crawler.records import Health as HostHealth
from crawler.verbs import status
from crawler.verbs.commands.status import CANNOT_TELL, status_verb
from crawler.verbs.ledger import Ledger
from crawler.verbs.status.check import USUAL, Health, Thresholds, checked, document
from crawler.verbs.status.waits import next_of, waits_of
from tests.parts.desk import at
from tests.parts.frontiers import NOW, gone, join, seeds, settled, take
from tests.parts.ledgers import DAY, ended, execute

MOST_S = 0.05


def look(file, now=NOW):
    with open_ledger(file) as desk:
        return status.look(at(desk, now), Ledger(file))


def test_a_process_is_alive_dead_or_silent(file, frontier):
    join(frontier)
    frontier.join(gone(), NOW)
    execute(
        file,
        "INSERT INTO process (machine, pid, born, started_at, lease_until) "
        "VALUES ('elsewhere', 7, '1', ?, ?)", NOW, NOW + LEASE_S,
    )  # fmt: skip
    lives = lambda now: [one.life(current().machine, now) for one in look(file, now).members]  # noqa: E731
    assert lives(NOW) == ["alive", "dead", "alive"]
    assert lives(NOW + 2 * LEASE_S) == ["alive", "dead", "silent"]


def test_idle_without_a_daemon_says_so(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    assert status.idle(look(file)) == "no daemon is running"
    frontier.join(gone(), NOW)
    assert " died, and the next daemon takes back all URLs" in status.idle(look(file))


def test_idle_for_a_host_that_rests_and_for_a_time_that_has_not_come(file, frontier):
    join(frontier)
    execute(file, "UPDATE process SET state = 'running'")
    frontier.add("job", seeds("a"), NOW)
    assert status.idle(look(file)) is None
    execute(file, "UPDATE host SET next_at = ?, ready_at = ?", NOW + 60, NOW + 60)
    assert status.idle(look(file)).startswith("all hosts rest until ")
    assert "in 1 min: a:80 is the first" in status.idle(look(file))
    execute(file, "UPDATE host SET next_at = 0")
    assert status.idle(look(file)).startswith("nothing is due until ")
    execute(file, "UPDATE host SET asked_until = ?", NOW + 99)
    assert status.idle(look(file)).startswith("robots.txt of every host")


def test_idle_because_all_is_done_or_paused_or_busy(file, frontier):
    ended(frontier, "a")
    join(frontier)
    execute(file, "UPDATE process SET state = 'running'")
    assert status.idle(look(file)) == "everything that is known has come to its end"
    execute(file, "UPDATE process SET state = 'paused'")
    assert status.idle(look(file)) == "it is paused"
    paused = "\n".join(status.lines(look(file), Ledger(file)))
    assert ": paused, started 0 s ago, 0 in flight" in paused  # since when it pauses is not known
    execute(file, "UPDATE process SET busy = 1")
    assert status.idle(look(file)) is None


def test_idle_names_the_one_of_two_processes_that_is_paused(file, frontier):
    join(frontier)
    execute(file, "UPDATE process SET state = 'running'")
    execute(
        file,
        "INSERT INTO process (machine, pid, born, started_at, lease_until, state) "
        "VALUES ('elsewhere', 7, '1', ?, ?, 'paused')", NOW, NOW + LEASE_S,
    )  # fmt: skip
    frontier.add("job", seeds("a"), NOW)
    paused = "process 7: it is paused"
    assert status.idle(look(file)) == paused
    execute(file, "UPDATE host SET next_at = ?, ready_at = ?", NOW + 60, NOW + 60)
    assert re.fullmatch(f"all hosts rest until .*; {paused}", status.idle(look(file)))
    execute(file, "UPDATE process SET busy = 1 WHERE pid != 7")
    assert status.idle(look(file)) is None


def test_idle_because_a_process_has_an_older_text_of_its_configuration(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    holder = Holder("crawler", "crawler.yaml")
    old = frontier.join(current(), NOW, holder).owner
    frontier.configure([JobTerms("job", digest="1")], NOW, text=(old, "one"))
    frontier.beat(old, Pulse("running"), NOW)
    new = frontier.join(gone(), NOW, holder).owner
    frontier.configure([JobTerms("job", digest="2")], NOW, text=(new, "two"))
    assert "an older text of its configuration" in status.idle(look(file))


def printed(file, now=NOW):
    return "\n".join(status.lines(look(file, now), Ledger(file)))


def test_a_host_that_was_ready_long_ago_is_said_to_be_ready(file, frontier):
    frontier.add("job", seeds("a", each=9), NOW)
    assert "\nnext     a:80, ready since 1970-01-12T13:46:40Z, 1 min 30 s ago\n" in printed(
        file, NOW + 90
    )
    assert "\nnext     a:80, 1970-01-12T13:46:40Z, now\n" in printed(file)


def test_the_rate_is_that_of_the_living(file, frontier):
    frontier.add("job", seeds("a", each=90), NOW)
    for process in (current(), gone()):
        frontier.join(process, NOW)
    execute(file, "UPDATE process SET rate = 3, rate_ok = 2, busy = 4, state = 'running'")
    execute(file, "UPDATE process SET started_at = started_at - 60, seen_at = ?", NOW)
    found, told = look(file), printed(file)
    assert found.rate == 3.0
    assert "rate     3.0 visits/s, 2.0 of them ok\n" in told
    assert "eta      first visits: 90 URLs, 30 s at this rate\n" in told
    assert "running for 1 min, 4 in flight, 3.0 visits/s, heard of now" in told
    assert ": dead, last heard of " in told
    document = json.loads(json.dumps(status.document(found, Ledger(file))))
    assert document["eta_s"] == 30
    assert document["eta"]["first_visits"] == {
        "least_s": 30, "most_s": 30, "host": None, "failing": None
    }  # fmt: skip
    assert [one["life"] for one in document["processes"]] == ["alive", "dead"]


def test_the_time_that_is_left_is_that_of_the_slowest_host(file, frontier):
    frontier.configure([JobTerms("job", per_host=1)], NOW)
    frontier.add("job", seeds("a", each=50) + seeds("b", each=10), NOW)
    join(frontier)
    execute(file, "UPDATE process SET rate = 9, state = 'running', started_at = started_at - 60")
    execute(file, "UPDATE host SET gap = 2, answered_at = 1, latency = 0.5")
    told = printed(file)
    assert "first visits: 60 URLs, 1 min 40 s to 2 min 5 s; a:80 is the slowest" in told
    execute(
        file, "UPDATE host SET failures = 5, failing_since = ?, next_at = ? WHERE key = 'b:80'",
        NOW, NOW + 999,
    )  # fmt: skip
    assert "URLs, not before 1970-01-12T14:03:19Z, in 16 min 39 s: b:80 fails" in printed(file)
    execute(file, "UPDATE host SET next_at = ? WHERE key = 'b:80'", NOW + 9)
    told = "not before 1970-01-12T13:48:20Z, in 1 min 40 s: a:80 is the slowest, and b:80 fails"
    assert told in printed(file)


def test_just_after_a_start_only_the_least_time_is_told(file, frontier):
    frontier.configure([JobTerms("job", delay=2.0, per_host=1)], NOW)
    frontier.add("job", seeds("a", each=50), NOW)
    join(frontier)
    execute(file, "UPDATE process SET rate = 9, state = 'running'")
    told = printed(file, NOW + 2)
    assert re.search(
        r"first visits: 50 URLs, not before \S+, in 1 min 40 s: a:80 is the slow", told
    )
    assert "1 min 40 s; a:80 is the slowest" in printed(file, NOW + 60)


def test_a_budget_of_the_day_is_reckoned(file, frontier):
    frontier.add("job", seeds("a", each=50), NOW)
    join(frontier)
    execute(file, "UPDATE process SET started_at = started_at - 60")
    execute(file, "UPDATE host SET gap = 2, answered_at = 1, per_day = 10, spent = 10, day = ?",
            NOW // DAY)  # fmt: skip
    assert "50 URLs, 4 d 10 h; a:80 is the slowest" in printed(file)


def test_a_host_that_fails_leaves_no_time_but_that_of_its_next_visit(file, frontier):
    frontier.add("job", seeds("a", "b", each=5), NOW)
    join(frontier)
    execute(file, "UPDATE process SET started_at = started_at - 60")
    execute(file, "UPDATE host SET failing_since = ?, failures = 1, next_at = ? WHERE key = 'b:80'",
            NOW, NOW + 30)  # fmt: skip
    assert re.search(r"10 URLs, not before \S+, in 30 s: b:80 fails", printed(file))


def test_schedules_have_a_time_of_their_own(file, frontier):
    ended(frontier, "a", again=NOW + DAY)
    join(frontier)
    execute(file, "UPDATE host SET gap = 2, answered_at = 1")
    assert "eta      schedules: 4 URLs due again\n" in printed(file)
    assert "schedules: 4 URLs due again; 4 due by now, 8 s; a:80 is the slowest" in printed(
        file, NOW + DAY
    )
    assert "first visits" not in printed(file)


def test_what_failed_and_waits_for_another_visit_is_a_column_of_its_own(file, frontier):
    frontier.add("job", seeds("a", each=2), NOW)
    owner = join(frontier)
    (host,) = take(frontier, owner).values()
    health = HostHealth(failures=5, failing_since=NOW - 60, silent=True)
    frontier.settle(
        owner,
        [settled(task, Kind.CONNECT, Again(NOW + 60), reason="refused") for task in host.tasks],
        [HostRecord(host.id, NOW + 60, health=health, rest=Rest(NOW, NOW + 60))],
    )
    frontier.beat(owner, Pulse("running"), NOW)
    told = printed(file)
    (row,) = [line.split() for line in told.splitlines() if line.startswith("job ")][1:]
    assert row == ["job", "2", "2", "2", "0", "0", "0", "0", "0"]
    assert "  waits: 1 host failing, tried again in 1 min" in told
    assert "failing  a:80 for 1 min: connect refused, 2 times, last now" in told
    document = status.document(look(file), Ledger(file))
    assert document["jobs"][0]["retrying"] == 2
    assert document["failing"][0]["cause"] == "connect refused"
    execute(file, "UPDATE host SET next_at = 0, ready_at = ?", NOW + 45)
    assert "failing, tried again in 45 s" in printed(file), "its robots.txt is asked for first"
    again = settled(host.tasks[0], Kind.STORED, Done(), path="a", digest="ab" * 32, size=1)
    execute(file, "UPDATE task SET state = 1 WHERE id = ?", host.tasks[0].id)
    frontier.settle(owner, [again], [])
    assert look(file).jobs[0].retrying == 1


def test_a_process_that_says_nothing_is_told_by_its_silence(file, frontier):
    owner = join(frontier)
    frontier.beat(owner, Pulse("running", busy=3), NOW)
    assert ": running for 0 s, 3 in flight, 0.0 visits/s, heard of now" in printed(file)
    assert "not heard of for 53 s; then it was running for 53 s, 3 in flight" in printed(
        file, NOW + 53
    )


def test_a_pause_and_a_reload_are_told_with_cause_and_time(file, frontier):
    owner = join(frontier)
    pulse = Pulse(
        "paused", paused_at=NOW - 90, paused_for="no room", reloaded_at=NOW - 5, reloaded="j: delay"
    )
    frontier.beat(owner, pulse, NOW)
    told = printed(file)
    assert "\n  paused   for 1 min 30 s: no room\n" in told
    assert "\n  reload   1970-01-12T13:46:35Z, 5 s ago: j: delay\n" in told
    assert status.idle(look(file)) == "it is paused for 1 min 30 s: no room"


def test_each_job_says_what_it_waits_for(file, frontier):
    frontier.add("job", seeds("a", "b", "c", "d", each=1), NOW)
    owner = join(frontier)
    frontier.lease(owner, NOW, new=1, refills={}, idle=[])
    free = [name for (name,) in execute(file, "SELECT key FROM host WHERE owner IS NULL")]
    execute(file, "UPDATE host SET next_at = ?, ready_at = ? WHERE key = ?", NOW + 9, NOW + 9,
            free[0])  # fmt: skip
    execute(file, "UPDATE host SET asked_until = ? WHERE key = ?", NOW + 9, free[1])
    (number,) = execute(file, "SELECT id FROM host WHERE key = ?", free[2])[0]
    execute(file, "UPDATE task SET due_at = ? WHERE host = ?", NOW + 30, number)
    assert waits_of(look(file)) == {
        "job": "1 host asked for robots.txt; 1 host resting, the first until in 9 s; "
        "1 host with nothing due for 30 s"
    }


def test_each_job_says_when_its_next_visit_may_be(file, frontier):
    frontier.add("job", seeds("a", "b", each=1), NOW)
    times = ("a:80", NOW + 30, NOW + 20), ("b:80", NOW, NOW + 40)
    for host, due_at, next_at in times:
        (number,) = execute(file, "SELECT id FROM host WHERE key = ?", host)[0]
        execute(file, "UPDATE task SET due_at = ? WHERE host = ?", due_at, number)
        execute(file, "UPDATE host SET next_at = ?, ready_at = ? WHERE id = ?", next_at,
                max(due_at, next_at), number)  # fmt: skip
    found = look(file)
    assert next_of(found) == {"job": NOW + 30}
    (job,) = status.document(found, Ledger(file))["jobs"]
    assert job["next_at"] == iso(NOW + 30)


def test_what_is_paused_by_an_operator_is_told_with_who_and_why(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier)
    frontier.beat(owner, Pulse("running"), NOW)
    frontier.change(MakeWish(Verb.PAUSE, Subject(), Wisher("ada", why="a move")))
    told = printed(file)
    assert re.search(r"\nwish     .*ada.*a move\n", told)
    assert "  waits: it is paused, see crawler wishes" in told
    assert "idle     everything is paused, as an operator wishes" in told
    health, line = checked(look(file), Thresholds(60.0, 1.0, 0, 1))
    assert health is Health.DEGRADED
    assert line.startswith("CRAWLER WARNING - everything is paused by ada on since 1970-")
    assert ": a move | " in line
    frontier.change(TakeBackWish(Verb.PAUSE, Subject()))
    frontier.change(MakeWish(Verb.PAUSE, Subject(Scope.HOST, "a"), Wisher("ada")))
    assert checked(look(file), Thresholds(60.0, 1.0, 0, 1))[0] is Health.OK


def test_the_size_has_the_wal_and_the_room_is_told(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    told = printed(file)
    assert re.search(r"state    \S+, [\d.]+ KB, and [\d.]+ KB in its WAL\n", told)
    assert re.search(rf"room     {file.parent}: [\d.]+ GB free, \d+ %\n", told)


def test_a_line_for_monitors_has_a_code_and_figures(file, frontier):
    most = Thresholds(60.0, 0.1, 0, 1)
    assert checked(look(file), most) == (
        Health.DOWN,
        (
            "CRAWLER CRITICAL - no daemon is running | processes=0 rate=0 waiting=0 retrying=0 "
            "failing_hosts=0 hosts=0"
        ),
    )
    frontier.add("job", seeds(*"abcdefghijk"), NOW)
    owner = join(frontier)
    frontier.beat(owner, Pulse("running"), NOW)
    health, line = checked(look(file), most)
    assert (health, line[:34]) == (Health.OK, "CRAWLER OK - 1 process, 0.0 visits/s"[:34])
    assert checked(look(file, NOW + 61), most)[0] is Health.DOWN
    assert "was not heard of for 1 min 1 s" in checked(look(file, NOW + 61), most)[1]


def test_a_check_is_degraded_by_what_is_beyond_its_thresholds(file, frontier):
    frontier.add("job", seeds(*"abcdefghijk"), NOW)
    owner = join(frontier)
    frontier.beat(owner, Pulse("running"), NOW)
    most = Thresholds(60.0, 0.1, 0, 1)
    execute(file, "UPDATE host SET failing_since = ? WHERE key = 'a:80'", NOW)
    assert checked(look(file), most)[0] is Health.OK
    execute(file, "UPDATE host SET failing_since = ? WHERE key = 'b:80'", NOW)
    wrong = {
        "2 of 11 hosts failing: a:80, b:80": most,
        "1 of 2 processes live": Thresholds(60.0, 1.0, 0, 2),
        " free at ": Thresholds(60.0, 1.0, 2**62, 1),
    }
    for words, each in wrong.items():
        health, line = checked(look(file), each)
        assert health is Health.DEGRADED
        assert words in line
    frontier.beat(owner, Pulse("paused", paused_at=NOW, paused_for="no | room\n"), NOW)
    line = checked(look(file), Thresholds(60.0, 1.0, 0, 1))[1]
    assert line.startswith("CRAWLER WARNING - process ")
    assert "is paused for 0 s: no / room | processes=1" in line


def test_programs_are_told_what_a_check_says_at_its_usual_thresholds(file, frontier):
    options = {one.name: one for one in status_verb.params}
    defaults = [
        options[name].type.convert(options[name].default, None, None)
        for name in ("max_silence", "max_failing", "min_room", "processes")
    ]
    assert Thresholds(*defaults) == USUAL
    assert CANNOT_TELL == Health.UNKNOWN
    told = document(look(file))
    assert told == {"health": "CRITICAL", "told": ["no daemon is running"]}
    frontier.add("job", seeds("a"), NOW)
    frontier.beat(join(frontier), Pulse("paused", paused_at=NOW, paused_for="no | room"), NOW)
    told = document(look(file))
    assert told["health"] == "WARNING"
    assert told["told"][0].endswith("is paused for 0 s: no | room")


def test_what_waits_is_counted_as_far_as_a_bound(frontier, monkeypatch):
    monkeypatch.setattr(backlog, "HOSTS_AT_ONCE", 1)
    monkeypatch.setattr(backlog, "MAX_ROWS", 5)
    frontier.add("job", seeds(*"abc", each=3), NOW)
    found = frontier.entry(BacklogOf(NOW))
    assert ([(one.urls, one.due) for one in found.waits], found.complete) == ([(3, 3)], False)


def test_status_reads_rows_of_sums_and_ends_of_indexes_at_any_size(big):
    file, urls = big
    read, times = [], []
    with open_ledger(file) as desk:
        db = desk._file.db
        db.set_trace_callback(read.append)
        found = status.look(at(desk, NOW), Ledger(file))
        db.set_trace_callback(None)
        plans = [
            row[3]
            for one in read
            if one not in {"BEGIN", "COMMIT"}
            for row in db.execute(f"EXPLAIN QUERY PLAN {one}").fetchall()
        ]
        for _ in range(10):
            began = time.thread_time()
            status.look(at(desk, NOW), Ledger(file))
            times.append(time.thread_time() - began)
    assert sum(job.known for job in found.jobs) == urls
    assert not [plan for plan in plans if plan.startswith("SCAN task")]
    assert not [plan for plan in plans if plan.startswith("SCAN host") and "parked" not in plan]
    assert any("host_ready" in plan for plan in plans)
    print(f"status of {urls:,} URLs on {found.hosts.known:,} hosts: {min(times) * 1000:.1f} ms")
    assert min(times) < MOST_S
