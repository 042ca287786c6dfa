"""What was read of lists: made ready before the file's lock is taken, and right when it is."""

import sqlite3
from contextlib import closing

import pytest

from crawler.frontier import Portion, ReadChunk
from crawler.frontier.sql.lists import new_urls, portions
from crawler.frontier.sql.rows.fingerprints import forget
from tests.parts.frontiers import NOW, join, put, seed
from tests.parts.ledgers import execute

X, Y, Z = (seed(f"http://h/{name}", "job") for name in "xyz")


@pytest.fixture
def file(tmp_path):
    """The state file of the frontier."""
    return tmp_path / "state.sqlite"


@pytest.fixture
def one(frontier):
    """A pass."""
    return frontier.begin_pass(join(frontier), "job", "list")


def meanwhile(monkeypatch, module, act):
    """Do something once, when seeds are staged and the lock is not taken yet."""
    stage, left = module.stage, [act]

    def staged(*arguments):
        found = stage(*arguments)
        if left:
            left.pop()()
        return found

    monkeypatch.setattr(module, "stage", staged)


def after_the_look(monkeypatch, module, act):
    """Do something once, when URLs were looked for and the lock is not taken yet."""
    look, left = module.look, [act]

    def looked(*arguments):
        found = look(*arguments)
        if left:
            left.pop()()
        return found

    monkeypatch.setattr(module, "look", looked)


def statements_within_the_lock(frontier, act):
    """Return what SQLite runs between the begin and the end of transactions that write."""
    seen, found, locked = [], [], False
    frontier._file._native.call(frontier._file.db.set_trace_callback, seen.append)
    act()
    frontier._file._native.call(frontier._file.db.set_trace_callback, None)
    for statement in seen:
        locked = statement == "BEGIN IMMEDIATE" or (locked and statement != "COMMIT")
        found += [statement] if locked else []
    return found


def test_rows_of_urls_are_made_before_the_lock_is_taken(frontier, one):
    def act():
        put(frontier, one, [ReadChunk(1, 1, [X, Y])], NOW)
        frontier.add("job", [Z], NOW)

    within = statements_within_the_lock(frontier, act)
    assert (
        sum(statement.lstrip().startswith("INSERT OR FAIL INTO task") for statement in within) == 2
    )
    assert not [statement for statement in within if "http://h" in statement]
    assert frontier.sums().counts.known == 3


@pytest.mark.parametrize("module", [portions, new_urls])
def test_urls_are_looked_for_before_the_lock_is_taken(frontier, one, module):
    def act():
        if module is portions:
            put(frontier, one, [ReadChunk(1, 1, [X, Y])], NOW)
        else:
            frontier.add("job", [X, Y], NOW)

    within = statements_within_the_lock(frontier, act)
    assert not [statement for statement in within if "temp.seed SET task" in statement]
    assert frontier.sums().counts.known == 2


ROW = """
INSERT INTO task (id, fingerprint, job, host, due_at, url)
SELECT 1 + max(id), ?, job, host, due_at, ? FROM task"""


@pytest.mark.parametrize("module", [portions, new_urls])
def test_a_url_that_another_process_adds_meanwhile_is_known(
    frontier, one, file, monkeypatch, module
):
    frontier.add("job", [Z], NOW)

    def added():
        execute(file, ROW, X.fingerprint, X.url)
        execute(file, f"INSERT INTO recent SELECT {X.fingerprint}, max(id) FROM task")  # noqa: S608

    after_the_look(monkeypatch, module, added)
    if module is portions:
        assert put(frontier, one, [ReadChunk(1, 1, [X, Y])], NOW).added == 1
    else:
        assert frontier.add("job", [X, Y], NOW) == 1
    assert execute(file, "SELECT count(*), count(DISTINCT url) FROM task") == [(3, 3)]


@pytest.mark.parametrize("module", [portions, new_urls])
def test_a_url_that_is_forgotten_meanwhile_is_new_again(frontier, one, file, monkeypatch, module):
    frontier.add("job", [X, Z], NOW)
    db, within = frontier._file.db, frontier._file._native.call

    def forgotten():
        execute(file, "DELETE FROM task WHERE fingerprint = ?", X.fingerprint)
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            forget(other, [X.fingerprint])

    after_the_look(monkeypatch, module, forgotten)
    if module is portions:
        assert put(frontier, one, [ReadChunk(1, 1, [X, Z])], NOW).added == 1
    else:
        assert frontier.add("job", [X, Z], NOW) == 1
    assert execute(file, "SELECT url FROM task ORDER BY url") == [(X.url,), (Z.url,)]
    assert within(lambda: db.execute("SELECT count(*) FROM known").fetchone()) == (2,)


def test_two_portions_of_one_call_may_name_the_same_url(frontier, one, file):
    other = frontier.begin_pass(one.owner, "job", "another")
    read = [Portion(one, [ReadChunk(1, 1, [X, Y])]), Portion(other, [ReadChunk(1, 1, [Y, Z])])]
    assert [each.added for each in frontier.put(one.owner, read, NOW)] == [2, 1]
    assert execute(file, "SELECT sum(listed), count(*) FROM task") == [(4, 3)]


def test_a_chunk_that_changes_while_it_is_made_ready_is_compared_anew(
    frontier, one, file, monkeypatch
):
    put(frontier, one, [ReadChunk(1, 1, [X, Y])], NOW)
    row = Y.fingerprint.to_bytes(8, "little", signed=True)
    loss = "UPDATE chunk SET fingerprints = ?"
    meanwhile(monkeypatch, portions, lambda: execute(file, loss, row))
    put(frontier, one, [ReadChunk(1, 2, [X, Z])], NOW)
    assert execute(file, "SELECT url, listed FROM task ORDER BY url") == [
        ("http://h/x", 2), ("http://h/y", 1), ("http://h/z", 1),
    ]  # fmt: skip
    assert execute(file, "SELECT fingerprints FROM dropped") == [(row,)]


@pytest.mark.parametrize("module", [portions, new_urls])
def test_a_new_host_knows_what_is_said_of_robots_txt_at_that_moment(
    frontier, one, file, monkeypatch, module
):
    said = """UPDATE ledger SET obeys = '{"*": false}'"""
    meanwhile(monkeypatch, module, lambda: execute(file, said))
    if module is portions:
        put(frontier, one, [ReadChunk(1, 1, [X])], NOW)
    else:
        frontier.add("job", [X], NOW)
    assert execute(file, "SELECT key, obeys FROM host") == [("h:80", 0)]


def test_a_url_that_stands_on_several_lines_is_one_and_counts_as_often(frontier, one, file):
    again = X._replace(path="another")
    put(
        frontier,
        one,
        [ReadChunk(1, 1, [X._replace(path="first"), again]), ReadChunk(2, 2, [X])],
        NOW,
    )
    frontier.add("job", [X, Y, Y], NOW)
    frontier.add("job", [X], NOW, recount=True)
    assert execute(file, "SELECT url, path, listed FROM task") == [
        ("http://h/x", "first", 4), ("http://h/y", None, 2),
    ]  # fmt: skip


def test_the_number_of_a_host_is_remembered_from_one_batch_to_the_next(frontier, one, file):
    put(frontier, one, [ReadChunk(1, 1, [X])], NOW)
    put(frontier, one, [ReadChunk(2, 2, [Y, seed("http://i/1", "job")])], NOW)
    assert set(frontier._file.names.known_hosts("job")) == {"h:80", "i:80"}
    frontier.add("job", [Z], NOW)
    assert execute(file, "SELECT url, key FROM task JOIN host ON host.id = host ORDER BY 1") == [
        ("http://h/x", "h:80"), ("http://h/y", "h:80"), ("http://h/z", "h:80"),
        ("http://i/1", "i:80"),
    ]  # fmt: skip
