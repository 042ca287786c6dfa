"""What visits leave of a URL: it has a row of its own from then on, and no byte before."""

import sqlite3
from contextlib import closing
from dataclasses import fields

from crawler.frontier import Entry, Forget
from crawler.frontier.sql.rows.visited import TASKS, VISITED, column
from crawler.model import Kept, Kind, Validators
from crawler.records import Dead, Done, Hop, JobTerms
from tests.parts.desk import change
from tests.parts.frontiers import NOW, join, one_task, reclaim, seed, seeds, settled, take
from tests.parts.ledgers import execute, listed

URLS = 20_000
MOST_B = 225
"""Bytes of a URL with a host of its own, beyond the URL."""


def tasks_of(frontier, owner, at=NOW):
    return [task for host in take(frontier, owner, at).values() for task in host.tasks]


def visited(file):
    return [task for (task,) in execute(file, "SELECT task FROM visited ORDER BY task")]


def test_a_url_that_nobody_visited_has_no_row_and_takes_few_bytes(file, frontier):
    frontier.configure([JobTerms("job")], NOW)
    execute(file, "PRAGMA wal_checkpoint(TRUNCATE)")
    empty = file.stat().st_size
    new = [seed(f"http://h{number}.example/path", "job") for number in range(URLS)]
    frontier.add("job", new, NOW + 0.5)
    owner = join(frontier)
    frontier.leave(owner, [], NOW)
    assert tasks_of(frontier, join(frontier), NOW + 1)
    assert visited(file) == []
    execute(file, "PRAGMA wal_checkpoint(TRUNCATE)")
    beyond = (file.stat().st_size - empty) / URLS - sum(len(one.url) for one in new) / URLS
    assert beyond < MOST_B, beyond


def test_a_visit_a_part_and_a_suspicion_make_a_row_each_and_one_alone(file, frontier):
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds("a", "b", "c", "d"), NOW)
    owner = join(frontier)
    one, other, third, _ = tasks_of(frontier, owner)
    frontier.settle(owner, [settled(one, Kind.STORED, Done(), digest="ab", size=1)], [])
    kept = Kept("x.part", Validators('"e"'), 9)
    frontier.settle(owner, [], [], kept={other.id: kept, 99: kept})
    assert visited(file) == [one.id, other.id]
    frontier.settle(owner, [settled(other, Kind.NOT_FOUND, Dead("x"))], [])
    reclaim(frontier, NOW + 10_000, "another machine")
    assert visited(file) == [1, 2, 3, 4]
    select = "SELECT id, kind, suspicion > 0, part FROM entry ORDER BY id"
    assert execute(file, select) == [
        (one.id, "stored", 0, None), (other.id, "not_found", 0, None),
        (third.id, None, 1, None), (4, None, 1, None),
    ]  # fmt: skip


def test_what_is_forgotten_leaves_no_row(file, frontier):
    frontier.configure([JobTerms("job")], NOW)
    listed(frontier, "a/0", "a/1")
    owner = join(frontier)
    ends = [settled(task, Kind.NOT_FOUND, Dead("x")) for task in tasks_of(frontier, owner)]
    frontier.settle(owner, ends, [])
    frontier.leave(owner, [], NOW)
    assert len(visited(file)) == 2
    listed(frontier, "a/1")
    change(file, Forget(NOW), NOW)
    assert len(visited(file)) == 1


def test_every_column_is_of_one_of_the_two_tables(file, frontier):
    with closing(sqlite3.connect(file)) as db:
        names = {row[1] for row in db.execute("PRAGMA table_info(visited)")} - {"task"}
        assert names == VISITED
        both = [row[1] for row in db.execute("PRAGMA table_info(entry)")]
        db.execute(f"SELECT {', '.join(map(column, both))} FROM {TASKS}")  # noqa: S608
        of_job = {"job", "active", "obeys", "host", "host_id", "meaning"}
        assert {one.name for one in fields(Entry)} - of_job <= set(both)


def test_a_stored_file_has_its_media_type_and_where_it_came_from(frontier, file):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    frontier.settle(
        owner, [settled(one_task(frontier, owner), Kind.REDIRECTED, Hop("https://b:81/x"))], []
    )
    (hop,) = take(frontier, owner, NOW)["b:81"].tasks
    said = {"media_type": "text/html", "charset": "utf-8"}
    good = settled(hop, Kind.STORED, Done(NOW + 5), digest="ab", size=1, **said)
    frontier.settle(owner, [good], [])
    select = "SELECT location, media_type, charset, final_location FROM entry"
    assert execute(file, select) == [(None, "text/html", "utf-8", "https://b:81/x")]
    hosts = take(frontier, owner, NOW + 5, new=0, refills={hop.host_id: 1, hop.host_id - 1: 1})
    (again,) = hosts["a:80"].tasks
    frontier.settle(owner, [settled(again, Kind.NOT_FOUND, Dead("gone"))], [])
    assert execute(file, select) == [(None, "text/html", "utf-8", "https://b:81/x")], (
        "the file is the same"
    )
