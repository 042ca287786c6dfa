"""The verbs about stored files: what has changed since it was looked up stays as it is."""

import pytest

from crawler.frontier import LetGo, Rename, Revisit, Still, StoredFiles, Unnamed
from crawler.frontier.process import current
from crawler.model import Kind, Outcome, Validators
from crawler.records import Done, JobTerms, Seed, Settlement
from crawler.urls import fingerprint
from tests.parts.desk import number, stored

NOW = 1_000.0
URL = "http://h/1"
DIGEST = "ab" * 32


def lease(frontier, owner, now=NOW):
    (host,) = frontier.lease(owner, now, new=9, refills={}, idle=()).hosts
    return host.tasks[0]


def settle(frontier, owner, task, digest=DIGEST):
    outcome = Outcome(
        Kind.STORED, 200, 7, digest, "j/1", validators=Validators('"e"', None)
    )  # fmt: skip
    frontier.claim([(task.id, "j/1", "j/1-2")])
    frontier.settle(owner, [Settlement(task, outcome, Done(), NOW)], [])


@pytest.fixture
def owner(frontier):
    """Return the owner of a ledger with one URL, whose file is stored."""
    frontier.configure([JobTerms("j")], NOW)
    owner = frontier.join(current(), NOW).owner
    frontier.add("j", [Seed(fingerprint("j", URL), URL, "h:80")], NOW)
    settle(frontier, owner, lease(frontier, owner))
    frontier.leave(owner, [], NOW)
    return frontier.join(current(), NOW).owner


def test_a_stored_file_is_shown_with_its_size_and_digest(frontier, owner):
    page = frontier.page(StoredFiles())
    assert page.after is None
    (file,) = page.rows
    assert (file.job, file.url, file.path, file.size) == ("j", URL, "j/1", 7)
    assert (file.digest, file.retired, file.active) == (DIGEST, False, True)
    assert frontier.entry(Still([file])) == [file]


def test_a_url_whose_file_is_gone_is_due_without_validators(frontier, owner):
    (file,) = stored(frontier)
    assert number(frontier, Revisit([file]), NOW + 1) == 1
    assert stored(frontier) == []
    assert frontier.sums().counts.waiting == 1
    task = lease(frontier, owner, NOW + 2)
    assert (task.url, task.path, task.stored, task.digest) == (URL, "j/1", None, "")
    assert number(frontier, Revisit([file]), NOW + 3) == 0


def test_what_is_visited_or_was_stored_anew_stays_as_it_is(frontier, owner):
    (file,) = stored(frontier)
    number(frontier, Revisit([file]), NOW)
    task = lease(frontier, owner, NOW + 2)
    assert stored(frontier) == []
    settle(frontier, owner, task, "cd" * 32)
    assert frontier.entry(Still([file])) == []
    assert number(frontier, Revisit([file]), NOW + 3) == 0
    assert not number(frontier, Rename(file, "j/other"), NOW)


def test_a_file_of_a_job_that_is_gone_is_not_made_due(frontier, owner):
    frontier.configure([JobTerms("other")], NOW)
    (file,) = stored(frontier)
    assert not file.active
    assert number(frontier, Revisit([file]), NOW) == 0
    frontier.configure([JobTerms("j")], NOW)
    assert number(frontier, Revisit([file]), NOW) == 0, "it has changed since it was looked up"


def test_a_file_of_a_job_that_is_gone_is_let_go_and_due_if_the_job_came_back(frontier, owner):
    frontier.configure([JobTerms("other")], NOW)
    (file,) = stored(frontier)
    frontier.configure([JobTerms("j")], NOW)
    assert number(frontier, LetGo([file]), NOW) == 0
    assert (stored(frontier), frontier.sums().counts.waiting) == ([], 1)
    settle(frontier, owner, lease(frontier, owner, NOW + 2))
    frontier.configure([JobTerms("other")], NOW)
    (file,) = stored(frontier)
    assert number(frontier, LetGo([file]), NOW) == 1
    assert stored(frontier) == []


def test_a_renamed_file_frees_its_old_name(frontier, owner):
    (file,) = stored(frontier)
    assert frontier.claim([(file.task, "k/1", "k/1-2")]) == ["k/1"]
    assert frontier.entry(Unnamed(["j/1", "k/1"], [])) == ["k/1"]
    assert number(frontier, Rename(file, "k/1"), NOW)
    assert number(frontier, Rename(file, "k/1"), NOW), "another audit may have been faster"
    assert frontier.entry(Unnamed(["j/1", "k/1", "x"], [])) == ["j/1", "x"]
    (renamed,) = stored(frontier)
    assert renamed.path == "k/1"


def test_a_part_has_an_owner_by_its_fingerprint(frontier, owner):
    print_ = fingerprint("j", URL)
    assert frontier.entry(Unnamed([], [("j/1.part", print_), ("x.part", 5)])) == [
        "j/1.part",
        "x.part",
    ]
    (file,) = stored(frontier)
    number(frontier, Revisit([file]), NOW)
    lease(frontier, owner, NOW + 2)
    assert frontier.entry(Unnamed([], [("j/1.part", print_)])) == []


def test_a_name_that_differs_in_case_alone_stays_reserved(frontier, owner):
    (file,) = stored(frontier)
    assert frontier.claim([(file.task, "J/1", "J/1-2")]) == ["J/1"]
    assert number(frontier, Rename(file, "J/1"), NOW)
    assert frontier.entry(Unnamed(["J/1"], [])) == []
