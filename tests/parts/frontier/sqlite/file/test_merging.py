"""The index of known URLs: every task is in it once, whichever of its two levels it is on."""

import random
import sqlite3
from contextlib import closing

import pytest

from crawler.frontier import (
    AboutUrl,
    Forget,
    ReadChunk,
    Retire,
    Retired,
    UnknownUrl,
    changed,
    open_ledger,
)
from crawler.frontier.sql.rows import fingerprints as known
from crawler.frontier.sql.rows.robots import ASKED_FOR_S
from crawler.frontier.sqlite.file import merging
from crawler.records import JobTerms
from tests.parts.desk import at
from tests.parts.frontiers import NOW, Timed, done, end_pass, join, put, seeds, take


@pytest.fixture
def short(monkeypatch):
    """Levels so short that a few hundred URLs go through them."""
    monkeypatch.setattr(merging, "COUNTED_EVERY", 1)
    monkeypatch.setattr(merging, "MAX_RECENT", 100)
    monkeypatch.setattr(merging, "MOVED_AT_ONCE", 30)


@pytest.fixture
def state(tmp_path, short):
    return tmp_path / "state.sqlite"


def levels(state):
    """Return {fingerprint: task} of both levels, and of the tasks themselves."""
    with closing(sqlite3.connect(state)) as db:
        return [
            dict(db.execute(f"SELECT fingerprint, {task} FROM {table}"))  # noqa: S608
            for table, task in (("recent", "task"), ("fingerprint", "task"), ("task", "id"))
        ]


def assert_whole(state):
    recent, moved, tasks = levels(state)
    assert not recent.keys() & moved.keys()
    assert recent | moved == tasks
    return len(recent), len(moved)


def add(frontier, urls, source, anchor):
    read = [ReadChunk(anchor, anchor, urls, 0)]
    return put(frontier, source, read, NOW).added


def test_fingerprints_move_to_the_long_level_and_every_url_stays_known(state):
    some = seeds("a", "b", "c", each=400)
    random.Random(7).shuffle(some)
    with Timed(state, durable=False) as frontier:
        source = frontier.begin_pass(join(frontier), "job", "list")
        for anchor in range(0, len(some), 25):
            assert add(frontier, some[anchor : anchor + 25], source, anchor) == 25
            recent, moved = assert_whole(state)
            assert recent + moved == anchor + 25
        assert recent < 200
        again = some[::3]
        assert add(frontier, again, source, -1) == 0
        assert frontier.sums().counts.known == len(some)


def test_a_url_that_stands_twice_in_a_batch_is_added_once_and_counted_twice(state):
    one, other = seeds("a", "b")
    with Timed(state, durable=False) as frontier:
        source = frontier.begin_pass(join(frontier), "job", "list")
        assert add(frontier, [one, other, one], source, 1) == 2
        assert add(frontier, [other, one, one], source, 2) == 0
    assert_whole(state)
    with closing(sqlite3.connect(state)) as db:
        listed = dict(db.execute("SELECT fingerprint, listed FROM task"))
        order = [row[0] for row in db.execute("SELECT fingerprint FROM task ORDER BY id")]
    assert listed == {one.fingerprint: 4, other.fingerprint: 2}
    assert order == [one.fingerprint, other.fingerprint], "in the order of the list"


def test_what_is_forgotten_leaves_both_levels(state):
    some = seeds("a", each=300)
    with Timed(state, durable=False) as frontier:
        source = frontier.begin_pass(join(frontier), "job", "list")
        for anchor in range(0, 300, 25):
            add(frontier, some[anchor : anchor + 25], source, anchor)
        end_pass(frontier, source, None, gone=range(0, 300, 50))
        source = frontier.begin_pass(source.owner, "job", "list")
        assert done(frontier, source.owner, Retire("job")) == [Retired(150, left=False)]
    recent, moved = assert_whole(state)
    with open_ledger(state, write=True) as desk:
        assert not isinstance(desk.entry(AboutUrl(some[0].url)), UnknownUrl)
        assert changed(at(desk, NOW + 1), Forget(NOW + 1)).total() == 150
        assert isinstance(desk.entry(AboutUrl(some[0].url)), UnknownUrl)
        assert not isinstance(desk.entry(AboutUrl(some[25].url)), UnknownUrl)
    assert assert_whole(state) < (recent, moved)
    with Timed(state, durable=False) as frontier:
        assert add(frontier, some[:25], source, 0) == 25
    assert_whole(state)


def test_what_is_added_beside_the_lists_and_robots_txt_are_known_like_any_url(state):
    with Timed(state, durable=False) as frontier:
        frontier.configure([JobTerms("job", obeys=True)], NOW)
        assert frontier.add("job", seeds("a", each=120), NOW) == 120
        assert frontier.add("job", seeds("a", each=130), NOW) == 10
        for later in (0, ASKED_FOR_S + 1):
            assert [host.tasks[0].robots for host in leased(frontier, NOW + later)] == [True]
            assert_whole(state)
    with closing(sqlite3.connect(state)) as db:
        assert db.execute("SELECT count(*) FROM task").fetchone() == (131,)


def leased(frontier, now):
    owner = join(frontier, now)
    hosts = take(frontier, owner, now).values()
    frontier.leave(owner, [], now)
    return hosts


def test_every_look_up_goes_by_the_key_of_each_level(state):
    with Timed(state, durable=False):
        pass
    with closing(sqlite3.connect(state)) as db:
        plan = db.execute(
            f"EXPLAIN QUERY PLAN SELECT id FROM task WHERE id = {known.TASK_OF}",  # noqa: S608
            (1,),
        ).fetchall()
    steps = [row[3] for row in plan if "recent" in row[3] or "fingerprint" in row[3]]
    assert len(steps) == 2
    assert all(step.startswith("SEARCH") and "rowid=?" in step for step in steps), steps


def transactions_of(frontier, act):
    """Return the statements of each transaction that writes, while something is done."""
    seen, found = [], []
    frontier._file._native.call(frontier._file.db.set_trace_callback, seen.append)
    act()
    frontier._file._native.call(frontier._file.db.set_trace_callback, None)
    for statement in seen:
        if statement.startswith("BEGIN"):
            found.append([])
        found[-1].append(statement)
    return [one for one in found if one[0] == "BEGIN IMMEDIATE"]


def test_fingerprints_move_a_few_at_once_and_in_no_transaction_that_adds_urls(state):
    some = seeds("a", each=300)
    with Timed(state, durable=False) as frontier:
        source = frontier.begin_pass(join(frontier), "job", "list")
        assert add(frontier, some[:250], source, 1) == 250
        found = transactions_of(frontier, lambda: add(frontier, some[250:], source, 2))
        moving = [one for one in found if any("INTO fingerprint" in each for each in one)]
        adding = [one for one in found if any("INTO task" in each for each in one)]
        assert len(moving) == 5, "150 more than may wait, 30 at once"
        assert len(adding) == 1
        assert not any(one in adding for one in moving)
        assert assert_whole(state) == (150, 150)
