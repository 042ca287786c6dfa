"""The protocol of supervisord's event listeners."""

import io

import pytest

from crawler.errors import UsageError
from crawler.verbs.watchdog.events import events

TICK = (
    b"ver:3.0 server:supervisor serial:21 pool:watchdog poolserial:10 eventname:%b len:15\n"
    b"when:1201063880"
)


def test_each_event_is_asked_for_and_answered_until_supervisord_is_gone():
    answers = io.BytesIO()
    heard = []
    for event in events(io.BytesIO(TICK % b"TICK_60" + TICK % b"TICK_5"), answers):
        heard.append(event)
        assert answers.getvalue().endswith(b"READY\n"), "answered before it was dealt with"
    assert heard == ["TICK_60", "TICK_5"]
    assert answers.getvalue() == b"READY\nRESULT 2\nOK" * 2 + b"READY\n"


@pytest.mark.parametrize("line", [b"hello\n", b"eventname:TICK_60 len:many\n", b"len:5\n", b"\n"])
def test_who_is_no_supervisord_is_told(line):
    with pytest.raises(UsageError, match="is no event of supervisord"):
        list(events(io.BytesIO(line), io.BytesIO()))
