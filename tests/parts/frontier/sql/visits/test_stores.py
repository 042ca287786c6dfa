"""The contract of a frontier: files lie in stores, one for each output folder."""

import pytest

from crawler.errors import LeaseLostError
from crawler.frontier import (
    FilesNamed,
    LetGo,
    Rename,
    Revisit,
    StoredFiles,
    Unnamed,
    Unneeded,
    Wanted,
)
from crawler.model import Kept, Kind, Validators
from crawler.records import Again, Done
from tests.parts.desk import number, rows
from tests.parts.frontiers import NOW, join, seeds, settled, take
from tests.parts.ledgers import listed

EVERY_ENGINE = True

MARKS = Validators('"x"', "Sat, 21 Nov 2026 10:00:00 GMT")
DIGEST, OTHER = "ab" * 32, "cd" * 32
PART = Kept("a/0.part", Validators('"y"'), 100)


@pytest.fixture
def here(open_one):
    return Machine(open_one(), "here")


@pytest.fixture
def there(open_one, here):
    return Machine(open_one(), "there")


class Machine:
    """A process with an output folder."""

    def __init__(self, frontier, folder):
        self.frontier = frontier
        self.owner = join(frontier)
        self.store = frontier.store_in(self.owner, folder, f"/srv/{folder}")

    def task(self, at, **more):
        """Lease the only task there is."""
        (host,) = take(self.frontier, self.owner, at, **more).values()
        (task,) = host.tasks
        return task

    def end(self, task, kind=Kind.STORED, verdict=None, at=NOW, **more):
        """Settle a visit, and give the host back."""
        self.frontier.settle(
            self.owner, [settled(task, kind, verdict or Done(at + 1), at, **more)], []
        )
        self.leave(at)

    def leave(self, at):
        self.frontier.leave(self.owner, [], at)
        self.owner = join(self.frontier, at)
        self.frontier.store_in(self.owner, *folder_of(self.store))

    def stored(self, at=NOW, digest=DIGEST, path="a/0"):
        """Visit the only URL, and store a file."""
        task = self.task(at)
        self.frontier.claim([(task.id, path, "b/0")], self.owner)
        self.end(task, at=at, digest=digest, path=path, size=3, validators=MARKS)


def folder_of(number):
    folder = {1: "here", 2: "there"}[number]
    return folder, f"/srv/{folder}"


def test_folders_are_numbered_as_they_come_and_machines_that_share_one_have_one(open_one):
    frontier = open_one()
    numbers = [
        frontier.store_in(join(frontier), uid, "/srv/files") for uid in ("a", "b", "a", "c", "b")
    ]
    assert numbers == [1, 2, 1, 3, 2]
    assert frontier.store() == 2


def test_a_process_that_is_dead_has_no_store(frontier):
    owner = join(frontier)
    frontier.leave(owner, [], NOW)
    with pytest.raises(LeaseLostError):
        frontier.store_in(owner, "here", "/srv/here")


def test_a_name_is_one_tasks_in_a_store_and_may_be_anothers_in_another_store(here, there):
    one, other = here.frontier, there.frontier
    assert one.claim([(1, "h/a", "h/a-1")]) == ["h/a"]
    assert other.claim([(2, "h/a", "h/a-2")]) == ["h/a"]
    assert other.claim([(1, "H/A", "h/a-1")]) == ["h/a-1"]
    assert one.claim([(2, "h/a", "h/a-2")], store=there.store) == ["h/a"]
    assert other.claim([(2, "h/a", "h/a-2")], store=here.store) == ["h/a-2"]


def test_two_processes_that_share_a_folder_never_have_one_name(open_one, here):
    other = Machine(open_one(), "here")
    assert here.frontier.claim([(1, "h/a", "h/a-1")]) == ["h/a"]
    assert other.frontier.claim([(2, "h/a", "h/a-2")]) == ["h/a-2"]


def test_the_first_choices_that_are_claimed_beside_a_settlement_are_of_the_store(here, there):
    here.frontier.add("job", seeds("a", each=2), NOW)
    (host,) = take(here.frontier, here.owner, NOW).values()
    one, other = host.tasks
    assert here.frontier.settle(here.owner, [], [], claims={one.id: "x"}) == {one.id}
    assert there.frontier.settle(there.owner, [], [], claims={other.id: "x"}) == {other.id}
    assert here.frontier.settle(here.owner, [], [], claims={other.id: "x"}) == set()


def test_of_first_choices_that_are_one_file_one_task_has_it(here):
    here.frontier.claim([(9, "taken", "")])
    claims = {1: "a", 2: "b", 3: "A", 4: "taken", 9: "taken"}
    found = here.frontier.settle(here.owner, [], [], claims=claims)
    assert found in ({1, 2, 9}, {2, 3, 9})


def test_conditions_and_parts_are_given_only_where_they_lie(here, there):
    here.frontier.add("job", seeds("a"), NOW)
    here.stored()
    task = there.task(NOW + 1)
    assert (task.here, task.stored, task.digest, task.path) == (False, None, DIGEST, "a/0")
    there.frontier.settle(there.owner, [], [], kept={task.id: PART})
    there.end(task, Kind.TIMEOUT, Again(NOW + 2))
    back = here.task(NOW + 2)
    assert (back.here, back.stored, back.kept) == (True, MARKS, None), "they outlast the failure"
    here.end(back, Kind.TIMEOUT, Again(NOW + 3))
    again = there.task(NOW + 3)
    assert (again.here, again.stored, again.kept) == (False, None, PART)


def test_a_full_visit_brings_the_file_here(here, there):
    here.frontier.add("job", seeds("a"), NOW)
    here.stored()
    there.stored(NOW + 1, digest=OTHER)
    assert [(file.store, file.digest) for file in rows(here.frontier, StoredFiles())] == [
        (2, OTHER)
    ]
    task = here.task(NOW + 2)
    assert (task.here, task.stored) == (False, None)
    here.end(task, Kind.NOT_FOUND, at=NOW + 2)
    assert there.task(NOW + 3).stored == MARKS


def test_the_same_content_elsewhere_is_no_change(here, there):
    here.frontier.add("job", seeds("a"), NOW)
    here.stored()
    there.stored(NOW + 1)
    (entry,) = rows(here.frontier, Wanted())
    assert (entry.changed_at, entry.success_at, entry.store) == (NOW, NOW + 1, 2)


def test_a_file_that_was_left_behind_is_of_no_url_there_and_keeps_its_name(here, there):
    here.frontier.add("job", seeds("a"), NOW)
    here.stored()
    assert here.frontier.entry(Unnamed(["a/0"])) == []
    there.stored(NOW + 1)
    assert here.frontier.entry(Unnamed(["a/0"])) == ["a/0"]
    assert here.frontier.entry(Unnamed(["a/0"], store=2)) == []
    assert here.frontier.claim([(99, "a/0", "a/0-99")]) == ["a/0-99"]
    by_name = [here.frontier.entry(FilesNamed(["a/0"], store=one))[0] for one in (1, 2)]
    assert [entry.store for entry in by_name] == [2, 2], "the name is the URL's in both"


def test_parts_are_of_a_task_where_they_lie(here, there):
    (one,) = seeds("a")
    here.frontier.add("job", [one], NOW)
    task = there.task(NOW)
    there.frontier.settle(there.owner, [], [], kept={task.id: PART})
    there.end(task, Kind.TIMEOUT, Again(NOW + 1))
    parts = [(PART.part, one.fingerprint)]
    assert here.frontier.entry(Unnamed([], parts, store=1)) == [PART.part]
    assert here.frontier.entry(Unnamed([], parts, store=2)) == []


def test_what_is_done_to_a_file_is_done_in_its_store_alone(here, there):
    here.frontier.add("job", seeds("a"), NOW)
    here.stored()
    (before,) = rows(here.frontier, StoredFiles())
    there.stored(NOW + 1)
    (now,) = rows(here.frontier, StoredFiles())
    frontier = here.frontier
    assert number(frontier, Revisit([before]), NOW) == 0
    assert number(frontier, Rename(before, "x"), NOW) == 0
    assert number(frontier, Rename(now, "x"), NOW) == 1
    assert frontier.entry(Unnamed(["x", "a/0"], store=2)) == ["a/0"]
    assert frontier.claim([(99, "x", "x-99")]) == ["x"], "it is free in the other store"
    assert number(frontier, Revisit([now._replace(path="x")]), NOW) == 1


def test_files_that_no_list_names_are_removed_where_they_lie(here, there):
    listed(here.frontier, "a/0")
    there.stored()
    listed(here.frontier)
    assert rows(here.frontier, Unneeded("job")) == []
    (file,) = rows(here.frontier, Unneeded("job", there.store))
    assert number(here.frontier, LetGo([file._replace(store=1)]), NOW) == 0
    assert number(here.frontier, LetGo([file]), NOW) == 1
    assert here.frontier.claim([(99, "a/0", "a/0-99")], store=2) == ["a/0"]
