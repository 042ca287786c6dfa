"""What a process hears, and that it does so only as long as it is one."""

import pytest

from crawler.errors import LeaseLostError
from tests.parts.frontiers import beat, gone, join

EVERY_ENGINE = True


def test_a_process_that_was_taken_for_dead_hears_of_that_before_it_goes_on(open_one):
    """What it has in memory is another one's by then; hearing is the first that works again."""
    one, other = open_one(), open_one()
    owner = join(one, process=gone())
    number = one.hear(owner, 0).number
    assert one.hear(owner, number).wishes is None
    beat(other, join(other))
    with pytest.raises(LeaseLostError):
        one.hear(owner, number)
