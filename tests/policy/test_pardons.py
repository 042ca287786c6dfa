"""A failure that may have been the folder's is not charged once."""

from crawler.policy.pardons import MAX_PARDONED, Pardons


def test_a_task_is_pardoned_once_and_again_after_a_file_of_it_was_stored():
    pardons = Pardons()
    assert [pardons.pardon(task) for task in (1, 2, 1, 2)] == [True, True, False, False]
    pardons.stored(1)
    pardons.stored(3)
    assert [pardons.pardon(task) for task in (1, 2, 3)] == [True, False, True]


def test_however_many_tasks_fail_few_are_remembered_and_the_newest_are():
    pardons = Pardons()
    for task in range(MAX_PARDONED + 2):
        assert pardons.pardon(task)
    assert [pardons.pardon(task) for task in (MAX_PARDONED + 1, 2, 1, 0)] == [
        False, False, True, True,
    ]  # fmt: skip
