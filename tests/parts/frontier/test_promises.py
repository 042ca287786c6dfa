"""The contract of a frontier: what is asked for again, or too late, does no harm."""

import pytest

from crawler.errors import PassLostError
from crawler.frontier import (
    BeginArchive,
    Forget,
    Portion,
    ReadChunk,
    Said,
    SaidOf,
    Sources,
    SourceState,
    StoredFiles,
)
from crawler.model import Kept, Kind, Validators
from crawler.records import Done, HostRecord, JobTerms
from tests.parts.desk import number, rows
from tests.parts.frontiers import NOW, end_pass, join, one_task, put, seeds, settled, take
from tests.parts.ledgers import listed

EVERY_ENGINE = True

PART = Kept("a/0.part", Validators('"x"'), 100)


def chunk(*urls):
    return ReadChunk(1, 1, seeds(*urls))


def test_a_host_that_the_owner_has_no_more_is_not_refilled(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a", each=9), NOW)
    host = take(frontier, owner)["a:80"]
    frontier.settle(owner, [settled(task, Kind.STORED, Done()) for task in host.tasks], [])
    idle = [HostRecord(host.id, NOW + 9)]
    assert take(frontier, owner, new=0, refills={host.id: 2}, idle=idle) == {}
    assert take(frontier, owner, new=0, refills={host.id: 2, 12345: 2}) == {}
    assert list(take(frontier, owner, NOW + 9)) == ["a:80"]


def test_a_part_is_noted_for_a_visit_that_goes_on_and_for_no_other(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    task = one_task(frontier, owner)
    other = join(frontier)
    frontier.settle(other, [], [], kept={task.id: PART})
    assert frontier.leave(owner, [], NOW)[0].kept is None
    owner = join(frontier)
    task = one_task(frontier, owner)
    frontier.settle(owner, [], [], kept={task.id: PART})
    assert frontier.leave(owner, [], NOW)[0].kept == PART


@pytest.mark.parametrize("late", [True, False])
def test_a_part_outlasts_no_end(frontier, late):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    ended = settled(one_task(frontier, owner), Kind.STORED, Done(NOW + 1))
    frontier.settle(owner, [ended], [], kept={} if late else {ended.task.id: PART})
    if late:
        frontier.settle(owner, [], [], kept={ended.task.id: PART})
    (host,) = take(frontier, owner, NOW + 1, new=0, refills={ended.task.host_id: 1}).values()
    assert host.tasks[0].kept is None


def test_a_pass_of_another_owner_takes_nothing_in(frontier):
    one, other = join(frontier), join(frontier)
    theirs = frontier.begin_pass(one, "job", "list")
    mine = frontier.begin_pass(other, "job", "other")
    with pytest.raises(PassLostError):
        frontier.put(other, [Portion(mine, [chunk("a")]), Portion(theirs, [chunk("b")])], NOW)
    assert frontier.sums().counts.known == 0
    assert put(frontier, theirs, [chunk("b")]).added == 1


def test_the_end_of_a_pass_is_found_done_though_its_source_is_forgotten(frontier):
    owner = join(frontier)
    one = frontier.begin_pass(owner, "job", "list")
    for _ in range(2):
        end_pass(frontier, one, SourceState(one.source))
    assert rows(frontier, Sources("job")) == []


def test_a_number_of_a_source_is_never_used_again(frontier):
    owner = join(frontier)
    for forget in (
        lambda one: end_pass(frontier, one, SourceState(one.source)),
        lambda _: number(frontier, BeginArchive(), NOW),
    ):
        before = frontier.begin_pass(owner, "job", "list")
        forget(before)
        after = frontier.begin_pass(owner, "job", "another list")
        assert after.source != before.source
        with pytest.raises(PassLostError):
            put(frontier, before, [chunk("a")])
        end_pass(frontier, after, SourceState(after.source))


def test_a_number_of_a_url_is_never_used_again(frontier):
    frontier.configure([JobTerms("job")], NOW)
    seen = set()
    for name in ("a/0", "a/1", "a/2", "a/3"):
        listed(frontier, name)
        owner = join(frontier)
        task = one_task(frontier, owner)
        frontier.leave(owner, [], NOW)
        assert task.id not in seen
        seen.add(task.id)
        listed(frontier)
        assert number(frontier, Forget(NOW), NOW) == 1
        assert frontier.sums().counts.known == 0
    assert frontier.entry(SaidOf(max(seen))) == Said(None, None)


def test_names_of_files_are_free_again_when_their_url_is_forgotten(frontier):
    frontier.configure([JobTerms("job")], NOW)
    listed(frontier, "a/0", "b/0")
    owner = join(frontier)
    hosts = take(frontier, owner)
    (gone,), (stays,) = hosts["a:80"].tasks, hosts["b:80"].tasks
    assert frontier.claim([(gone.id, "x", "y")], owner) == ["x"]
    assert frontier.claim([(gone.id, "z", "y")], owner) == ["z"]
    ends = [settled(one, Kind.STORED, Done(), path="x", digest="ab" * 32) for one in (gone,)]
    frontier.settle(owner, ends, [])
    listed(frontier, "b/0")
    assert frontier.claim([(stays.id, "z", "b")], owner) == ["b"]
    assert number(frontier, Forget(NOW), NOW) == 1
    assert rows(frontier, StoredFiles()) == []
    assert frontier.claim([(stays.id, "z", "c")], owner) == ["z"]


def test_a_task_may_claim_several_files_at_once(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a", "b"), NOW)
    (one,), (other,) = (host.tasks for host in take(frontier, owner).values())
    frontier.claim([(other.id, "x", "y")], owner)
    assert frontier.claim([(one.id, "x", "v"), (one.id, "z", "w")], owner) == ["v", "z"]
    assert frontier.claim([(other.id, "v", "c"), (other.id, "z", "d")], owner) == ["c", "d"]


def test_a_file_that_is_fixed_is_its_urls_though_the_visit_never_ends(frontier):
    owner = join(frontier)
    frontier.add("job", seeds("a", "b", "c"), NOW)
    (one,), (other,), (usual,) = (host.tasks for host in take(frontier, owner).values())
    wanted = [(one.id, "x", "x-1"), (other.id, "x", "x-2"), (usual.id, "y", "y-3")]
    for _ in range(2):  # a reply may be lost
        found = frontier.claim(wanted, owner, fixed={one.id, other.id})
        assert found == ["x", "x-2", "y"]
    frontier.leave(owner, [], NOW)
    later = join(frontier)
    paths = {host.tasks[0].id: host.tasks[0].path for host in take(frontier, later).values()}
    assert paths == {one.id: "x", other.id: "x-2", usual.id: None}
    frontier.claim([(one.id, "another", "z")], later, fixed={one.id})
    frontier.leave(later, [], NOW)
    again = {
        host.tasks[0].id: host.tasks[0].path for host in take(frontier, join(frontier)).values()
    }
    assert again == paths
