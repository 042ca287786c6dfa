"""`crawler stop`: processes drain and exit."""

from crawler.frontier.wishes import Order
from crawler.model import Seconds
from crawler.verbs.answer import Answer
from crawler.verbs.ledger import Ledger
from crawler.verbs.orders.telling import tell, would_tell
from crawler.verbs.orders.waiting import until_ended

WAIT_FOR_END_S: Seconds = 600.0
"""How long `stop --wait` waits where no configuration says how long a stop may take."""
STOP_MARGIN_S: Seconds = 10.0
"""How long `stop --wait` waits beyond the grace period."""


def stop(ledger: Ledger, *, only: int | None, waits: bool, dry: bool) -> Answer:
    """Do what `crawler stop` says; its options are in `crawler/verbs/commands/`."""
    told = would_tell(ledger, Order.STOP, only) if dry else tell(ledger, Order.STOP, only)

    def after() -> None:
        if waits and told.heard and not dry:
            options = ledger.settings.crawler if ledger.settings else None
            patience = options.grace_period + STOP_MARGIN_S if options else WAIT_FOR_END_S
            until_ended(ledger, told.heard, patience)

    return Answer(
        told.lines(), told.document, int(not told.heard or bool(told.missed)), after=after
    )
