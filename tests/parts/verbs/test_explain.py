"""`crawler explain`: what the ledger knows of a URL, and what the URL waits for."""

import os

import pytest

from crawler.frontier import ReadChunk, open_ledger
from crawler.model import Kind
from crawler.records import Again, HostRecord, JobTerms
from crawler.urls import fingerprint
from crawler.verbs import explain
from crawler.verbs.ledger import Ledger
from tests.parts.frontiers import NOW, gone, join, one_task, seed, seeds, settled, take
from tests.parts.ledgers import DAY, ended, execute, read_to_end


def explained(file, url, now=NOW, **ledger):
    (case,) = look(file, url, now, **ledger)
    return case


def look(file, url, now=NOW, **ledger):
    with open_ledger(file) as desk:
        return explain.look(desk, Ledger(file, **ledger), url, now)


def waits(file, url="http://a/0", now=NOW):
    return " | ".join(explain.waits_for(explained(file, url, now)))


def test_a_url_is_known_by_every_job_that_lists_it(file, frontier):
    for job in ("one", "two"):
        frontier.add(job, seeds("a", job=job), NOW)
    found = look(file, "http://a/0")
    assert [case.entry.job for case in found] == ["one", "two"]


def test_where_a_url_is_listed_is_found_in_the_chunks(file, frontier):
    frontier.configure([JobTerms("job")], NOW)
    for number, name in enumerate(("lists/a", "lists/b")):
        listed = seeds("a", each=30)[number * 10 : 20 + number * 10]
        read_to_end(frontier, [ReadChunk(1, 2, listed)], name=name)
    sources = lambda n: explained(file, f"http://a/{n}").sources  # noqa: E731
    assert (sources(0), sources(15), sources(29)) == (["lists/a"], ["lists/a", "lists/b"],
                                                      ["lists/b"])  # fmt: skip


def test_eight_bytes_across_two_fingerprints_are_no_listing(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    number = fingerprint("job", "http://a/0").to_bytes(8, "little", signed=True)
    source = frontier.begin_pass(join(frontier), "job", "list").source
    blob = b"1234" + number + b"5678"
    execute(file, "INSERT INTO chunk VALUES (1, ?, 1, 1, 0, ?, 0)", source, blob)
    assert explained(file, "http://a/0").sources == []


def test_what_a_url_waits_for_is_told_for_every_state(file, frontier):
    ended(frontier, "a")
    assert "it is stored, and its job visits a URL once" in waits(file)
    assert "it was given up; `crawler retry`" in waits(file, "http://a/1")
    execute(file, "UPDATE task SET state = 4 WHERE id = 3")
    assert "no list names it any more" in waits(file, "http://a/2")
    frontier.configure([JobTerms("other")], NOW)
    assert "the configuration no longer has the job job" in waits(file, "http://a/3")


@pytest.mark.parametrize(
    ("wait", "why"), [(60.0, "its host asked for it with Retry-After"), (90.0, "after 1 failure")]
)
def test_a_wait_says_whether_it_is_the_hosts_word_or_ours(file, frontier, wait, why):
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier)
    task = one_task(frontier, owner)
    again = settled(task, Kind.HTTP_ERROR, Again(NOW + wait), status=503, retry_after=60.0)
    frontier.settle(owner, [again], [HostRecord(task.host_id, NOW)])
    frontier.leave(owner, [], NOW)
    assert f"({why})" in waits(file)


@pytest.mark.parametrize(
    ("kind", "ended", "why"),
    [
        ("stored", "stored", "by its job's schedule"),
        ("empty", "unchanged", "by its job's schedule"),
        ("http_error", "stored", "after http_error"),  # its host pays, so that it has no failure
        ("connect", None, "after connect"),
        (None, None, "it was put off"),
    ],
)
def test_a_wait_after_a_visit_that_was_no_end_is_not_its_schedules(
    file, frontier, kind, ended, why
):
    frontier.add("job", seeds("a"), NOW)
    execute(file, "UPDATE task SET due_at = ?, ended = ?", NOW + 90, ended)
    execute(file, "INSERT INTO visited (task, kind) SELECT id, ? FROM task", kind)
    assert f"({why})" in waits(file)


def test_a_url_that_waits_tells_its_time_its_host_and_its_daemon(file, frontier):
    frontier.add("job", seeds("a", each=3), NOW)
    assert waits(file) == "a daemon: none is running"
    owner = join(frontier)
    assert waits(file, "http://a/2") == "its turn, behind 2 URLs of its job and host"
    execute(file, "UPDATE task SET due_at = ?, failures = 2", NOW + 90)
    execute(file, "INSERT INTO visited (task, kind) SELECT id, 'timeout' FROM task")
    execute(
        file, "UPDATE host SET next_at = ?1, failed_until = ?1, failures = 6, failing_since = ?2, "
        "opens_at = ?3", NOW + 60, NOW - 60, NOW + 7200,
    )  # fmt: skip
    told = waits(file)
    assert "its time, 1970-01-12T13:48:10Z, in 1 min 30 s (after 2 failures)" in told
    assert "the rest of a:80, until 1970-01-12T13:47:40Z, in 1 min (6 failures in a row" in told
    assert "a:80 to open, 1970-01-12T15:46:40Z, in 2 h (its hours, or its visits of" in told
    assert explained(file, "http://a/0").next_at == NOW + 7200
    execute(file, "UPDATE host SET failed_until = 0, failures = 0, put_off_until = next_at")
    assert "(it asked for it with Retry-After)" in waits(file)
    execute(file, "UPDATE host SET put_off_until = 0, turn_at = next_at, address = '192.0.2.7'")
    assert "(the hosts at its address 192.0.2.7 have their turns before)" in waits(file)
    execute(file, "UPDATE host SET turn_at = 0, gap = 2, answered_at = ?, next_at = ?", NOW - 0.5,
            NOW + 1.5)  # fmt: skip
    assert "(2 s between two visits)" in waits(file)
    execute(file, "UPDATE host SET backoff = 2")
    assert "(2 s between two visits since it failed)" in waits(file)
    assert explain.document(explained(file, "http://a/0"))["host_state"]["why"] == "backoff"
    take(frontier, owner, NOW + DAY)
    assert f"the end of a visit that is under way, by process {os.getpid()}" in waits(file)
    assert f"its turn with process {os.getpid()}" in waits(file, "http://a/2")


def test_a_url_whose_holder_died_says_so(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    take(frontier, frontier.join(gone(), NOW).owner)
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
    told = list(explain.lines(explained(file, "http://a/1")))
    assert any("robots.txt    not obeyed; allowed, HTTP status 404" in line for line in told)


def test_a_url_waits_for_a_robots_txt_that_cannot_be_had(file, frontier):
    frontier.configure([JobTerms("job", obeys=True)], NOW)
    frontier.add("job", seeds("a"), NOW)
    assert "robots.txt, which will be asked for" in waits(file)
    execute(file, "UPDATE host SET asked_until = ?", NOW + 99)
    assert "robots.txt, which is asked for" in waits(file)
    robots(file, fetched_at=0.0, until=0.0, failures=3, reason="HTTP status 503")
    told = waits(file)
    assert "robots.txt could not be fetched (3 attempts): HTTP status 503; asked for again " in told
    execute(file, "UPDATE host SET rules_until = ?", NOW + 99)
    assert "robots.txt" not in waits(file)


def test_a_host_at_an_address_that_another_process_visits_waits_for_it(file, frontier):
    frontier.add("job", seeds("a", "b"), NOW)
    owner = join(frontier)
    execute(file, "UPDATE host SET address = '192.0.2.1'")
    execute(file, "UPDATE host SET owner = ? WHERE key = 'b:80'", owner)
    execute(file, "INSERT INTO address (ip, owner) VALUES ('192.0.2.1', ?)", owner)
    assert "the address 192.0.2.1, of which process" in waits(file)


def test_an_unknown_url_names_what_comes_near_it(file, frontier):
    frontier.add("job", [seed("https://www.a/x/")], NOW)
    told = list(explain.unknown_lines(look(file, "http://a/x?y"), NOW))
    assert told[:2] == ["no job knows it", "  its host a:80 is not known either"]
    near = look(file, "http://a/x")
    assert "  but job knows https://www.a/x/ (waiting)" in explain.unknown_lines(near, NOW)
    told = list(explain.unknown_lines(look(file, "https://www.a/other"), NOW))
    assert "  its host www.a:443 is known; 1 URL of it wait" in told


def test_nothing_that_is_printed_moves_a_terminal(file, frontier):
    ended(frontier, "a")
    robots(file, b"User-agent: *\nDisallow: /\x1b[2J\x9b\n")
    execute(file, "UPDATE visited SET reason = 'x' || char(27) || '[2J', location = 'http://a/1'")
    case = explained(file, "http://a/1")
    from crawler.log import printable
    from crawler.verbs.words import as_json

    assert "\x1b" in "".join(explain.lines(case))
    assert "\x1b" not in "".join(map(printable, explain.lines(case)))
    assert "\x1b" not in as_json(explain.document(case))
    assert as_json("\x7f\x9b\u202e") == '"\\u007f\\u009b\\u202e"'
