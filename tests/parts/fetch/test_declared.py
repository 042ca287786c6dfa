"""What bodies under way are still to bring to the disk."""

from crawler.fetch.declared import Declared
from tests.parts.fetch.test_memory_budget import AT_ONCE, BODY, REST, SENT, Crowd
from tests.program import until


def test_bodies_that_stall_are_to_bring_what_they_declared_less_what_is_on_the_disk(tmp_path):
    with Crowd(tmp_path, BODY, REST) as crowd:
        sent = AT_ONCE * len(SENT)
        until(lambda: crowd.memory.held + crowd.on_disk() == sent, "the bodies do not come")
        assert crowd.on_disk() > 0
        assert crowd._fetcher.declared == AT_ONCE * 450_000 - crowd.on_disk()
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
