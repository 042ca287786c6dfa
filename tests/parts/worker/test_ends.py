import gevent
import pytest
from gevent.queue import Empty, ShutDown

from crawler.model import Kind, Outcome, Visited
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


def test_an_empty_queue_says_so_and_has_no_length():
    ends = Ends()
    assert len(ends) == 0
    with pytest.raises(Empty):
        ends.get_nowait()
