"""What an operator wishes of a running process: heard within a second, and put in force."""

from collections.abc import Callable
from functools import partial

from gevent.event import Event

from crawler.daemon.mailbox import Mailbox
from crawler.daemon.reloading import Reloader
from crawler.daemon.services import Service
from crawler.daemon.wishes.hearing import Hearing
from crawler.daemon.wishes.waking import Waking
from crawler.feeder.feeder import Feeder
from crawler.frontier import Frontier
from crawler.frontier.wishes import Order
from crawler.log import Log
from crawler.seeder.waking import wake_hosts


def hearing(
    frontier: Frontier,
    owner: int,
    feeder: Feeder,
    reloader: Reloader,
    mailbox: Mailbox,
    log: Log,
    looked: Callable[[], None],
    asked: Event,
) -> tuple[Service, ...]:
    """Put in force what is wished, before anything is leased; return the services that go on.

    They look at once when `asked` is set.

    Raises:
        LeaseLostError: the owner was taken for dead.
    """
    waking = Waking(partial(wake_hosts, frontier, owner, feeder.leaser.look))
    setting = Waking(partial(reloader.reload, read=False))
    orders: dict[Order, Callable[[], None]] = {
        Order.STOP: partial(mailbox.stop, "crawler stop"),
        Order.RELOAD: mailbox.reload,
    }
    heard = Hearing(
        frontier, owner, log, feeder=feeder, reloader=reloader, wake=waking.ask, set_=setting.ask,
        orders=orders, looked=looked,
    )  # fmt: skip
    heard.asked = asked
    heard.look()
    heard.say()
    if reloader.wishes:
        reloader.reload(read=False)
    return (
        Service("hearing", heard.run),
        Service("saying", heard.saying.run),
        Service("waking", waking.run),
        Service("setting", setting.run),
    )
