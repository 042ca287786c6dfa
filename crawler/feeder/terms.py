"""What one lease asks of the frontier: hosts and tasks that go back, move, or are wanted. Pure."""

from collections.abc import Callable, Container

from crawler.feeder.host import Host
from crawler.feeder.own_hosts import OwnHosts
from crawler.feeder.refills import RefillQueue
from crawler.model import Seconds
from crawler.value import mutable


@mutable
class Terms:
    """What one lease asks of the frontier."""

    to_refill: list[Host]
    refills: dict[int, int]
    """Tasks to take, by number of host."""
    new: int
    """Hosts to take."""
    exhausted: list[Host]
    idle: list[Host]
    """Hosts that go back, the exhausted ones among them."""
    back: set[int]
    """Ids of tasks that go back: of hosts that rest for long, had their turn, or are paused."""
    resting: list[Host]
    """Hosts of which tasks go back."""
    moving: list[Host]
    """Hosts that were found at another address, and have no open visit."""


def terms_of(
    own_hosts: OwnHosts, queue: RefillQueue, room: Callable[[Seconds], int], now: Seconds
) -> Terms:
    """Return what to ask for now; `room` says how many more hosts there is work for."""
    resting, back = _returning(own_hosts, now)
    exhausted = own_hosts.take_idle()
    idle = dict.fromkeys([*(one for one in resting if _goes(one, back)), *exhausted])
    others = {*idle, *resting}  # what moves is found anew by the next lease
    moving = [host for host in own_hosts.moving() if host not in others]
    busy = {*idle, *moving}
    to_refill = [host for host in queue.due(now) if host not in busy]
    refills = {host.id: lack for host in to_refill if (lack := host.missing_tasks(now))}
    new = 0 if own_hosts.withdrawal.paused.everything else room(now)
    return Terms(to_refill, refills, new, exhausted, list(idle), back, resting, moving)


def _returning(own_hosts: OwnHosts, now: Seconds) -> tuple[list[Host], set[int]]:
    """Hold hosts back of which tasks go back; return them, and the ids of these tasks."""
    rests, withdrawal = own_hosts.giving_back(now), own_hosts.withdrawal
    back = {task.id for host in rests for task in host.tasks} | withdrawal.tasks()
    resting = list(dict.fromkeys([*rests, *withdrawal.hosts()]))
    for host in resting:
        host.returning = True
    return resting, back


def _goes(host: Host, back: Container[int]) -> bool:
    """Tell whether a host goes back with its tasks: no visit of it is open, and no task stays."""
    return host.open == len(host.tasks) and all(task.id in back for task in host.tasks)
