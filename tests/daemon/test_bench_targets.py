"""The arithmetic of the benchmark's targets."""

import time

import pytest

from tests.bench.payload import let_lie
from tests.bench.scene import Medians, cheaper, cpu_above, dearer, faster

MEDIANS = Medians(
    {
        "ours": {"work_s": 2.0, "cpu_s": 3.0, "unit_cpu_s": 0.0030},
        "theirs": {"work_s": 8.0, "cpu_s": 9.0, "unit_cpu_s": 0.0018},
    }
)


def test_time_and_cpu_are_compared_each_with_its_own():
    assert faster("", "ours", "theirs", 4).value(MEDIANS) == 4
    assert cheaper("", "ours", "theirs", 3).value(MEDIANS) == 3
    assert dearer("", "theirs", "ours", 3).value(MEDIANS) == 3


@pytest.mark.parametrize(
    ("target", "least"),
    [(cheaper("", "ours", "theirs", 3), True), (dearer("", "ours", "theirs", 1.1), False)],
    ids=["cheaper", "dearer"],
)
def test_a_bound_is_met_on_its_own_side_alone(target, least):
    bound = target.at_least if least else target.at_most
    assert target.met(bound)
    assert target.met(bound + 1) is least
    assert target.met(bound - 1) is not least


def test_cpu_above_another_is_counted_in_the_unit_of_the_case():
    assert cpu_above("ours", "theirs", scale=1000)(MEDIANS) == pytest.approx(1.2)
    assert cpu_above("theirs", "ours", scale=1000)(MEDIANS) == pytest.approx(-1.2)


def test_what_did_not_run_is_not_compared():
    assert cheaper("", "ours", "absent", 3).value(MEDIANS) is None
    assert cpu_above("ours", "absent")(MEDIANS) is None


def test_a_list_that_lies_is_older_than_one_that_is_waited_for(tmp_path):
    file = tmp_path / "list.txt"
    file.write_text("http://localhost/\n")
    assert time.time() - let_lie(file).stat().st_mtime > 30
