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
