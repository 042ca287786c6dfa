"""Whether lists that were read to their end have lost too much to be believed at once."""

LEAST_LOSS = 20
"""URLs; a loss of fewer is always believed."""


def is_loss(before: int, now: int, max_shrink: float) -> bool:
    """Tell whether so many of the URLs before are gone that it may be a fault of the lists.

    The numbers are of all lists of a job; `max_shrink` is the share that may go, 0 to 1. Other URLs
    in the same number are no loss.
    """
    return before - now >= LEAST_LOSS and now < (1 - max_shrink) * before
