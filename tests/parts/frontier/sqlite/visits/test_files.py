"""The verbs about stored files: what has changed since it was looked up stays as it is."""

import pytest

from crawler.frontier.process import current
from crawler.model import Kind, Outcome, Validators
from crawler.records import Done, JobTerms, Seed, Settlement
from crawler.urls import fingerprint

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
    (file,), after = frontier.stored(0)
    assert after is None
    assert (file.job, file.url, file.path, file.size) == ("j", URL, "j/1", 7)
    assert (file.digest, file.retired, file.active) == (DIGEST, False, True)
    assert frontier.still([file]) == [file]


def test_a_url_whose_file_is_gone_is_due_without_validators(frontier, owner):
    (file,), _ = frontier.stored(0)
    assert frontier.revisit([file], NOW + 1) == 1
    assert frontier.stored(0) == ([], None)
    assert frontier.counts().waiting == 1
    task = lease(frontier, owner, NOW + 2)
    assert (task.url, task.path, task.stored, task.digest) == (URL, "j/1", None, "")
    assert frontier.revisit([file], NOW + 3) == 0


def test_what_is_visited_or_was_stored_anew_stays_as_it_is(frontier, owner):
    (file,), _ = frontier.stored(0)
    frontier.revisit([file], NOW)
    task = lease(frontier, owner, NOW + 2)
    assert frontier.stored(0) == ([], None)
    settle(frontier, owner, task, "cd" * 32)
    assert frontier.still([file]) == []
    assert frontier.revisit([file], NOW + 3) == 0
    assert not frontier.rename(file, "j/other")


def test_a_file_of_a_job_that_is_gone_is_not_made_due(frontier, owner):
    frontier.configure([JobTerms("other")], NOW)
    (file,), _ = frontier.stored(0)
    assert not file.active
    assert frontier.revisit([file], NOW) == 0


def test_a_renamed_file_frees_its_old_name(frontier, owner):
    (file,), _ = frontier.stored(0)
    assert frontier.claim([(file.task, "k/1", "k/1-2")]) == ["k/1"]
    assert frontier.unnamed(["j/1", "k/1"], []) == ["k/1"]
    assert frontier.rename(file, "k/1")
    assert frontier.rename(file, "k/1"), "another audit may have been faster"
    assert frontier.unnamed(["j/1", "k/1", "x"], []) == ["j/1", "x"]
    (renamed,), _ = frontier.stored(0)
    assert renamed.path == "k/1"


def test_a_part_has_an_owner_by_its_fingerprint(frontier, owner):
    number = fingerprint("j", URL)
    assert frontier.unnamed([], [("j/1.part", number), ("x.part", 5)]) == ["j/1.part", "x.part"]
    (file,), _ = frontier.stored(0)
    frontier.revisit([file], NOW)
    lease(frontier, owner, NOW + 2)
    assert frontier.unnamed([], [("j/1.part", number)]) == []


def test_a_name_that_differs_in_case_alone_stays_reserved(frontier, owner):
    (file,), _ = frontier.stored(0)
    assert frontier.claim([(file.task, "J/1", "J/1-2")]) == ["J/1"]
    assert frontier.rename(file, "J/1")
    assert frontier.unnamed(["J/1"], []) == []
