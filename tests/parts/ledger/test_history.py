"""What the ledger tells and takes from outside: real files, some with states set by hand."""

import json
import os
import re
import sqlite3
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from crawler.errors import StateError, UsageError
from crawler.frontier import LEASE_S, ReadChunk, open_frontier
from crawler.frontier.process import current
from crawler.frontier.schema import APPLICATION_ID, VERSION
from crawler.ledger.archive import begin_archive, stored_by
from crawler.ledger.backup import backup
from crawler.ledger.forget import forget
from crawler.ledger.hosts import host_counts
from crawler.ledger.overview import jobs
from crawler.ledger.retry import retry
from crawler.ledger.selection import PAGE_ROWS, Wanted, pages
from crawler.ledger.slices import ROWS_AT_ONCE
from crawler.ledger.statefile import opened
from crawler.model import Kind
from crawler.policy.naming import path_key
from crawler.records import Dead, Done, Hop, HostRecord, JobTerms
from crawler.urls import fingerprint
from crawler.verbs import explain, status
from crawler.verbs.ledger import Ledger
from crawler.verbs.record import exported
from tests import FULL
from tests.parts.frontiers import NOW, gone, join, seed, seeds, settled, take

DAY = 86_400.0
URLS = 60_000
HOSTS = 6_000
MOST_S = 0.05


@pytest.fixture
def file(tmp_path):
    return tmp_path / "state.sqlite"


@pytest.fixture
def frontier(file):
    with open_frontier(file, durable=False) as one:
        yield one


def execute(file, statement, *parameters):
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        return db.execute(statement, parameters).fetchall()


def tallies(file):
    """The sums as kept, and as counted anew from the tasks."""
    kept = Counter({(job, kind): n for job, kind, n in execute(file, "SELECT * FROM tally")})
    real = Counter()
    for job, state, ended, n in execute(
        file, "SELECT job, state, ended, count(*) FROM task WHERE job != 0 GROUP BY 1, 2, 3"
    ):
        real[job, ""] += n
        if state == 4:
            real[job, "retired"] += n
        elif ended:
            real[job, ended] += n
            real[job, "+"] += n * (state in {0, 1})
    return +kept, +real


def assert_sums(file):
    kept, real = tallies(file)
    assert kept == real


def end(frontier, owner, kinds, *, at=NOW, again=None):
    """Visit everything that is due; the URL's last letters say how it ends."""
    while hosts := take(frontier, owner, at):
        tasks = [task for host in hosts.values() for task in host.tasks]
        if not tasks:
            return
        settlements = []
        for task in tasks:
            kind = next(kind for name, kind in kinds.items() if task.url.endswith(name))
            well = kind is Kind.STORED
            verdict = Done(again) if well else Dead(f"it was {kind}", again)
            more = {"path": task.url[7:], "digest": "ab" * 32, "size": 5} if well else {}
            settlements.append(settled(task, kind, verdict, at, reason=kind.value, **more))
        frontier.settle(owner, settlements, [])
        frontier.lease(
            owner, at, new=0, refills={},
            idle=[HostRecord(host.id, 0.0) for host in hosts.values()],
        )  # fmt: skip


KINDS = {"/0": Kind.STORED, "/1": Kind.TIMEOUT, "/2": Kind.DNS, "/3": Kind.NOT_FOUND}


def ended(frontier, *hosts, again=None):
    """A job of four URLs a host, each ended in its own way."""
    frontier.configure([JobTerms("job")], NOW)
    frontier.rescheduled("job", "daily" if again else "")
    frontier.add("job", seeds(*hosts, each=4), NOW)
    owner = join(frontier)
    end(frontier, owner, KINDS, again=again)
    frontier.release(owner, [], NOW)


# --- files that cannot be used


def read(file, **how):
    with opened(file, **how) as db:
        return jobs(db), list(pages(db, Wanted()))


def refusal(file, **how):
    with pytest.raises(StateError) as refused:
        read(file, **how)
    assert refused.value.exit_code == 1
    assert str(file) in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("write", [False, True])
def test_a_missing_file_is_refused_and_not_made(file, write):
    assert "is not there. A daemon makes it when it starts" in refusal(file, write=write)
    assert not file.exists()


def test_an_empty_file_is_refused_and_left_empty(file):
    file.touch()
    assert "is empty; a daemon fills it" in refusal(file, write=True)
    assert not file.stat().st_size


def test_a_folder_is_refused(file):
    file.mkdir()
    assert "is a folder" in refusal(file)


def test_a_database_of_another_program_is_refused(file):
    execute(file, "CREATE TABLE bookmark (url TEXT)")
    assert "is a database of another program" in refusal(file)


def test_a_ledger_of_a_newer_crawler_is_refused(file, frontier):
    execute(file, "PRAGMA user_version = 99")
    assert f"schema 99, this one knows {VERSION}" in refusal(file)


def test_a_ledger_of_an_older_crawler_is_to_be_migrated_by_the_daemon(file):
    execute(file, "CREATE TABLE job (id)")
    execute(file, f"PRAGMA application_id = {APPLICATION_ID}")
    execute(file, "PRAGMA user_version = 1")
    assert "start the daemon once to migrate it" in refusal(file)


@pytest.mark.parametrize("content", [b"\0\xff" * 5000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_is_no_database_is_refused_with_what_to_do(file, content):
    file.write_bytes(content)
    told = refusal(file)
    assert "`crawler backup`" in told
    assert f"sqlite3 {file} .recover" in told
    assert file.read_bytes() == content


def test_a_ledger_with_a_torn_page_is_refused_when_it_is_met(file):
    with open_frontier(file, durable=False) as frontier:
        frontier.add("job", seeds(*(f"h{n}" for n in range(50)), each=100), NOW)
    execute(file, "PRAGMA wal_checkpoint(TRUNCATE)")
    (root,) = execute(file, "SELECT rootpage FROM sqlite_schema WHERE name = 'task'")[0]
    with file.open("r+b") as stream:
        stream.seek((root - 1) * 4096)
        stream.write(b"\xee" * 4096)
    told = refusal(file)
    assert "is damaged" in told
    assert "-wal and -shm away" in told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_a_ledger_of_another_user_is_refused_with_what_to_do():
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "state.sqlite")
        with open_frontier(file, durable=False):
            Path(folder).chmod(0o755)
            file.chmod(0o600)
            os.seteuid(65534)
            try:
                told = refusal(file)
            finally:
                os.seteuid(0)
    assert "run this as the user of the daemon" in told


# --- status


def test_the_sums_of_a_job_are_what_became_of_its_urls(file, frontier):
    ended(frontier, "a", "b")
    frontier.add("job", seeds("c", each=3), NOW)
    assert_sums(file)
    with opened(file) as db:
        (job,) = jobs(db)
    assert (job.known, job.waiting, job.again, job.retired) == (11, 3, 0, 0)
    assert job.kinds == {"stored": 2, "timeout": 2, "dns": 2, "not_found": 2}


def test_what_is_due_again_is_ended_and_counted_as_that_too(file, frontier):
    ended(frontier, "a", again=NOW + DAY)
    with opened(file) as db:
        (job,) = jobs(db)
    assert (job.known, job.waiting, job.again) == (4, 0, 4)
    assert job.kinds["stored"] == 1


def test_visits_to_robots_txt_are_never_counted_or_listed(file, frontier):
    frontier.configure([JobTerms("job", obeys=True)], NOW)
    frontier.add("job", seeds("a"), NOW)
    (task,) = take(frontier, join(frontier))["a:80"].tasks
    assert task.robots
    with opened(file) as db:
        assert [(job.name, job.known) for job in jobs(db)] == [("job", 1)]
        assert [one.url for page in pages(db, Wanted()) for one in page] == ["http://a/0"]


def look(file, now=NOW):
    with opened(file) as db:
        return status.look(db, Ledger(file), now)


def test_a_process_is_alive_dead_or_silent(file, frontier):
    join(frontier)
    frontier.register(gone(), NOW)
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
    frontier.register(gone(), NOW)
    assert "ended without a word" in status.idle(look(file))


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
    execute(file, "UPDATE process SET busy = 1")
    assert status.idle(look(file)) is None


def test_the_rate_and_the_time_that_is_left_are_those_of_the_living(file, frontier):
    frontier.add("job", seeds("a", each=90), NOW)
    for process in (current(), gone()):
        frontier.register(process, NOW)
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


def test_hosts_are_counted_by_what_they_do(file, frontier):
    frontier.add("job", seeds(*"abcdefgh"), NOW)
    owner = join(frontier)
    take(frontier, owner, new=2)
    free = [name for (name,) in execute(file, "SELECT key FROM host WHERE owner IS NULL")]
    execute(file, "UPDATE host SET ready_at = ? WHERE key = ?", NOW + 9, free[0])
    execute(
        file, "UPDATE host SET failures = 7, silent = 1, failing_since = ? WHERE key = ?",
        NOW - DAY, free[1],
    )  # fmt: skip
    execute(file, "UPDATE host SET failures = 5 WHERE key = ?", free[2])
    execute(file, "UPDATE host SET asked_until = ? WHERE key = ?", NOW + 9, free[3])
    execute(file, "UPDATE host SET asked_until = ?, rules_until = ? WHERE key = ?", NOW + 9,
            NOW + 99, free[4])  # fmt: skip
    found = look(file).hosts
    assert (found.known, found.held, found.ready, found.resting) == (8, 2, 5, 1)
    assert (found.gated, found.failing, found.given_up, found.at_least) == (1, 2, 1, ())


# --- a big ledger


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A ledger of many URLs; they differ in everything that is counted."""
    urls, hosts = (2_000_000, 1_000_000) if FULL else (URLS, HOSTS)
    file = tmp_path_factory.mktemp("big") / "state.sqlite"
    with open_frontier(file, durable=False) as frontier:
        frontier.configure([JobTerms("one"), JobTerms("two")], NOW)
        frontier.register(current(), NOW)
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        db.executemany(
            "INSERT INTO host (id, key, ready_at, next_at, asked_until) VALUES (?, ?, ?, 0, ?)",
            ((n, f"h{n}.example:80", NOW + n % 999 - 500, NOW + n % 77) for n in range(1, hosts)),
        )
        db.executemany(
            "INSERT INTO task (id, fingerprint, job, host, state, due_at, url, ended, kind) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (_task(n, hosts) for n in range(1, urls + 1)),
        )
        db.execute(
            "INSERT INTO tally SELECT job, '', count(*) FROM task GROUP BY job UNION ALL "
            "SELECT job, ended, count(*) FROM task WHERE ended IS NOT NULL GROUP BY 1, 2"
        )
        db.execute("COMMIT")
    return file, urls


def _task(n, hosts):
    url = f"http://h{1 + n % (hosts - 1)}.example/{n}"
    kind = (None, "stored", "timeout", "not_found")[n % 4]
    state = (0, 2, 3, 3)[n % 4]
    return n, n * 7919, 1 + n % 2, 1 + n % (hosts - 1), state, NOW, url, kind, kind


def test_status_reads_rows_of_sums_and_ends_of_indexes_at_any_size(big):
    file, urls = big
    read = []
    with opened(file) as db:
        db.set_trace_callback(read.append)
        found = status.look(db, Ledger(file), NOW)
        db.set_trace_callback(None)
        plans = [
            row[3] for one in read for row in db.execute(f"EXPLAIN QUERY PLAN {one}").fetchall()
        ]
        times = []
        for _ in range(10):
            began = time.perf_counter()
            status.look(db, Ledger(file), NOW)
            times.append(time.perf_counter() - began)
    assert sum(job.known for job in found.jobs) == urls
    assert not [plan for plan in plans if re.search(r"(SCAN|SEARCH) task", plan)], plans
    assert any("host_ready" in plan for plan in plans)
    print(f"status of {urls:,} URLs on {found.hosts.known:,} hosts: {min(times) * 1000:.1f} ms")
    assert min(times) < MOST_S


def test_counts_of_hosts_end_where_they_would_take_long(big, monkeypatch):
    file, _ = big
    monkeypatch.setattr("crawler.ledger.hosts.MAX_COUNTED", 500)
    monkeypatch.setattr("crawler.ledger.hosts.MAX_LOOKED_AT", 1000)
    with opened(file) as db:
        found = host_counts(db, NOW)
    assert (found.held, found.ready, found.resting) == (0, 500, 500)
    assert found.at_least == ("ready", "resting", "gated", "failing", "given_up")


def test_an_export_reads_every_url_once_and_in_pages(big):
    file, urls = big
    sizes, seen, last = [], 0, 0
    with opened(file) as db:
        for page in pages(db, Wanted()):
            sizes.append(len(page))
            seen += len(page)
            ids = [one.id for one in page]
            assert ids == sorted(ids)
            assert ids[0] > last
            last = ids[-1]
        found = sum(len(page) for page in pages(db, Wanted(kinds=("timeout",), job="one")))
    assert seen == urls
    assert max(sizes) == PAGE_ROWS
    assert found == sum(1 for n in range(1, urls + 1) if n % 4 == 2 and n % 2 == 0)


def test_a_retry_of_many_goes_in_slices_and_leaves_room_between_them(big, tmp_path):
    file, urls = big
    copy = tmp_path / "copy.sqlite"
    backup(file, copy)
    dead = sum(1 for n in range(1, urls + 1) if n % 4 == 2)
    begins = []
    with opened(copy, write=True) as db:
        db.set_trace_callback(lambda text: begins.append(text) if text.startswith("BEGIN") else 0)
        found = retry(db, Wanted(kinds=("timeout",)), NOW)
    assert found == {"timeout": dead}
    assert len(begins) >= dead // ROWS_AT_ONCE
    kept, real = tallies(copy)
    assert kept == real


# --- export


def test_an_export_never_holds_up_a_checkpoint(file, frontier):
    frontier.add("job", seeds("a", each=2 * PAGE_ROWS + 1), NOW)
    with opened(file) as db:
        read = pages(db, Wanted())
        for each in (PAGE_ROWS, PAGE_ROWS, 2):  # what came meanwhile is on the last
            assert len(next(read)) == each
            frontier.add("job", seeds("more"), NOW)
            ((busy, *_),) = execute(file, "PRAGMA wal_checkpoint(TRUNCATE)")
            assert not busy


def export(file, style="jsonl", **wanted):
    with opened(file) as db:
        return "".join(exported(db, Wanted(**wanted), style))


def test_an_export_tells_the_last_outcome_of_every_url(file, frontier):
    ended(frontier, "a")
    one, *_ = map(json.loads, export(file).splitlines())
    assert one == {
        "url": "http://a/0", "job": "job", "state": "done", "outcome": "ok", "ended": "stored",
        "kind": "stored", "status": None, "reason": "stored", "path": "a/0", "bytes": 5,
        "digest": "ab" * 32, "attempts": 1, "failures": 0, "host": "a:80", "location": None,
        "directives": None, "first_seen": "1970-01-12T13:46:40Z",
        "last_visit": "1970-01-12T13:46:40Z", "last_success": "1970-01-12T13:46:40Z",
        "last_change": "1970-01-12T13:46:40Z", "due_at": None,
    }  # fmt: skip


def test_an_export_can_be_narrowed(file, frontier):
    ended(frontier, "a", "b:8080")
    frontier.add("other", seeds("a", job="other"), NOW)
    count = lambda **wanted: len(export(file, "list", **wanted).split())  # noqa: E731
    assert count() == 9
    assert count(job="other") == 1
    assert count(kinds=("timeout", "dns")) == 4
    assert count(host="B:8080") == count(host="b") == 4
    assert count(host="a", states=("waiting",)) == 1
    assert (count(since=NOW), count(since=NOW + 1)) == (8, 0)
    for wrong in ({"job": "no"}, {"host": "nowhere"}):
        with pytest.raises(UsageError, match="is known"):
            count(**wrong)


def test_a_csv_holds_no_formula_and_no_control_character(file, frontier):
    ended(frontier, "a")
    execute(file, "UPDATE task SET reason = '=HYPERLINK(\"x\")' WHERE id = 1")
    execute(file, "UPDATE task SET reason = ' @x' || char(27, 10) || 'y,z' WHERE id = 2")
    head, *lines = export(file, "csv").splitlines()
    assert head.startswith("url,job,state,outcome,")
    assert '"\'=HYPERLINK(""x"")"' in lines[0]
    assert '"\' @x\ufffd\ufffdy,z"' in lines[1]
    assert len(lines) == 4
    third = export(file).splitlines()[1]
    assert json.loads(third)["reason"] == " @x\x1b\ny,z"
    assert "\x1b" not in third


# --- explain


def explained(file, url, now=NOW, **ledger):
    with opened(file) as db:
        (case,) = explain.cases(db, Ledger(file, **ledger), url, now)
    return case


def waits(file, url="http://a/0", now=NOW):
    return " | ".join(explain.waits_for(explained(file, url, now)))


def test_a_url_is_known_by_every_job_that_lists_it(file, frontier):
    for job in ("one", "two"):
        frontier.add(job, seeds("a", job=job), NOW)
    with opened(file) as db:
        found = explain.cases(db, Ledger(file), "http://a/0", NOW)
    assert [case.entry.job for case in found] == ["one", "two"]


def test_where_a_url_is_listed_is_found_in_the_chunks(file, frontier):
    frontier.configure([JobTerms("job")], NOW)
    for number, name in enumerate(("lists/a", "lists/b")):
        source = frontier.source("job", name).id
        listed = seeds("a", each=30)[number * 10 : 20 + number * 10]
        frontier.admit("job", source, [ReadChunk(1, 2, listed)], NOW)
    sources = lambda n: explained(file, f"http://a/{n}").sources  # noqa: E731
    assert (sources(0), sources(15), sources(29)) == (["lists/a"], ["lists/a", "lists/b"],
                                                      ["lists/b"])  # fmt: skip


def test_eight_bytes_across_two_fingerprints_are_no_listing(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    number = fingerprint("job", "http://a/0").to_bytes(8, "little", signed=True)
    source = frontier.source("job", "list").id
    blob = b"1234" + number + b"5678"
    execute(file, "INSERT INTO chunk VALUES (1, ?, 1, 1, 0, ?)", source, blob)
    assert explained(file, "http://a/0").sources == []


def test_what_a_url_waits_for_is_told_for_every_state(file, frontier):
    ended(frontier, "a")
    assert "it is stored, and its job visits a URL once" in waits(file)
    assert "it was given up; `crawler retry`" in waits(file, "http://a/1")
    execute(file, "UPDATE task SET state = 4 WHERE id = 3")
    assert "no list names it any more" in waits(file, "http://a/2")
    frontier.configure([JobTerms("other")], NOW)
    assert "the configuration no longer has the job job" in waits(file, "http://a/3")


def test_a_url_that_waits_tells_its_time_its_host_and_its_daemon(file, frontier):
    frontier.add("job", seeds("a", each=3), NOW)
    assert waits(file) == "a daemon: none is running"
    owner = join(frontier)
    assert waits(file, "http://a/2") == "its turn, behind 2 URLs of its job and host"
    execute(file, "UPDATE task SET due_at = ?, failures = 2, kind = 'timeout'", NOW + 90)
    execute(
        file, "UPDATE host SET next_at = ?, failures = 6, failing_since = ?, opens_at = ?",
        NOW + 60, NOW - 60, NOW + 7200,
    )  # fmt: skip
    told = waits(file)
    assert "its time, 1970-01-12T13:48:10Z, in 1 min 30 s (after 2 failures)" in told
    assert "the rest of a:80, until 1970-01-12T13:47:40Z, in 1 min (6 failures in a row" in told
    assert "a:80 to open, 1970-01-12T15:46:40Z, in 2 h (its hours, or its visits of" in told
    assert explained(file, "http://a/0").next_at == NOW + 7200
    execute(file, "UPDATE host SET failures = 0, gap = 2")
    assert "(it asked for it with Retry-After)" in waits(file)
    execute(file, "UPDATE host SET next_at = ?", NOW + 1.5)
    assert "(2 s between two visits)" in waits(file)
    take(frontier, owner, NOW + DAY)
    assert f"the end of a visit that is under way, by process {os.getpid()}" in waits(file)
    assert f"its turn with process {os.getpid()}" in waits(file, "http://a/2")


def test_a_url_whose_holder_died_says_so(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    take(frontier, frontier.register(gone(), NOW))
    assert "(dead: what it held is taken back)" in waits(file)


def robots(file, body=None, **more):
    fields = {
        "origin": "http://a:80", "body": body, "status": 200, "fetched_at": NOW,
        "until": NOW + DAY, "refresh_at": NOW + 60, "failing_since": None, "failures": 0,
        "reason": "", "crawl_delay": 0.0, **more,
    }  # fmt: skip
    columns, marks = ", ".join(fields), ", ".join("?" * len(fields))
    statement = f"REPLACE INTO robots ({columns}) VALUES ({marks})"  # noqa: S608
    execute(file, statement, *fields.values())


def test_the_line_of_robots_txt_that_decides_is_told(file, frontier):
    frontier.configure([JobTerms("job", obeys=True)], NOW)
    frontier.add("job", seeds("a", each=2), NOW)
    said = lambda n: explain.document(explained(file, f"http://a/{n}"))["robots"]  # noqa: E731
    assert said(0)["allowed"] is None
    robots(file, b"User-agent: *\nDisallow: /1\n")
    assert (said(0)["allowed"], said(0)["obeyed"]) == (True, True)
    assert (said(1)["allowed"], said(1)["because"]) == (False, "line 2: Disallow: /1")
    robots(file, status=404, reason="HTTP status 404")
    assert (said(1)["allowed"], said(1)["because"]) == (True, "HTTP status 404")
    frontier.configure([JobTerms("job")], NOW)
    assert said(1)["obeyed"] is False


def test_a_url_waits_for_a_robots_txt_that_cannot_be_had(file, frontier):
    frontier.configure([JobTerms("job", obeys=True)], NOW)
    frontier.add("job", seeds("a"), NOW)
    assert "robots.txt, which will be asked for" in waits(file)
    execute(file, "UPDATE host SET asked_until = ?", NOW + 99)
    assert "robots.txt, which is asked for" in waits(file)
    robots(file, fetched_at=0.0, until=0.0, failures=3, reason="HTTP status 503")
    told = waits(file)
    assert "was not to be had in 3 attempts: HTTP status 503; asked for again " in told
    execute(file, "UPDATE host SET rules_until = ?", NOW + 99)
    assert "robots.txt" not in waits(file)


def test_a_host_at_an_address_that_another_process_visits_waits_for_it(file, frontier):
    frontier.add("job", seeds("a", "b"), NOW)
    owner = join(frontier)
    execute(file, "UPDATE host SET address = '192.0.2.1'")
    execute(file, "UPDATE host SET owner = ? WHERE key = 'b:80'", owner)
    assert "the address 192.0.2.1, of which process" in waits(file)


def test_an_unknown_url_names_what_comes_near_it(file, frontier):
    frontier.add("job", [seed("https://www.a/x/")], NOW)
    with opened(file) as db:
        found = explain.unknown(db, Ledger(file), "http://a/x?y")
        told = list(explain.unknown_lines(found, NOW))
        assert told[:2] == ["no job knows it", "  its host a:80 is not known either"]
        near = explain.unknown(db, Ledger(file), "http://a/x")
        assert "  but job knows https://www.a/x/ (waiting)" in explain.unknown_lines(near, NOW)
        other = explain.unknown(db, Ledger(file), "https://www.a/other")
        told = list(explain.unknown_lines(other, NOW))
        assert "  its host www.a:443 is known; 1 URL of it wait" in told


def test_nothing_that_is_printed_moves_a_terminal(file, frontier):
    ended(frontier, "a")
    robots(file, b"User-agent: *\nDisallow: /\x1b[2J\x9b\n")
    execute(file, "UPDATE task SET reason = 'x' || char(27) || '[2J', location = 'http://a/1'")
    case = explained(file, "http://a/1")
    from crawler.log import printable
    from crawler.verbs.words import as_json

    assert "\x1b" in "".join(explain.lines(case))
    assert "\x1b" not in "".join(map(printable, explain.lines(case)))
    assert "\x1b" not in as_json(explain.document(case))
    assert as_json("\x7f\x9b\u202e") == '"\\u007f\\u009b\\u202e"'


# --- retry


def retried(file, now=NOW, *, dry=False, **wanted):
    with opened(file, write=not dry) as db:
        found = retry(db, Wanted(**wanted), now, dry=dry)
    assert_sums(file)
    return found


def test_a_retry_makes_the_dead_due_and_leaves_what_is_well(file, frontier):
    ended(frontier, "a", "b")
    assert retried(file, NOW + 9) == {"timeout": 2, "dns": 2, "not_found": 2}
    counts = frontier.counts()
    assert (counts.waiting, counts.finished) == (6, {"stored": 2})
    tasks = [t for host in take(frontier, join(frontier), NOW + 9).values() for t in host.tasks]
    assert tasks
    assert all(task.failures == 0 and task.attempt == 2 for task in tasks)


def test_a_retry_can_be_narrowed_and_tried_out(file, frontier):
    ended(frontier, "a", "b")
    assert retried(file, dry=True, kinds=("timeout",)) == {"timeout": 2}
    assert frontier.counts().waiting == 0
    assert retried(file, kinds=("timeout",), host="a") == {"timeout": 1}
    assert retried(file, since=NOW + 1) == {}
    assert frontier.counts().waiting == 1


def test_a_retry_reaches_a_host_that_slept(file, frontier):
    ended(frontier, "a")
    execute(file, "UPDATE host SET ready_at = NULL, class = 1")
    retried(file, NOW + 5)
    assert execute(file, "SELECT ready_at, class FROM host") == [(NOW + 5, 2)]


def test_a_retry_starts_where_the_url_is_listed(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier)
    (task,) = take(frontier, owner)["a:80"].tasks
    frontier.settle(owner, [settled(task, Kind.REDIRECTED, Hop("http://b/x"))], [])
    (task,) = take(frontier, owner)["b:80"].tasks
    frontier.settle(owner, [settled(task, Kind.TIMEOUT, Dead("x"))], [])
    frontier.release(owner, [], NOW)
    retried(file)
    (task,) = take(frontier, join(frontier))["a:80"].tasks
    assert (task.url, task.location, task.hops) == ("http://a/0", "http://a/0", 0)


def test_a_retry_brings_what_a_schedule_would_visit_later(file, frontier):
    ended(frontier, "a", again=NOW + DAY)
    assert retried(file) == {"timeout": 1, "dns": 1, "not_found": 1}
    assert len(take(frontier, join(frontier))["a:80"].tasks) == 2


def test_a_retry_leaves_jobs_that_are_gone(file, frontier):
    ended(frontier, "a")
    frontier.configure([JobTerms("other")], NOW)
    assert retried(file) == {}


def test_a_retry_of_a_host_that_was_given_up_begins_its_time_anew(file, frontier):
    ended(frontier, "a")
    execute(file, "UPDATE host SET silent = 1, failures = 9, failing_since = 5, next_at = 7")
    retried(file, NOW + 1)
    assert execute(file, "SELECT failing_since, failures, next_at FROM host") == [(NOW + 1, 9, 7)]


# --- forget


def forgotten(file, until, *, dry=False):
    with opened(file, write=not dry) as db:
        found = forget(db, until, dry=dry)
    assert_sums(file)
    return found


def listed(frontier, *names, job="job", now=NOW):
    """A list of these URLs, read to its end."""
    source = frontier.source(job, "list").id
    found = [seed(f"http://{name}", job) for name in names]
    synced = frontier.admit(job, source, [ReadChunk(1, len(names), found)], now)
    frontier.retire(job)
    return synced


def test_what_no_list_names_is_forgotten_with_its_name_and_the_rest_stays(file, frontier):
    frontier.configure([JobTerms("job")], NOW)
    listed(frontier, "a/0", "a/1", "a/2")
    owner = join(frontier)
    end(frontier, owner, KINDS)
    frontier.release(owner, [], NOW)
    (number,) = execute(file, "SELECT id FROM task WHERE url = 'http://a/0'")[0]
    frontier.claim([(number, "a/0", "a/0-x")])
    listed(frontier, "a/2")
    assert_sums(file)
    assert forgotten(file, NOW - 1) == 0
    assert forgotten(file, NOW, dry=True) == 2
    assert execute(file, "SELECT key FROM file") == [(path_key("a/0"),)]
    assert forgotten(file, NOW) == 2
    assert execute(file, "SELECT url FROM task") == [("http://a/2",)]
    assert execute(file, "SELECT * FROM file") == []
    assert listed(frontier, "a/0", "a/2").added == 1


def test_a_job_that_is_gone_is_forgotten_and_its_lists_tell_it_anew_if_it_comes_back(
    file, frontier
):
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    listed(frontier, "a/0", "a/1", "a/2")
    frontier.source_read(frontier.source("job", "list"), NOW)
    execute(file, "UPDATE source SET mark = 'read'")
    execute(file, "UPDATE task SET first_seen = ? WHERE url = 'http://a/1'", int(NOW + DAY))
    assert forgotten(file, NOW) == 0
    frontier.configure([JobTerms("other")], NOW)
    assert forgotten(file, NOW, dry=True) == 2
    assert forgotten(file, NOW) == 2
    assert execute(file, "SELECT url, listed FROM task") == [("http://a/1", 1)]
    frontier.configure([JobTerms("job"), JobTerms("other")], NOW)
    state = frontier.source("job", "list")
    assert (state.version, frontier.chunks(state.id)[1] == 3) == ("", False)
    assert listed(frontier, "a/0", "a/1", "a/2").added == 2
    assert execute(file, "SELECT DISTINCT listed FROM task") == [(1,)]
    assert_sums(file)


def test_what_is_being_visited_is_not_forgotten(file, frontier):
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds("a", "b"), NOW)
    take(frontier, join(frontier), new=1)
    frontier.configure([JobTerms("other")], NOW)
    assert forgotten(file, NOW) == 1
    assert execute(file, "SELECT state FROM task") == [(1,)]


# --- backup


def test_a_backup_is_whole_and_a_ledger(file, frontier, tmp_path):
    ended(frontier, "a")
    target = tmp_path / "backup.sqlite"
    file.chmod(0o640)
    assert backup(file, target) == target.stat().st_size
    assert target.stat().st_mode & 0o777 == 0o640
    assert tallies(target) == tallies(file)
    with open_frontier(target, durable=False) as restored:
        assert restored.counts() == frontier.counts()


def test_a_backup_is_of_one_moment_while_the_daemon_goes_on(file, frontier, tmp_path):
    frontier.add("job", seeds("a", each=20_000), NOW)
    with opened(file) as db, closing(sqlite3.connect(tmp_path / "b", isolation_level=None)) as copy:
        db.execute("BEGIN")
        db.execute("SELECT 1 FROM job").fetchone()
        steps = []

        def write(*_):
            steps.append(frontier.add("job", seeds(f"x{len(steps)}"), NOW))

        db.backup(copy, pages=100, progress=write)
        assert sum(steps) == len(steps) > 3
        assert copy.execute("SELECT count(*) FROM task").fetchone() == (20_000,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_overwrites_nothing_unless_it_is_told_to(file, frontier, tmp_path):
    target = tmp_path / "backup"
    target.write_text("precious")
    with pytest.raises(UsageError, match="--force overwrites it"):
        backup(file, target)
    assert target.read_text() == "precious"
    backup(file, target, force=True)
    with opened(target) as db:
        assert jobs(db) == []
    with pytest.raises(UsageError, match="the state file itself"):
        backup(file, file, force=True)


def test_a_damaged_ledger_leaves_no_backup(file, tmp_path):
    with open_frontier(file, durable=False) as frontier:
        frontier.add("job", seeds(*(f"h{n}" for n in range(50)), each=100), NOW)
    (root,) = execute(file, "SELECT rootpage FROM sqlite_schema WHERE name = 'task'")[0]
    with file.open("r+b") as stream:
        stream.seek((root - 1) * 4096)
        stream.write(b"\xee" * 4096)
    with pytest.raises(StateError, match="is damaged"):
        backup(file, tmp_path / "backup")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("backup")] == []


def test_a_backup_where_there_is_no_room_says_so(file, frontier):
    with pytest.raises(StateError, match=r"full|cannot"):
        backup(file, Path("/proc/backup"))


# --- the archive of `crawler fetch`


def test_an_archive_skips_what_is_stored_and_retires_what_is_not_asked_for(file, frontier):
    frontier.configure([JobTerms("fetch")], NOW)
    listed(frontier, *(f"a/{n}" for n in range(5)), "b/0", job="fetch")
    owner = join(frontier)
    end(frontier, owner, {"a/0": Kind.STORED, "a/4": Kind.STORED, "b/0": Kind.STORED} | KINDS)
    listed(frontier, "a/0", "c/0", job="fetch")
    frontier.release(owner, [], NOW)
    with opened(file, write=True) as db:
        begin_archive(db, NOW + 9)
    assert_sums(file)
    assert sum(frontier.listed().values()) == 0
    assert take(frontier, join(frontier), NOW + 9) == {}
    listed(frontier, "a/0", "a/0", "a/1", "a/4", job="fetch", now=NOW + 9)
    assert_sums(file)
    with opened(file) as db:
        earlier = [(one.url, one.listed) for page in stored_by(db, NOW + 9) for one in page]
    assert earlier == [("http://a/0", 2), ("http://a/4", 1)]
    assert frontier.listed()["stored"] == 3
    (host,) = take(frontier, join(frontier), NOW + 9).values()
    assert [task.url for task in host.tasks] == ["http://a/1"]


def test_a_retried_url_may_end_anew_with_the_sums_kept(file, frontier):
    ended(frontier, "a", again=NOW + DAY)
    retried(file)
    owner = join(frontier)
    end(frontier, owner, dict.fromkeys(KINDS, Kind.STORED), at=NOW + 1, again=NOW + 2 * DAY)
    assert_sums(file)
    assert frontier.counts().finished == {"stored": 4}
