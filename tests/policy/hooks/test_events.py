"""What hooks are told of visits, hosts and lists."""

import json
from pathlib import Path

import pytest

from crawler.hooks.events import MAX_REASON, body_of, occasions, of_host, of_list, of_visit
from crawler.model import Kind, Outcome, Task
from crawler.records import Again, Dead, Done, Hop, Settlement

OLD, NEW = "aa" * 32, "bb" * 32


def settlement(kind, verdict=None, *, robots=False, digest="", before="", **more):
    task = Task(1, "job", "http://h/x", "http://h/x", "h:80", 1, 77, 4, digest=before)
    task = Task(**{name: getattr(task, name) for name in task.__slots__} | {"robots": robots})
    return Settlement(task, Outcome(kind, digest=digest, **more), verdict or Done(), 1e9)


@pytest.mark.parametrize(
    ("settled", "told"),
    [
        (settlement(Kind.STORED, digest=NEW), ("stored",)),
        (settlement(Kind.STORED, digest=NEW, before=OLD), ("stored", "changed")),
        (settlement(Kind.STORED, digest=OLD, before=OLD), ("stored",)),
        (settlement(Kind.UNCHANGED, before=OLD), ()),
        (settlement(Kind.TIMEOUT, Again(5.0)), ()),
        (settlement(Kind.TIMEOUT, Dead("x")), ("failed",)),
        (settlement(Kind.NOT_FOUND, Dead("x", 7.0)), ("failed",)),
        (settlement(Kind.UNWANTED, Dead("x")), ("unwanted",)),
        (settlement(Kind.UNWANTED, Again(5.0)), ()),
        (settlement(Kind.REDIRECTED, Hop("http://i/")), ()),
        (settlement(Kind.STORED, digest=NEW, robots=True), ()),
    ],
)
def test_a_visit_is_an_occasion_of(settled, told):
    assert occasions(settled) == told


def test_an_event_of_a_visit_says_where_the_file_is():
    settled = settlement(
        Kind.STORED, digest=NEW, before=OLD, path="job/x", size=5, status=200
    )  # fmt: skip
    event = of_visit("changed", settled, Path("/out"), "m7")
    assert event["path"] == "/out/job/x"
    assert (event["digest"], event["previous_digest"]) == (NEW, OLD)
    assert (event["machine"], event["bytes"], event["visit_no"]) == ("m7", 5, 4)
    assert "reason" not in event
    assert json.loads(body_of(event)) == event


def test_the_same_end_has_the_same_id_and_every_other_one_another():
    settled = settlement(Kind.STORED, digest=NEW)
    ids = [
        of_visit(kind, settled, Path("/"), "m")["id"] for kind in ("stored", "stored", "changed")
    ]
    assert ids[0] == ids[1] != ids[2]


def test_an_event_of_a_failure_has_no_file_and_a_reason_without_secrets():
    settled = settlement(Kind.HTTP_ERROR, Dead("x"), reason="see http://u:pw@h/?token=abc " * 99)
    event = of_visit("failed", settled, Path("/"), "m")
    assert "path" not in event
    assert "pw" not in event["reason"]
    assert "abc" not in event["reason"]
    assert len(event["reason"]) <= MAX_REASON


def test_hosts_and_lists_have_events_of_their_own():
    rested = of_host("job", "h:80", "banned", "HTTP status 403", now=1e9, until=1e9 + 60)
    assert (rested["event"], rested["state"]) == ("host_rested", "banned")
    assert rested["until"] > rested["at"]
    assert of_list("job", "gone", 1e9)["event"] == "list_failed"
