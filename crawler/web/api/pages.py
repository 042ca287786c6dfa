"""What the API answers and the command line has otherwise: URLs page by page, and samples.

They are commands as the verbs are, so that they take and describe their words likewise.
"""

from dataclasses import replace
from typing import Any

import click

from crawler.frontier import STATES
from crawler.frontier.questions import Samples
from crawler.log import iso
from crawler.model import DAY_S
from crawler.verbs.answer import Answer
from crawler.verbs.choice import wanted
from crawler.verbs.commands.declaring import answering, does, verb_that_asks
from crawler.verbs.commands.options import choosing_urls
from crawler.verbs.holding import opened_by
from crawler.verbs.ledger import Ledger
from crawler.verbs.record import record
from crawler.verbs.stores import Stores

RANGES_S = {"hour": 3600.0, "week": 7 * DAY_S}
MAX_SAMPLES = 400
MAX_ROWS = 1000
MAX_CURSOR = 2**63 - 1


@click.command("urls")
@verb_that_asks
@answering
@choosing_urls
@click.option("--in-state", "states", multiple=True, type=click.Choice(STATES),
              help="In this state; may be given again.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1, MAX_ROWS), default=200,
              help="URLs of a page at the most.")  # fmt: skip
@click.option("--cursor", type=click.IntRange(0, MAX_CURSOR), default=0,
              help="What `next` of the page before said.")  # fmt: skip
@does("web.api.pages:urls")
def urls_verb() -> None:
    """Tell of URLs with their last outcome, a slice of all of them at a time."""


def urls(ledger: Ledger, *, cursor: int, limit: int, **chosen: Any) -> Answer:
    """Return a page of URLs."""
    with opened_by(ledger, acts=False) as desk:
        page = desk.page(replace(wanted(**chosen, now=desk.now()), most=limit), cursor)
        stores = Stores(desk.sums().stores)
    found = [record(one, stores) for one in page.rows]
    return Answer((), lambda: {"urls": found, "next": page.after})


@click.command("samples")
@verb_that_asks
@answering
@click.option("--range", "length", type=click.Choice(list(RANGES_S)), default="hour",
              help="How far back.")  # fmt: skip
@does("web.api.pages:samples")
def samples_verb() -> None:
    """Tell how the crawler was from time to time, the oldest first."""


def samples(ledger: Ledger, *, length: str) -> Answer:
    """Return the samples of a stretch of time."""
    with opened_by(ledger, acts=False) as desk:
        now = desk.now()
        found = desk.entry(Samples(now - RANGES_S[length], now, MAX_SAMPLES))
    told = [
        {
            "at": iso(one.at),
            "passed_s": round(one.passed, 3),
            "processes": one.processes,
            "in_flight": one.in_flight,
            "waiting": one.waiting,
            "lag_s": one.lag,
            "bytes": one.bytes,
            "visits": dict(one.visits),
        }
        for one in found
    ]
    return Answer((), lambda: {"at": iso(now), "range": length, "samples": told})
