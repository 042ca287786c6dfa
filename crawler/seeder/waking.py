"""Hosts learn what a configuration that is newly in force says of them, slice by slice."""

from collections.abc import Callable

from crawler.frontier import Frontier, Wake, tidied


def wake_hosts(frontier: Frontier, owner: int, look: Callable[[], None]) -> None:
    """Have hosts of jobs that came, went or changed looked at again."""
    if sum(tidied(frontier, owner, Wake())):
        look()
