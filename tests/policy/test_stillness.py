"""A file is taken when it is still and looks whole, or is still for long."""

import pytest

from crawler.policy.stillness import is_unfinished, wait_for


@pytest.mark.parametrize(
    ("still", "whole", "wait"),
    [
        (0.0, True, 2.0),
        (0.5, False, 1.5),
        (2.0, True, 0.0),
        (2.0, False, 28.0),
        (29.5, False, 0.5),
        (30.0, False, 0.0),
        (1e9, True, 0.0),
    ],
)
def test_a_file_waits_for_two_seconds_and_one_that_does_not_look_whole_for_thirty(
    still, whole, wait
):
    assert wait_for(still, whole=whole) == wait


@pytest.mark.parametrize(
    ("name", "unfinished"),
    [
        ("list.txt", False), ("list.txt~", True), (".list.txt", True), ("list.tmp", True),
        ("list.txt.part", True), (".list.txt.swp", True), ("list.swp", True), ("tmp", False),
        ("list.tmp.txt", False),
    ],
)  # fmt: skip
def test_names_of_unfinished_files_are_known(name, unfinished):
    assert is_unfinished(name) is unfinished
