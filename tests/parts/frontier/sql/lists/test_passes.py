"""Passes: one reader a source, nothing taken away before all was read, loss weighed."""

from dataclasses import replace

import pytest

from crawler.errors import LeaseLostError, PassLostError
from crawler.frontier import (
    Apply,
    BringBack,
    Chunks,
    CountDown,
    NewList,
    ReadChunk,
    Rests,
    Retire,
    Retired,
    Sources,
    SourceState,
    Synced,
    Understand,
    Wake,
    Weigh,
    Weighed,
    pages,
)
from crawler.frontier.sql.lists import chunks as lists
from crawler.records import JobTerms
from tests.parts.desk import chunks, is_known, schedule, sources
from tests.parts.frontier.invariants import broken
from tests.parts.frontiers import NOW, done, gone, join, put, reclaim, seeds
from tests.parts.ledgers import execute, read_to_end


def chunk(anchor, *found, key=1):
    return ReadChunk(anchor, key, list(found))


def test_two_processes_that_read_the_same_list_read_it_one_after_the_other(frontier):
    one, other = join(frontier), join(frontier)
    reading = frontier.begin_pass(one, "job", "list")
    assert frontier.begin_pass(other, "job", "list") is None
    assert frontier.begin_pass(other, "job", "another list")
    frontier.end_pass(reading, None, NOW)
    assert frontier.begin_pass(other, "job", "list")


def test_a_list_of_a_process_that_left_or_died_can_be_read(frontier):
    for leave in (
        lambda owner: frontier.leave(owner, [], NOW),
        lambda _: reclaim(frontier, NOW, "another machine"),
    ):
        one = frontier.join(gone(), NOW - 900).owner
        frontier.begin_pass(one, "job", "list")
        leave(one)
        assert frontier.begin_pass(join(frontier), "job", "list")
        reclaim(frontier, NOW + 10_000, "another machine")


def test_a_list_of_a_process_that_has_ended_is_read_though_nobody_took_it_for_dead(frontier):
    ended, other = join(frontier, process=gone()), join(frontier)
    broken_off = frontier.begin_pass(ended, "job", "list")
    mine = frontier.begin_pass(other, "job", "list")
    assert mine.number == broken_off.number + 1
    assert frontier.begin_pass(join(frontier), "job", "list") is None, "that one lives"


def test_a_process_that_was_taken_for_dead_takes_nothing_in(frontier):
    owner = frontier.join(gone(), NOW - 900).owner
    one = frontier.begin_pass(owner, "job", "list")
    reclaim(frontier, NOW, "another machine")
    for act in (
        lambda: put(frontier, one, [chunk(1, *seeds("a"))], NOW),
        lambda: frontier.end_pass(one, SourceState(one.source), NOW, [1]),
        lambda: frontier.end_pass(one, SourceState(one.source), NOW),
        lambda: frontier.tidy(owner, Weigh("job", 3, 0.5), NOW),
        lambda: frontier.tidy(owner, Apply("job"), NOW),
        lambda: frontier.tidy(owner, CountDown("job"), NOW),
        lambda: frontier.tidy(owner, Retire("job"), NOW),
        lambda: frontier.tidy(owner, Understand({"job": "x"}), NOW),
        lambda: frontier.tidy(owner, Wake(), NOW),
        lambda: frontier.tidy(owner, BringBack(), NOW),
        lambda: frontier.tidy(owner, Rests(), NOW),
        lambda: frontier.begin_pass(owner, "job", "list"),
        lambda: frontier.put(owner, [new_list("new", "a")], NOW),
    ):
        with pytest.raises(LeaseLostError):
            act()
    assert frontier.sums().counts.known == 0


def test_a_pass_that_another_one_followed_takes_nothing_in(frontier):
    owner = join(frontier)
    one = frontier.begin_pass(owner, "job", "list")
    frontier.begin_pass(owner, "job", "list")
    with pytest.raises(PassLostError):
        put(frontier, one, [chunk(1, *seeds("a"))], NOW)
    assert frontier.sums().counts.known == 0


def test_a_pass_that_breaks_off_takes_nothing_away(frontier, tmp_path):
    frontier.configure([JobTerms("job")], NOW)
    read_to_end(frontier, [chunk(1, *seeds("a", each=30)), chunk(2, *seeds("b", each=30))])
    owner = join(frontier)
    one = frontier.begin_pass(owner, "job", "list")
    assert one.state.version == "read"
    assert put(frontier, one, [chunk(1, *seeds("c", each=3), key=2)], NOW).added == 3
    frontier.end_pass(one, None, NOW)
    assert done(frontier, owner, Retire("job")) == [Retired(0, left=False)]
    assert frontier.sums().counts.waiting == 63
    assert sources(frontier, "job")["list"].version == "", "it is to be read again"
    assert broken(tmp_path / "state.sqlite", NOW, {}) == []


def test_what_a_pass_lost_goes_with_the_next_one_that_is_applied_unless_it_came_back(
    frontier, tmp_path
):
    whole = seeds("a", each=30)
    read_to_end(frontier, [chunk(1, *whole)])
    owner = join(frontier)
    for key, found in ((2, whole[:3]), (3, whole[:20]), (4, whole[5:9])):
        one = frontier.begin_pass(owner, "job", "list")
        put(frontier, one, [chunk(1, *found, key=key)], NOW)
        frontier.end_pass(one, None, NOW)
    frontier.leave(owner, [], NOW)
    read_to_end(frontier, [chunk(1, *whole[:20], key=5)])
    counts = frontier.sums().counts
    assert (counts.waiting, counts.retired) == (20, 10)
    assert execute(tmp_path / "state.sqlite", "SELECT count(*) FROM dropped") == [(0,)]
    assert broken(tmp_path / "state.sqlite", NOW, {}) == []


def test_what_stayed_behind_under_an_old_name_is_counted_down_in_slices_before_it_is_read(
    frontier, tmp_path
):
    frontier.configure([JobTerms("old")], NOW)
    owner, found = join(frontier), seeds(*(f"h{number}" for number in range(3)), job="old")
    one = frontier.begin_pass(owner, "old", "list")
    put(frontier, one, [chunk(number, each) for number, each in enumerate(found)], NOW)
    frontier.configure([JobTerms("new", renamed_from="old")], NOW)
    with pytest.raises(PassLostError):
        put(frontier, one, [], NOW)
    assert len(done(frontier, owner, CountDown("new"))) == 1
    frontier.configure([JobTerms("new"), JobTerms("old")], NOW)
    file = tmp_path / "state.sqlite"
    assert len(done(frontier, owner, CountDown("old"))) == 4
    assert len(done(frontier, owner, CountDown("old"))) == 1
    assert execute(file, "SELECT DISTINCT listed FROM task") == [(0,)]
    one = frontier.begin_pass(owner, "old", "list")
    put(frontier, one, [chunk(1, *found[:1])], NOW)
    frontier.end_pass(one, SourceState(one.source, "v", 1, 0), NOW)
    assert done(frontier, owner, Retire("old")) == [Retired(2, left=False)]
    assert broken(file, NOW, {owner: {}}) == []


def test_what_changed_chunks_lost_is_taken_away_in_slices(frontier):
    owner = join(frontier)
    one = frontier.begin_pass(owner, "job", "list")
    for anchor in range(2):
        put(frontier, one, [chunk(anchor, *seeds(f"h{anchor}", each=2))], NOW)
        put(frontier, one, [chunk(anchor, key=2)], NOW)
    before = sources(frontier, "job")["list"]
    state, after = SourceState(one.source, "new", 2, 0), 0
    for _ in range(2):
        after = frontier.end_pass(one, state, NOW, [], after)
        assert after is not None
        assert sources(frontier, "job")["list"] == before, "it is not at its end yet"
    assert frontier.end_pass(one, state, NOW, [], after) is None
    assert sources(frontier, "job")["list"] == state
    done(frontier, owner, Retire("job"))
    assert frontier.sums().counts.retired == 4


def test_an_end_of_a_pass_whose_reply_was_lost_may_be_asked_for_again(frontier):
    read_to_end(frontier, [chunk(anchor, *seeds(f"h{anchor}")) for anchor in range(5)])
    one = frontier.begin_pass(join(frontier), "job", "list")
    state, gone = SourceState(one.source, "new", 2, 0), range(3)
    for after, then in ((0, 1), (0, 1), (1, 2), (2, None), (2, None)):
        assert frontier.end_pass(one, state, NOW, gone, after) == then
    assert sources(frontier, "job")["list"] == state
    assert chunks(frontier, one.source).keys() == {3, 4}
    with pytest.raises(PassLostError):
        put(frontier, one, [], NOW)


def test_chunks_and_sources_come_by_pages_whatever_their_anchors(frontier, monkeypatch):
    monkeypatch.setattr(lists, "CHUNKS_AT_ONCE", 2)
    monkeypatch.setattr(lists, "SOURCES_AT_ONCE", 2)
    anchors = [-(2**63), -5, 0, 7, 2**63 - 1]
    owner = join(frontier)
    passes = [frontier.begin_pass(owner, "job", f"list {number}") for number in range(5)]
    put(frontier, passes[0], [chunk(anchor, *seeds(f"h{anchor}")) for anchor in anchors])
    pages_ = list(pages(frontier, Chunks(passes[0].source)))
    assert [[anchor for anchor, _ in page] for page in pages_] == [
        [-(2**63), -5],
        [0, 7],
        [2**63 - 1],
    ]
    found = [name for page in pages(frontier, Sources("job")) for name, _ in page]
    assert found == [f"list {number}" for number in range(5)]


def test_a_source_of_which_something_is_not_taken_away_yet_is_not_read_to_its_end(frontier):
    read_to_end(frontier, [chunk(1, *seeds("a", each=3))])
    before = sources(frontier, "job")["list"]
    one = frontier.begin_pass(join(frontier), "job", "list")
    put(frontier, one, [chunk(1, key=2)], NOW)
    frontier.end_pass(one, SourceState(one.source, "new", 0, 0), NOW)
    after = sources(frontier, "job")["list"]
    assert (after.version, after.listed) == ("", before.listed)


def test_lists_that_lost_too_much_are_held_until_they_are_whole_or_believed(frontier, tmp_path):
    file = tmp_path / "state.sqlite"
    read_to_end(frontier, [chunk(1, *seeds("a", each=100))])
    owner = join(frontier)
    weigh = lambda *urls: done(frontier, owner, Weigh("job", *urls))[0]  # noqa: E731
    held = lambda: execute(file, "SELECT held FROM job WHERE name = 'job'")[0][0]  # noqa: E731
    assert weigh(50, 0.5) == Weighed(100, held=False, held_before=False)
    assert held() is None
    assert weigh(49, 0.5) == Weighed(100, held=True, held_before=False)
    assert held() == 49
    assert weigh(48, 0.5) == Weighed(100, held=True, held_before=True)
    assert held() == 48
    assert weigh(90, 0.5) == Weighed(100, held=False, held_before=True)
    done(frontier, owner, Apply("job"))
    assert held() is None
    assert weigh(99, 0.5, True).held
    weigh(30, 0.5)
    execute(file, "UPDATE job SET believed = 1")
    assert not weigh(30, 0.5).held
    assert not weigh(30, 0.5).held, "also after a crash halfway"
    assert weigh(0, 0.5).held, "it lost far more than what was shown"
    assert weigh(30, 0.5).held, "and that was the end of the belief"


def test_inline_urls_and_inboxes_are_no_part_of_what_is_weighed(frontier):
    for name in ("urls", "inbox:a.txt 1"):
        read_to_end(frontier, [chunk(1, *seeds(name[:3], each=100))], name=name)
    weighed = done(frontier, join(frontier), Weigh("job", 0, 0.5))
    assert weighed == [Weighed(0, held=False, held_before=False)]


def new_list(job, *hosts, name="urls"):
    found = seeds(*hosts, job=job)
    return NewList(job, name, [chunk(1, *found)], f"mark:{job}", len(found), 0)


def test_lists_of_new_jobs_are_taken_in_whole_and_only_once(frontier):
    owner = join(frontier)
    assert not [job for job in "ab" if is_known(frontier, job)]
    new = [new_list("a", "x", "y"), new_list("b", "x")]
    assert frontier.put(owner, new, NOW) == [Synced(2, 0), Synced(1, 0)]
    assert [job for job in "abc" if is_known(frontier, job)] == ["a", "b"]
    assert frontier.put(owner, new, NOW) == [None, None]
    (state,) = sources(frontier, "a").values()
    assert (state.version, state.listed, state.bad) == ("mark:a", 2, 0)
    assert frontier.begin_pass(join(frontier), "a", "urls").number == 2
    assert frontier.sums().counts.known == 3


def test_a_job_that_is_being_read_or_has_urls_is_not_taken_in_as_new(frontier):
    owner = join(frontier)
    frontier.begin_pass(join(frontier), "read", "another list")
    frontier.add("has", seeds("h", job="has"), NOW)
    assert all(is_known(frontier, job) for job in ("read", "has"))
    new = [new_list("read", "x"), new_list("has", "y"), new_list("new", "z")]
    assert frontier.put(owner, new, NOW) == [None, None, Synced(1, 0)]
    assert frontier.sums().counts.known == 2


def test_the_schedule_of_a_new_job_is_noted_with_its_list(frontier):
    read = replace(new_list("a", "x"), schedule='{"every": 60}')
    frontier.put(join(frontier), [read], NOW)
    assert schedule(frontier, "a") == '{"every": 60}'


def test_a_list_of_bad_lines_alone_is_remembered(frontier):
    """It holds something: the chunk of its lines, which another reading compares."""
    owner = join(frontier)
    frontier.begin_pass(owner, "job", "first")
    one = frontier.begin_pass(owner, "job", "bad")
    put(frontier, one, [ReadChunk(1, 1, [], bad=3)], NOW)
    frontier.end_pass(one, SourceState(one.source, "", 0, 3), NOW)
    assert sources(frontier, "job")["bad"].bad == 3
    assert chunks(frontier, one.source)[1].bad == 3
