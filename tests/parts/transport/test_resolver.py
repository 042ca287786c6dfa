"""Look-ups on a machine that is short of threads."""

import pytest
from gevent.threadpool import ThreadPool

from crawler.model import Kind, Trouble
from crawler.transport.resolver import Resolver


def test_a_look_up_for_which_there_is_no_thread_is_the_fault_of_this_machine(monkeypatch):
    def refused(_):
        raise RuntimeError("can't start new thread")

    with Resolver(2) as resolver:
        with monkeypatch.context() as short:
            short.setattr(ThreadPool, "_add_thread", refused)
            with pytest.raises(Trouble, match="can't start new thread") as raised:
                resolver.lookup("some.invalid", 1.0)
        assert (raised.value.kind, raised.value.ours) == (Kind.LOCAL_IO, True)
        assert resolver._free.counter == 2
        assert resolver.lookup("localhost", 5.0)
