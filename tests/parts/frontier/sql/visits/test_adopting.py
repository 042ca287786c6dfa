"""Files that are newer than the ledger: it takes them for what visits have stored."""

import pytest

from crawler.frontier import Adopt, StoredFiles, Wanted, pages
from crawler.model import FIRST_STORE, Kind
from crawler.records import Done, JobTerms
from crawler.state_address import state_address
from crawler.stored_files import FoundFile
from tests import postgres
from tests.parts.desk import rows
from tests.parts.frontier.invariants import broken
from tests.parts.frontiers import NOW, join, seeds, settled, take
from tests.parts.ledgers import KINDS, end, ended, listed

EVERY_ENGINE = True

NEWER, OLDER = NOW + 500.0, NOW - 500.0
NEW = "cd" * 32


@pytest.fixture
def place(request, tmp_path):
    """Where the ledger is."""
    if request.node.callspec.params["engine"] == "sqlite":
        return tmp_path / "state.sqlite"
    return state_address(postgres.url_of(tmp_path))


def entries(frontier):
    return {entry.url[-1]: entry for page in pages(frontier, Wanted()) for entry in page}


def found(entry, path=None, *, before="ab" * 32, at=NEWER):
    return FoundFile(entry.id, path or entry.path, before, 9, NEW, at, FIRST_STORE)


def adopt(frontier, *files, dry=False):
    return frontier.change(Adopt(files, dry)).counts.total()


def whole(place):
    """Tell whether all invariants hold, but for the lists: here are none."""
    return not [one for one in broken(place, NOW, {}) if "is listed" not in one]


def test_a_newer_file_is_what_the_last_visit_has_stored(frontier, place):
    ended(frontier, "a")
    before = entries(frontier)["0"]
    assert adopt(frontier, found(before)) == 1
    after = entries(frontier)["0"]
    assert (after.digest.hex(), after.size, after.finished_at) == (NEW, 9, NEWER)
    assert (after.kind, after.state, after.changed_at) == ("stored", before.state, int(NEWER))
    assert [one.digest for one in rows(frontier, StoredFiles())] == [NEW]
    assert whole(place)
    assert adopt(frontier, found(before)) == 0


def test_a_dry_adoption_counts_and_changes_nothing(frontier):
    ended(frontier, "a")
    before = entries(frontier)
    assert adopt(frontier, found(before["0"]), dry=True) == 1
    assert entries(frontier) == before


@pytest.mark.parametrize("change", [
    {"at": OLDER}, {"before": "ef" * 32}, {"before": ""}, {"path": "other/0"},
])  # fmt: skip
def test_what_is_no_newer_or_has_changed_stays(frontier, change):
    ended(frontier, "a")
    before = entries(frontier)
    assert adopt(frontier, found(before["0"], **change)) == 0
    assert entries(frontier) == before


def test_a_file_of_a_reserved_name_ends_its_url_and_the_sums_hold(frontier, place):
    """Its visits failed, as far as this ledger knows: one that came later did not."""
    ended(frontier, "a")
    failed = entries(frontier)["1"]
    first = entries(frontier)["0"]
    _, path = frontier.claim([(first.id, "a/0", ""), (failed.id, "a/1", "")])
    assert adopt(frontier, found(failed, path, before="")) == 1
    named = entries(frontier)["1"]
    assert (named.path, named.digest.hex(), named.ended) == ("a/1", NEW, "stored")
    assert whole(place)


def test_a_url_that_is_due_again_is_over_and_its_schedule_says_when_it_is_due(frontier, place):
    ended(frontier, "a", again=NOW + 100)
    before = entries(frontier)["0"]
    assert before.state == 0
    assert adopt(frontier, found(before)) == 1
    after = entries(frontier)["0"]
    assert (after.state, after.ended) == (2, "stored")
    assert whole(place)


def test_a_url_that_nobody_has_visited_keeps_the_file_and_is_visited(frontier, place):
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds("a"), NOW)
    fresh = entries(frontier)["0"]
    assert adopt(frontier, found(fresh, "a/0", before="")) == 1
    owner = join(frontier)
    (held,) = take(frontier, owner).values()
    (task,) = held.tasks
    assert task.url.endswith("/0")
    frontier.settle(owner, [settled(task, Kind.UNCHANGED, Done(None))], [])
    frontier.leave(owner, [], NOW)
    assert [one.digest for one in rows(frontier, StoredFiles())] == [NEW]
    assert whole(place)


def test_a_name_is_one_urls(frontier):
    ended(frontier, "a")
    known = entries(frontier)
    frontier.claim([(known["0"].id, known["0"].path, "other")])
    assert adopt(frontier, found(known["1"], known["0"].path, before="")) == 0
    assert entries(frontier) == known


def test_what_is_visited_just_now_stays(frontier):
    frontier.configure([JobTerms("job")], NOW)
    frontier.add("job", seeds("a"), NOW)
    owner = join(frontier)
    take(frontier, owner)
    assert adopt(frontier, found(entries(frontier)["0"], "a/0", before="")) == 0
    frontier.leave(owner, [], NOW)


def test_a_retired_url_stays_retired_with_its_newer_file(frontier, place):
    frontier.configure([JobTerms("job")], NOW)
    listed(frontier, "a/0", "a/1")
    owner = join(frontier)
    end(frontier, owner, KINDS)
    frontier.leave(owner, [], NOW)
    listed(frontier, "a/1", now=NOW + 1)
    before = entries(frontier)["0"]
    assert before.state == 4
    assert adopt(frontier, found(before)) == 1
    after = entries(frontier)["0"]
    assert (after.state, after.digest.hex()) == (4, NEW)
    assert whole(place)
