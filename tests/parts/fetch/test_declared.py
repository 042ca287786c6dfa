"""What bodies under way are still to bring to the disk."""

import pytest

from crawler.fetch.declared import LONG_BYTES, Declared
from crawler.model import Kind, Trouble
from tests.parts.fetch.test_memory_budget import AT_ONCE, BODY, REST, SENT, Crowd
from tests.program import until


def test_bodies_that_stall_are_to_bring_what_they_declared_less_what_is_on_the_disk(tmp_path):
    with Crowd(tmp_path, BODY, REST) as crowd:
        sent = AT_ONCE * len(SENT)
        until(lambda: crowd.memory.held + crowd.on_disk() == sent, "the bodies do not come")
        assert crowd.on_disk() > 0
        fetcher = crowd._fetcher
        until(lambda: fetcher.declared == AT_ONCE * 450_000 - crowd.on_disk(), "it does not add up")
        crowd.end()
        assert crowd._fetcher.declared == 0


def test_a_body_that_grows_by_its_decoding_takes_nothing_from_the_others():
    declared = Declared()
    one, other = declared.body(100), declared.body(1000)
    one.wrote(5000)
    assert declared.bytes == 1000
    one.end()
    other.end()
    assert declared.bytes == 0


def test_a_body_without_a_length_declares_nothing():
    declared = Declared()
    declared.body(None).wrote(10)
    assert declared.bytes == 0


def test_a_body_that_finds_no_room_is_not_begun_and_a_short_one_always_does():
    declared = Declared()
    declared.left = lambda: 10 * LONG_BYTES - declared.bytes
    one = declared.body(9 * LONG_BYTES)
    with pytest.raises(Trouble, match=r"2,097,152 bytes are declared, and .* room for 1,048,576"):
        declared.body(2 * LONG_BYTES)
    declared.body(LONG_BYTES).end()
    one.end()
    declared.body(2 * LONG_BYTES).end()
    assert declared.bytes == 0


def test_a_body_that_is_longer_than_declared_breaks_off_where_there_is_no_room():
    declared = Declared()
    declared.left = lambda: 100 - declared.written
    body = declared.body(None)
    body.wrote(100)
    with pytest.raises(Trouble, match="no room for more of it") as found:
        body.wrote(1)
    assert (found.value.kind, found.value.ours) == (Kind.LOCAL_IO, False)
    assert found.value.wait > 0
    body.end()
    assert declared.written == 101
