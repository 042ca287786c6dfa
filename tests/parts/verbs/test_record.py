"""`crawler export`: the record of a URL in each style, and which URLs are meant."""

import json

import pytest

from crawler.errors import UsageError
from crawler.frontier import Wanted, open_ledger
from crawler.model import Kind
from crawler.records import Again
from crawler.verbs.record import COLUMNS, exported
from tests.parts.frontiers import NOW, join, seeds, settled, take
from tests.parts.ledgers import DAY, ended, execute


def export(file, style="jsonl", **wanted):
    with open_ledger(file) as desk:
        return "".join(exported(desk, Wanted(**wanted), style))


def test_an_export_tells_the_last_outcome_of_every_url(file, frontier):
    ended(frontier, "a")
    one, *_ = map(json.loads, export(file).splitlines())
    assert one == {
        "url": "http://a/0", "job": "job", "state": "done", "outcome": "ok", "ended": "stored",
        "kind": "stored", "status": None, "reason": "stored", "path": "a/0", "bytes": 5,
        "digest": "ab" * 32, "attempts": 1, "failures": 0, "host": "a:80", "location": None,
        "directives": None, "unverified": False, "first_seen": "1970-01-12T13:46:40Z",
        "last_visit": "1970-01-12T13:46:40Z", "last_success": "1970-01-12T13:46:40Z",
        "last_change": "1970-01-12T13:46:40Z", "due_at": None, "store": None,
        "media_type": None, "charset": None, "final_location": "http://a/0",
    }  # fmt: skip


def test_an_export_can_be_narrowed(file, frontier):
    ended(frontier, "a", "b:8080")
    frontier.add("other", seeds("a", job="other"), NOW)
    count = lambda **wanted: len(export(file, "list", **wanted).split())  # noqa: E731
    assert count() == 9
    assert count(job="other") == 1
    assert count(kinds=("timeout", "dns")) == 4
    assert count(host="B:8080") == count(host="b") == 4
    assert count(host="a", states=("waiting",)) == 1
    assert (count(since=NOW), count(since=NOW + 1)) == (8, 0)
    for wrong in ({"job": "no"}, {"host": "nowhere"}):
        with pytest.raises(UsageError, match="is known"):
            count(**wrong)


def test_a_kind_is_of_the_last_visit_and_a_last_end_of_the_last_visit_that_was_one(file, frontier):
    ended(frontier, "a", again=NOW + DAY)
    frontier.time = NOW + DAY + 1
    owner = join(frontier, NOW + DAY + 1)
    (first, *_) = take(frontier, owner, NOW + DAY + 1)["a:80"].tasks
    again = settled(first, Kind.CONNECT, Again(NOW + 2 * DAY), NOW + DAY + 1)
    assert frontier.settle(owner, [again], []) == set()
    assert export(file, "list", kinds=("connect",)) == f"{first.url}\n"
    assert export(file, "list", last_ends=("connect",)) == ""
    assert first.ended
    assert export(file, "list", last_ends=(first.ended,)) == f"{first.url}\n"
    assert export(file, "list", kinds=(first.ended,)) == ""


def test_a_table_of_no_url_has_its_header(file, frontier):
    ended(frontier, "a")
    assert export(file, "csv", kinds=("tls",)) == ",".join(COLUMNS) + "\n"
    assert export(file, "csv").splitlines()[0] == ",".join(COLUMNS)
    assert tuple(json.loads(export(file).splitlines()[0])) == COLUMNS
    assert export(file, kinds=("tls",)) == export(file, "list", kinds=("tls",)) == ""


def test_a_csv_holds_no_formula_and_no_control_character(file, frontier):
    ended(frontier, "a")
    execute(file, "UPDATE visited SET reason = '=HYPERLINK(\"x\")' WHERE task = 1")
    execute(file, "UPDATE visited SET reason = ' @x' || char(27, 10) || 'y,z' WHERE task = 2")
    head, *lines = export(file, "csv").splitlines()
    assert head.startswith("url,job,state,outcome,")
    assert '"\'=HYPERLINK(""x"")"' in lines[0]
    assert '"\' @x\ufffd\ufffdy,z"' in lines[1]
    assert len(lines) == 4
    third = export(file).splitlines()[1]
    assert json.loads(third)["reason"] == " @x\x1b\ny,z"
    assert "\x1b" not in third
