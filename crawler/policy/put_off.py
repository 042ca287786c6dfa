"""Who pays for a visit that a host put off (429, 503 with a time): the host, or the URL. Pure."""

from crawler.policy.politeness import HostPace


def host_pays(pace: HostPace, put_off: int) -> bool:
    """Note that a host put a visit off; tell whether it pays for that, in the place of the URL.

    `put_off` is how often it did so to this URL before. It pays until it is known to be well, and
    while it puts off others as well; if not, it is this URL that it refuses.
    """
    in_a_row = pace.put_off
    if in_a_row is None:
        return True
    pace.put_off = in_a_row + 1
    return not put_off or in_a_row > put_off
