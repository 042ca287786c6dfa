"""`crawler status`: who is alive, why it is idle, and how fast it goes."""

import json
import re
import time

from crawler.frontier import LEASE_S, Holder, Pulse, open_ledger
from crawler.frontier.process import current
from crawler.records import JobTerms
from crawler.verbs import status
from crawler.verbs.ledger import Ledger
from tests.parts.desk import at
from tests.parts.frontiers import NOW, gone, join, seeds
from tests.parts.ledgers import ended, execute

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
    assert status.idle(look(file)).startswith("it is paused")
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
    paused = "process 7: it is paused; its log says since when and why"
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


def test_the_rate_and_the_time_that_is_left_are_those_of_the_living(file, frontier):
    frontier.add("job", seeds("a", each=90), NOW)
    for process in (current(), gone()):
        frontier.join(process, NOW)
    execute(file, "UPDATE process SET rate = 3, rate_ok = 2, busy = 4, state = 'running'")
    found = look(file)
    assert (found.rate, found.eta) == (3.0, 30.0)
    told = "\n".join(status.lines(found, Ledger(file)))
    assert "rate     3.0 visits/s, 2.0 of them ok; what waits takes 30 s at this rate" in told
    assert "running for 0 s, 4 in flight, 3.0 visits/s" in told
    assert ": dead, last heard of " in told
    document = status.document(found, Ledger(file))
    assert json.loads(json.dumps(document))["eta_s"] == 30
    assert [one["life"] for one in document["processes"]] == ["alive", "dead"]


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
            began = time.perf_counter()
            status.look(at(desk, NOW), Ledger(file))
            times.append(time.perf_counter() - began)
    assert sum(job.known for job in found.jobs) == urls
    leased = [plan for plan in plans if plan.endswith("task USING INDEX task_leased")]
    assert len(leased) == 1, "what is being visited is counted one by one"
    assert [plan for plan in plans if re.search(r"(SCAN|SEARCH) task", plan)] == leased, plans
    assert any("host_ready" in plan for plan in plans)
    print(f"status of {urls:,} URLs on {found.hosts.known:,} hosts: {min(times) * 1000:.1f} ms")
    assert min(times) < MOST_S
