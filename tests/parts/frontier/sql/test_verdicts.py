"""What a verdict makes of a task is what the ledger page says."""

import re
from pathlib import Path

import pytest

from crawler.frontier import STATES
from crawler.model import Kept, Kind, Outcome, Validators
from crawler.records import Again, Dead, Done, Hop, Settlement
from tests.parts.frontiers import NOW, join, one_task, seeds, take
from tests.parts.ledgers import execute

PAGE = (Path(__file__).parents[4] / "docs" / "ledger.md").read_text()
TABLE = re.findall(r"^\| `(\w+)` \|" + r" ([^|]+) \|" * 6 + "$", PAGE, re.MULTILINE)
NAMES = (
    "state", "due_at", "location", "host", "attempt", "failures", "put_off", "hops", "ended",
    "every", "part",
)  # fmt: skip
ELSEWHERE = "http://b/there"
VERDICTS = (
    (0, Again(NOW + 5)),
    (0, Again(NOW + 5, charged=False)),
    (1, Again(NOW + 5, location="http://c/other")),
    (1, Again(NOW + 5, location="http://c/other", keeps=False)),
    (2, Hop("http://c/other")),
    (3, Done(NOW + 9, 60.0)),
    (3, Dead("why", NOW + 9)),
    (4, Done()),
    (5, Dead("why")),
)


def test_the_page_has_a_row_for_all_that_a_verdict_changes():
    assert tuple(row[0] for row in TABLE) == NAMES


@pytest.mark.parametrize(("column", "verdict"), VERDICTS)
@pytest.mark.parametrize("status", [500, 429])
def test_a_verdict_makes_of_a_task_what_the_page_says(file, frontier, column, verdict, status):
    owner = join(frontier)
    frontier.add("job", seeds("a"), NOW)
    settle(frontier, owner, one_task(frontier, owner), Hop(ELSEWHERE), 302)
    settle(frontier, owner, one_task(frontier, owner), Again(NOW), 503)
    (host,) = take(frontier, owner, new=0, refills={2: 1}).values()
    (task,) = host.tasks
    frontier.settle(owner, [], [], kept={task.id: Kept("part", Validators('"x"'), 9)})
    before = row_of(file)
    settle(frontier, owner, task, verdict, status)
    after = row_of(file)
    for name, *cells in TABLE:
        told = value(cells[column], name, before, verdict, status)
        assert after[name] == told, f"{name}: {cells[column]}"


def settle(frontier, owner, task, verdict, status):
    retry_after = 1.0 if status == 503 else None
    outcome = Outcome(Kind.HTTP_ERROR, status, reason="why", retry_after=retry_after)
    frontier.settle(owner, [Settlement(task, outcome, verdict, NOW)], [])


def row_of(file):
    (row,) = execute(
        file,
        "SELECT state, due_at, location, host, attempt, failures, put_off, hops, ended, every, "
        "part FROM entry WHERE job",
    )
    return dict(zip(NAMES, row, strict=True))


def value(cell, name, before, verdict, status):
    """What a cell of the table comes to."""
    more = {
        "one more": 1,
        "one more if `charged`": getattr(verdict, "charged", 0),
        "one more if the host asked": status == 429,
    }
    if cell in more:
        return before[name] + more[cell]
    if cell == "same if `keeps`":
        return before[name] if verdict.keeps else None
    there = {"of `location`": 3, "of `url`": 1}
    found = {"same": before[name], "`finished_at`": NOW, "`kind`": "http_error", "NULL": None}
    known = {state: number for number, state in enumerate(STATES)} | found | there | {"0": 0}
    return known[cell] if cell in known else getattr(verdict, cell.strip("`"))
