"""Answers that no verb gives: URLs page by page."""

from typing import Any

from crawler.verbs.answer import Answer
from crawler.verbs.desk_options import wanted
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.record import record
from crawler.verbs.stores import Stores


def url_page(ledger: Ledger, *, cursor: int, style: str, unmasked: bool, **chosen: Any) -> Answer:
    """Return the URLs that were chosen of a slice of all, and where the next slice begins."""
    del style, unmasked
    with opened_by(ledger, acts=False) as desk:
        page = desk.page(wanted(**chosen, now=desk.now()), cursor)
        stores = Stores(desk.sums().stores)
    return Answer(
        (), lambda: {"urls": [record(one, stores) for one in page.rows], "next": page.after}
    )
