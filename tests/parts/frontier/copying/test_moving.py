"""`crawler move`: a ledger goes from one engine to another, and there is never more than one."""

import sqlite3
from contextlib import closing, suppress
from itertools import pairwise

import psycopg
import pytest

from crawler.errors import LocalFaultError, StateError, UsageError
from crawler.frontier import changed, open_frontier, open_ledger
from crawler.frontier.actions import LookAtVisits
from crawler.frontier.copying import copier, moving
from crawler.frontier.moves import _copy, _source, bring_back, move, place_of
from crawler.frontier.postgres import opening
from crawler.frontier.process import Process, current
from crawler.frontier.sqlite.file import database as sqlite_file
from crawler.frontier.values import Pulse
from crawler.state_address import state_address
from tests import FULL
from tests.parts.copies import Breaking, BrokenOffError, Calls, dump, filled, last_number
from tests.parts.frontiers import NOW, Timed, join, seeds, take
from tests.parts.ledgers import execute, tables

OTHER = "&options=-csearch_path%3Dother"


@pytest.fixture
def server(database):
    return state_address(database)


@pytest.fixture
def other(database):
    """Another schema of the same database: another ledger."""
    return state_address(f"{database}{OTHER}")


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state.sqlite"


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch):
    monkeypatch.setattr(copier, "FIRST_ROWS", 2)
    monkeypatch.setattr(copier, "MAX_ROWS", 3)


def opened(state):
    return open_frontier(state, durable=False)


def test_a_ledger_moves_between_engines_and_every_row_is_the_same(state, server, other, tmp_path):
    whole = filled(state)
    places = [state, server, other, tmp_path / "new" / "state.sqlite", tmp_path / "last.sqlite"]
    for origin, target in pairwise(places):
        counts = move(origin, target)
        assert dump(target) == whole
        assert counts == {table: len(rows) for table, rows in whole.items()}
        assert last_number(target, "process") == 4711


def test_a_moved_ledger_has_the_indexes_and_the_numbers_of_one_that_was_made(state, server, other):
    with Timed(state, durable=False) as frontier:
        frontier.add("job", seeds("a", "b"), NOW)
    with Timed(other, durable=False) as frontier:
        frontier.add("job", seeds("a"), NOW)
    move(state, server)
    with Timed(server, durable=False) as frontier:
        frontier.add("job", seeds("a", "c", each=2), NOW)
        owner = join(frontier)
        assert {one.id for host in take(frontier, owner).values() for one in host.tasks} == {
            1, 2, 3, 4, 5,
        }  # fmt: skip
        assert [*execute(server, "SELECT id FROM host ORDER BY id")] == [(1,), (2,), (3,)]
    assert objects(server) == objects(other)


def objects(server):
    """Return the indexes, triggers, defaults and sequences of a schema."""
    sql = """
SELECT replace(pg_get_indexdef(indexrelid), current_schema() || '.', '') FROM pg_index
JOIN pg_class ON pg_class.oid = indrelid AND relnamespace = current_schema()::regnamespace
UNION ALL SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    AND relnamespace = current_schema()::regnamespace WHERE NOT tgisinternal
UNION ALL SELECT relkind::text || relname FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relname !~ 'toast'"""
    with tables(server) as db:
        return sorted(text for (text,) in db.server.execute(sql).fetchall())


def test_a_moved_file_has_the_schema_of_one_that_was_made(state, server, tmp_path):
    filled(state)
    move(state, server)
    back = tmp_path / "back.sqlite"
    move(server, back)
    with closing(sqlite3.connect(state)) as made, closing(sqlite3.connect(back)) as moved:
        schema = "SELECT sql FROM sqlite_schema WHERE name != 'moved' ORDER BY name"
        assert made.execute(schema).fetchall() == moved.execute(schema).fetchall()
        for pragma in ("user_version", "application_id"):
            assert made.execute(f"PRAGMA {pragma}").fetchone() == (
                moved.execute(f"PRAGMA {pragma}").fetchone()
            )
    assert back.stat().st_mode & 0o777 == 0o600


@pytest.mark.campaign
@pytest.mark.timeout(1800)  # in full each of hundreds of statements is the last one once
@pytest.mark.parametrize("way", ["to a server", "to a file"])
def test_a_move_that_ends_at_any_point_goes_on_and_there_is_one_ledger(way, state, database):
    """Before and after a call of either end; nothing is closed in order, as after a kill."""
    whole = without_uid(filled(state))
    origin, nth, step = state, 1, 1 if FULL else 41
    if way == "to a file":
        origin = state_address(database)
        move(state, origin)
    while True:
        target = state_address(f"{database}&options=-csearch_path%3Dcopy{nth}")
        if way == "to a file":
            target = state.with_name(f"copy{nth}.sqlite")
        broke = break_off(origin, target, nth)
        if broke:
            assert [is_usable(one) for one in (origin, target)].count(True) <= 1
            move(origin, target)
        assert [is_usable(one) for one in (origin, target)] == [False, True]
        assert without_uid(dump(target)) == whole
        if not broke:
            break
        bring_back(origin)
        if way == "to a server":  # thousands of files of old copies slow all others down
            with psycopg.connect(database) as db:
                db.execute(f"DROP SCHEMA copy{nth} CASCADE")
        nth += step
    assert nth > 200


def without_uid(rows):
    return {**rows, "ledger": [(row[0], *row[2:]) for row in rows["ledger"]]}


def break_off(origin, target, nth):
    """Move, and end at a call; return whether it came so far."""
    calls = Calls(nth)
    try:
        with _source(origin) as source, _copy(target) as copy:
            ends = Breaking(source, calls), Breaking(copy, calls)
            moving.move(*ends, place_of(target), lambda *_: None)
    except BrokenOffError:
        return True
    return False


def is_usable(ledger):
    """Tell whether a daemon would work on it."""
    try:
        with open_ledger(ledger), opened(ledger):
            return True
    except StateError:
        return False


def test_a_killed_move_goes_on_where_it_was(state, server):
    whole = filled(state)
    first, then = [], []
    with _source(state) as source, _copy(server) as copy, suppress(BrokenOffError):
        moving.move(source, Putting(copy, first, 30), place_of(server), lambda *_: None)
    with _source(state) as source, _copy(server) as copy:
        moving.move(source, Putting(copy, then), place_of(server), lambda *_: None)
    assert len(first) == 30
    assert sum(first) + sum(then) == sum(map(len, whole.values()))


class Putting:
    """A copy that counts the rows it gets, until the process ends."""

    def __init__(self, copy, rows, most=None):
        self._copy, self._rows, self._most = copy, rows, most

    def __getattr__(self, name):
        return getattr(self._copy, name)

    def put(self, table, rows, position):
        self._copy.put(table, rows, position)
        self._rows.append(len(rows))
        if len(self._rows) == self._most:
            raise BrokenOffError


class Told:
    """Hears what was copied, and ends the process at some point."""

    def __init__(self, heard, most=None):
        self.heard, self._most = heard, most

    def __call__(self, table, rows):
        self.heard.append((table, rows))
        if len(self.heard) == self._most:
            raise BrokenOffError


def test_what_changed_between_two_tries_is_copied_anew(state, server):
    whole = filled(state)
    with suppress(BrokenOffError):
        move(state, server, Told([], 60))
    execute(state, "UPDATE job SET delay = 5.0 WHERE name = 'job'")
    execute(state, "DELETE FROM host WHERE id = 1001")
    execute(state, "INSERT INTO host_job VALUES (-5, 1, 0.5, 0)")
    changed = dump(state)
    assert changed != whole
    move(state, server)
    assert dump(server) == changed


@pytest.mark.parametrize("harm", [
    "UPDATE visited SET every = every * (1 + 1e-15) WHERE every > 0 AND every < 1e300",
    "DELETE FROM host_job WHERE host = 0",
    "UPDATE file SET store = 'x'",
    "UPDATE job SET heir_of = NULL",
])  # fmt: skip
def test_a_copy_that_is_not_what_it_was_copied_from_is_found_and_copied_anew(harm, state, server):
    whole = filled(state)
    with _source(state) as source, _copy(server) as copy:
        ends = Harmed(copy, server, harm)
        with pytest.raises(StateError, match="that are not the"):
            moving.move(source, ends, place_of(server), lambda *_: None)
    assert is_usable(state)
    assert not is_usable(server)
    move(state, server)
    assert dump(server) == whole


class Harmed:
    """A copy that a fault changes once it is made, before it is compared."""

    def __init__(self, copy, server, sql):
        self._copy, self._server, self._sql = copy, server, sql

    def __getattr__(self, name):
        return getattr(self._copy, name)

    def page(self, *given):
        if self._sql:
            with psycopg.connect(self._server.url, autocommit=True) as operator:
                operator.execute("SET search_path = crawler")
                assert operator.execute(self._sql).rowcount
            self._sql = ""
        return self._copy.page(*given)


def test_an_unfinished_copy_is_refused_by_every_way_in(state, server, other, tmp_path):
    filled(state)
    elsewhere = tmp_path / "elsewhere.sqlite"
    with Timed(elsewhere, durable=False) as frontier:
        frontier.add("job", seeds("a"), NOW)
    for target in (server, tmp_path / "copy.sqlite"):
        with suppress(BrokenOffError):
            move(state, target, Told([], 5))
        for way_in in (
            lambda place: opened(place).__enter__(),
            lambda place: open_ledger(place).__enter__(),
            lambda place: open_ledger(place, write=True).__enter__(),
            lambda place: move(place, other),
            lambda place: move(elsewhere, place),
        ):
            with pytest.raises(StateError, match="not whole yet: `crawler move"):
                way_in(target)
    move(elsewhere, other)


def test_a_ledger_that_moved_is_read_and_not_written_until_it_is_brought_back(state, server, other):
    for origin, target in ((state, server), (server, other)):
        if origin is state:
            filled(state)
        uid = uid_of(origin)
        move(origin, target)
        assert uid_of(target) == uid_of(origin) == uid
        for way_in in (lambda place: opened(place).__enter__(), write):
            with pytest.raises(StateError, match=r"was moved to .*: name that"):
                way_in(origin)
    assert bring_back(server) == str(other)
    write(server)
    with opened(server) as frontier:
        assert frontier.join(current()).uid not in {"", uid}
    with pytest.raises(UsageError, match="was not moved"):
        bring_back(server)


def write(place):
    with open_ledger(place, write=True) as desk:
        changed(desk, LookAtVisits())


def uid_of(place):
    with open_ledger(place) as desk:
        return desk.sums().uid


def test_a_verb_that_was_at_work_writes_nothing_more_into_a_ledger_that_moved(state, server):
    filled(state)
    with open_ledger(state, write=True) as desk:
        changed(desk, LookAtVisits())
        move(state, server)
        with pytest.raises(StateError, match="was moved to"):
            changed(desk, LookAtVisits())


@pytest.mark.parametrize("way", ["from a file", "from a server"])
def test_a_process_that_was_taken_for_dead_hears_that_its_ledger_moved(way, state, server, other):
    origin = state if way == "from a file" else server
    with Timed(origin, durable=False) as frontier:
        owner = join(frontier, process=Process("another machine", 1, "1"))
        assert frontier.beat(owner, Pulse("running"), NOW).in_force
        move(origin, other)
        assert frontier.beat(owner, Pulse("running"), NOW).in_force is None


def test_a_ledger_that_processes_work_on_stays_where_it_is(state, server, tmp_path):
    for origin, target in ((state, server), (server, tmp_path / "back.sqlite")):
        with opened(origin) as frontier:
            owner = frontier.join(current()).owner
            with pytest.raises(UsageError, match=f"work on the ledger: {current().pid} on"):
                move(origin, target)
            far = frontier.join(Process("far boot pid", 77, "1")).owner
            frontier.leave(owner, [])
            with pytest.raises(UsageError, match="77 on far"):
                move(origin, target)
            frontier.leave(far, [])
        move(origin, target)


def start(origin):
    """Start as a daemon does."""
    with opened(origin) as frontier:
        frontier.join(current())


@pytest.mark.parametrize("way", ["from a file", "from a server"])
def test_nobody_writes_to_a_ledger_while_it_moves(way, state, server, other, monkeypatch):
    origin = state if way == "from a file" else server
    with opened(origin) as frontier:
        frontier.add("job", seeds("a.example:80"))
    monkeypatch.setattr(sqlite_file, "OPEN_WAIT_S", 0.1)
    monkeypatch.setitem(opening.SESSION, "lock_timeout", "100ms")
    tried = []

    def begin(*_):
        with pytest.raises(LocalFaultError, match="another program holds"):
            start(origin)
        tried.append(origin)
        with open_ledger(origin) as desk:
            assert desk.sums().met == 1

    move(origin, other, begin)
    assert tried


def test_what_is_there_already_is_no_place_to_move_to(state, server, other, tmp_path):
    filled(state)
    for target in (other, tmp_path / "there.sqlite", state):
        if target is not state:
            with opened(target):
                pass
        with pytest.raises((UsageError, LocalFaultError, StateError), match=r"already|holds it"):
            move(state, target)
    text = tmp_path / "notes.txt"
    text.write_text("buy bread\n" * 400)
    with pytest.raises(StateError):
        move(state, text)
    assert text.read_text() == "buy bread\n" * 400
    assert is_usable(state)


def test_a_ledger_that_moved_moves_nowhere_else(state, server, other):
    filled(state)
    move(state, server)
    with pytest.raises(UsageError, match=r"was moved to .*: that is the one to be moved"):
        move(state, other)


def test_a_ledger_that_has_moved_there_already_is_left_as_it_is(state, server):
    filled(state)
    move(state, server)
    with opened(server) as frontier:
        frontier.add("job", seeds("new.example:80"))
    now = dump(server)
    assert move(state, server) == {}
    assert dump(server) == now


def test_no_message_tells_a_password(state, server):
    filled(state)
    secret = state_address(server.url.replace("crawler@", "crawler:hunter2@", 1))
    move(state, secret)
    assert "hunter2" not in str(execute(state, "SELECT place FROM moved"))
    with pytest.raises(StateError) as told:
        opened(state).__enter__()
    assert "hunter2" not in str(told.value)


def test_what_one_engine_cannot_hold_is_held_in_words(state, server):
    filled(state)
    execute(state, "UPDATE visited SET reason = 'a' || char(0) || 'b', every = -0.0 WHERE task < 9")
    move(state, server)
    rows = execute(server, "SELECT DISTINCT reason, every FROM visited WHERE task < 9 AND task > 0")
    assert [*rows] == [("a\\x00b", 0.0)]


def test_a_page_is_bounded_by_what_its_rows_come_to(state, server, monkeypatch):
    with opened(state):
        pass
    with tables(state) as db:
        db.executemany(
            "INSERT INTO robots VALUES (?, ?, 200, 1.0, 2.0, 3.0, NULL, 0, '', 0.0)",
            [(f"http://h{n:03}:80", b"x" * 50_000) for n in range(60)],
        )
    monkeypatch.setattr(copier, "MAX_ROWS", 10_000)
    monkeypatch.setattr(copier, "PAGE_CHARACTERS", 200_000)
    heard = []
    move(state, server, Told(heard))
    assert max(rows for table, rows in heard if table == "robots") == 3
