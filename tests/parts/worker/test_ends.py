import gevent
import pytest
from gevent.queue import ShutDown

from crawler.model import Kind, Outcome, Visited
from crawler.transport.memory import Memory
from crawler.worker.ends import MAX_BYTES_WAITING, Ends

HALF = bytes(MAX_BYTES_WAITING // 2)


def end(content: bytes | None = None) -> Visited:
    return Visited(None, Outcome(Kind.STORED, 200), 0.0, content)


def test_who_delivers_waits_while_too_many_bytes_are_in_memory_and_no_longer():
    ends = Ends()
    for content in (HALF, HALF):
        ends.put(end(content))
    ends.wait_for_room()  # it is exactly what may be
    ends.put(end(b"x"))
    waiting = gevent.spawn(ends.wait_for_room)
    gevent.sleep(0)
    assert not waiting.dead
    ends.freed(1)
    waiting.join(1)
    assert waiting.dead


def test_what_was_put_is_taken_also_after_the_queue_is_shut():
    ends, one = Ends(), end()
    ends.put(one)
    ends.shut()
    assert ends.get() is one
    with pytest.raises(ShutDown):
        ends.get()


def test_ends_are_taken_together_as_many_as_there_are_and_may_be():
    ends = Ends()
    assert (len(ends), ends.get_all(9)) == (0, [])
    put = [end(), end(), end()]
    for one in put:
        ends.put(one)
    ends.shut()
    assert (ends.get_all(2), ends.get_all(9)) == (put[:2], put[2:])


def test_what_waits_is_counted_in_the_memory_of_all_answers():
    memory = Memory(1000)
    ends = Ends(memory)
    ends.put(end(bytes(1000)))
    assert not memory.is_short
    ends.put(end(b"x"))
    assert memory.is_short
    ends.freed(1000)
    assert memory.held == 1
