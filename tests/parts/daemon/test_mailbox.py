import time

import gevent

from crawler.daemon.mailbox import RELOAD, Mailbox, Stop


def test_messages_wait_in_their_order_until_they_are_read():
    mailbox = Mailbox()
    mailbox.stop("TERM")
    mailbox.reload()
    greenlet = gevent.spawn(lambda: None)
    greenlet.link(mailbox.ended)
    greenlet.join()
    assert mailbox.next(0) == Stop("TERM")
    assert mailbox.next(0) is RELOAD
    assert mailbox.next(1) is greenlet
    assert mailbox.next(0) is None


def test_a_stop_is_waited_for_and_every_message_stays_to_be_read():
    mailbox = Mailbox()
    mailbox.reload()
    began = time.monotonic()
    assert not mailbox.stopped(0.05)
    assert time.monotonic() - began >= 0.05
    gevent.spawn_later(0.01, mailbox.stop, "TERM")
    assert mailbox.stopped(10)
    assert mailbox.stopped(0)
    assert mailbox.next(0) is RELOAD
    assert mailbox.next(0) == Stop("TERM")
