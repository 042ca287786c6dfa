"""Which lines of a log are chosen."""

import json

import pytest

from crawler.verbs.tail.choosing import Choice
from crawler.verbs.tail.lines import line_of


def line(**fields):
    return json.dumps({"event": "visit", **fields}).encode()


GOOD = line(level="info", job="a", host="h:80", kind="stored", verdict="done")
AGAIN = line(level="info", job="a", host="h:81", kind="connect", verdict="again")
DEAD = line(level="warning", job="b", host="[::1]:80", kind="not_found", verdict="dead")
ERROR = line(event="list.failed", level="error", job="a")
ODD = b"Traceback (most recent call last):"
ALL = (GOOD, AGAIN, DEAD, ERROR, ODD)


@pytest.mark.parametrize(
    ("choice", "chosen"),
    [
        (Choice(), ALL),
        (Choice(failed=True), (AGAIN, DEAD, ERROR, ODD)),
        (Choice(kinds=frozenset({"stored", "connect"})), (GOOD, AGAIN)),
        (Choice(host="h"), (GOOD, AGAIN)),
        (Choice(host="h:81"), (AGAIN,)),
        (Choice(host="[::1]"), (DEAD,)),
        (Choice(host="::1"), ()),
        (Choice(job="a"), (GOOD, AGAIN, ERROR)),
        (Choice(failed=True, job="a"), (AGAIN, ERROR)),
        (Choice(failed=True, host="h", job="b"), ()),
    ],
)
def test_a_line_is_chosen_that_meets_all_that_is_asked_for(choice, chosen):
    assert tuple(raw for raw in ALL if choice(line_of(raw))) == chosen
