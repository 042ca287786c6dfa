"""An answer that many ask for at once."""

import gevent
import pytest

from crawler.web import shared as module
from crawler.web.shared import Shared


def test_many_who_ask_at_once_have_one_answer(monkeypatch):
    made = []

    def make() -> int:
        made.append(1)
        gevent.sleep(0.05)
        return len(made)

    shared = Shared(make)
    asked = [gevent.spawn(shared) for _ in range(20)]
    gevent.joinall(asked, raise_error=True)
    assert {one.value for one in asked} == {1}
    monkeypatch.setattr(module, "LASTS_S", 0.0)
    gevent.sleep(1.05)
    assert shared() == 2


def test_a_failure_is_not_kept():
    made = []

    def make() -> int:
        made.append(1)
        if len(made) == 1:
            raise ValueError("not yet")
        return len(made)

    shared = Shared(make)
    with pytest.raises(ValueError, match="not yet"):
        shared()
    assert shared() == 2


def test_those_who_wait_share_a_failure_and_do_not_wait_for_another():
    made = []

    def make() -> int:
        made.append(1)
        gevent.sleep(0.05)
        raise ValueError("it does not answer")

    shared = Shared(make)
    asked = [gevent.spawn(shared) for _ in range(20)]
    gevent.joinall(asked)
    assert [str(one.exception) for one in asked] == ["it does not answer"] * 20
    assert len(made) == 1


def test_what_was_forgotten_while_it_was_made_is_made_anew():
    made = []

    def make() -> int:
        made.append(1)
        mine = len(made)
        gevent.sleep(0.05)
        return mine

    shared = Shared(make)
    first = gevent.spawn(shared)
    gevent.sleep(0)
    shared.forget()
    assert shared() == 2
    assert first.get() == 1
    assert shared() == 2


def test_one_who_is_killed_while_it_makes_the_value_leaves_it_to_another():
    shared = Shared(lambda: gevent.sleep(0.1) or 1)
    first, second = gevent.spawn(shared), gevent.spawn(shared)
    gevent.sleep(0)
    first.kill()
    assert second.get() == 1
