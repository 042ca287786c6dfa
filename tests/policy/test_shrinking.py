"""Loss is measured by the number of URLs that are left, never by which they are."""

import pytest

from crawler.policy.shrinking import is_loss


@pytest.mark.parametrize(
    ("before", "now", "share", "loss"),
    [
        (100, 50, 0.5, False),
        (100, 49, 0.5, True),
        (100, 100, 0.5, False),
        (100, 300, 0.0, False),
        (39, 19, 0.5, True),
        (39, 20, 0.5, False),
        (19, 0, 0.5, False),
        (20, 0, 0.5, True),
        (1000, 980, 0.0, True),
        (1000, 981, 0.0, False),
        (1000, 0, 1.0, False),
        (0, 0, 0.0, False),
    ],
)
def test_a_loss_is_large_by_share_and_by_number(before, now, share, loss):
    assert is_loss(before, now, share) is loss
