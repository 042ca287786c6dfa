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
