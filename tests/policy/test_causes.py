"""What is told as a failure of a host, and its cause in a few words."""

import pytest

from crawler.model import Kind, Outcome, Task
from crawler.policy.causes import cause_of, failed
from crawler.records import Again, Dead, Done, Robots, Settlement


@pytest.mark.parametrize(
    ("kind", "reason", "status", "cause"),
    [
        (Kind.HTTP_ERROR, "HTTP status 503", 503, "http_error 503"),
        (Kind.HTTP_ERROR, "HTTP status 999", 999, "http_error invalid"),
        (Kind.CONNECT, "Connection refused", None, "connect refused"),
        (Kind.CONNECT, "No route to host", None, "connect unreachable"),
        (Kind.TLS, "certificate has expired", None, "tls expired"),
        (Kind.TIMEOUT, "given up unvisited: h:80 has given no answer", None, "timeout given up"),
        (Kind.DNS, "h.example has no address: Name or service not known", None, "dns no address"),
        (Kind.UNWANTED, "redirect to http://h/refused is not accepted", 302, "unwanted redirect"),
        (Kind.UNWANTED, "type x/proxy is not accepted", 200, "unwanted type"),
        (Kind.UNWANTED, "HTTP status 203 is not accepted", 203, "unwanted status"),
        (Kind.UNWANTED, "7 bytes, 9 at least are accepted", 200, "unwanted size"),
        (Kind.UNWANTED, 'contains "reset"', 200, "unwanted content"),
        (Kind.UNWANTED, 'refused: contains "x"', 200, "unwanted refused"),
        (Kind.PROTOCOL, "something that no list of words has \x1b[2J", None, "protocol"),
    ],
)
def test_a_cause_is_a_kind_with_a_status_or_a_word_of_a_closed_list(kind, reason, status, cause):
    assert cause_of(Outcome(kind, status, reason=reason)) == cause


def settlement(verdict, kind=Kind.TIMEOUT, *, robots=None, visit_to_robots=False, **more):
    one = Task(1, "job", "http://h/", "http://h/", "h:80", 1, 7, 1, robots=visit_to_robots)
    return Settlement(one, Outcome(kind, **more), verdict, 0.0, robots)


def test_what_is_tried_again_has_failed_and_what_ends_in_an_error():
    assert failed(settlement(Again(9.0)))
    assert failed(settlement(Dead("x")))
    assert failed(settlement(Dead("x", next_at=9.0), Kind.HTTP_ERROR, status=500))
    assert not failed(settlement(Done(), Kind.STORED))
    assert not failed(settlement(Dead("x"), Kind.NOT_FOUND, status=404))


def test_what_is_no_fault_of_a_host_has_not_failed():
    assert not failed(settlement(Again(9.0), Kind.LOCAL_IO, ours=True))
    assert not failed(settlement(Again(9.0), Kind.ROBOTS, needs_robots="http://h/robots.txt"))


def test_a_robots_txt_has_failed_while_it_cannot_be_fetched():
    record = Robots("http://h:80", None, None, 0.0, 0.0, 0.0)
    absent = settlement(Done(), Kind.NOT_FOUND, robots=record, visit_to_robots=True)
    silent = Robots("http://h:80", None, None, 0.0, 0.0, 0.0, failing_since=1.0, failures=1)
    assert not failed(absent)
    assert failed(settlement(Again(9.0), robots=silent, visit_to_robots=True))
