"""Which processes hang, and are to be started anew."""

from itertools import pairwise

from crawler.policy.hanging import AGAIN_S, Sight, Watch

SILENCE, PATIENCE = 60.0, 120.0
LOOK_S = 60.0


def restarts(sight, looks, *, every=LOOK_S):
    """Return at which looks a process is to be started anew that always looks the same."""
    watch = Watch(SILENCE, PATIENCE)
    return [at for at in range(looks) if watch.look([sight], at * every)]


def test_who_gives_no_sign_of_life_is_started_anew_after_a_patience():
    assert restarts(Sight("a", 1, 61.0, 61.0), 3) == [2]
    assert restarts(Sight("a", 1, None, 61.0), 3) == [2]
    assert restarts(Sight("a", 1, 61.0, None), 3) == [2]


def test_one_sign_of_life_is_enough():
    assert not restarts(Sight("paused, with a full disk under its ledger", 1, 9.0, 3600.0), 9)
    assert not restarts(Sight("started without a socket", 1, None, 5.0), 9)
    assert not restarts(Sight("waits for its ledger", 1, 9.0, None), 9)


def test_who_was_never_heard_of_is_let_alone():
    assert not restarts(Sight("a shell around it", 1, None, None), 9)


def test_no_process_is_started_anew_again_and_again():
    found = restarts(Sight("a", 1, 61.0, 61.0), 30)
    assert [(b - a) * LOOK_S for a, b in pairwise(found)] == [AGAIN_S] * 2


def test_looks_that_come_in_a_heap_count_for_nothing():
    assert not restarts(Sight("a", 1, 61.0, 61.0), 30, every=1.0)
    assert not restarts(Sight("a", 1, 61.0, 61.0), 2, every=3600.0)


def test_a_good_look_in_between_begins_anew():
    watch = Watch(SILENCE, PATIENCE)
    bad, good = Sight("a", 1, 61.0, 61.0), Sight("a", 1, 1.0, 1.0)
    found = [watch.look([one], at * LOOK_S) for at, one in enumerate([bad, bad, good, bad, bad])]
    assert not any(found)


def test_the_next_process_of_a_name_begins_anew():
    watch = Watch(SILENCE, PATIENCE)
    found = [
        watch.look([Sight("a", pid, 61.0, None)], at * LOOK_S) for at, pid in enumerate([1, 1, 2])
    ]
    assert not any(found)


def test_each_process_is_judged_for_itself():
    watch = Watch(SILENCE, PATIENCE)
    bad, good = Sight("a", 1, 61.0, 61.0), Sight("b", 2, 1.0, 61.0)
    assert [watch.look([bad, good], at * LOOK_S) for at in range(3)] == [[], [], [bad]]
