"""`crawler web` ends, or is killed, in the middle of acts: what it acknowledged holds."""

import http.client
import json
import random
import signal
import time
from pathlib import Path

import gevent
import psutil
import pytest

from tests.daemon.test_desk import desk
from tests.engines import on_every_engine
from tests.program import Daemon, ledger, until, write_config
from tests.web import PREFIX, Web

AT_ONCE = 500
ENDS = {signal.SIGTERM: 0, signal.SIGKILL: -9}
RETIRED = {"retired": True, "older_than": "0"}
END_S = 8.0
"""How long an end may take: answers under way have 3 s."""


def batch(number: int) -> list[str]:
    return [f"http://h{n % 40}.example/{number}/{n}" for n in range(AT_ONCE)]


class Adding:
    """Adds batches one after another, until nobody answers any more."""

    def __init__(self, web: Web, first: int) -> None:
        self._web = web
        self.begun = first
        self.done: list[int] = []

    def __call__(self) -> None:
        while True:
            urls = batch(self.begun)
            self.begun += 1
            try:
                reply = self._web.ask("POST", f"{PREFIX}/add", {"job": "j", "urls": urls})
            except (OSError, http.client.HTTPException):
                return
            if reply.status == 503:  # too busy, and nothing is acknowledged
                continue
            assert reply.status == 200, reply.body
            assert reply.json()["answer"] == {
                "job": "j", "new": AT_ONCE, "back": 0, "known": 0, "bad": 0,
            }  # fmt: skip
            self.done.append(self.begun - 1)


@on_every_engine
@pytest.mark.parametrize("number", ENDS, ids=lambda one: one.name)
def test_what_was_acknowledged_is_there_and_the_rest_is_whole_or_not_there(tmp_path, number):
    file = write_config(tmp_path, [{"name": "j", "urls": ["http://h.example/"]}])
    with Daemon(file) as daemon:
        daemon.wait_for("job.synced")
        assert daemon.stop() == 0
    chance, begun, done = random.Random(17), 0, set()
    for _ in range(3):
        with Web(file) as web:
            adding = Adding(web, begun)
            at_work = gevent.spawn(adding)
            wanted = chance.randint(2, 6)
            until(lambda: len(adding.done) >= wanted, "nothing is added", web)  # noqa: B023
            gevent.sleep(chance.uniform(0.0, 0.1))
            ended(web, number)
            at_work.join(timeout=10)
            assert at_work.successful(), at_work.exception
        begun = adding.begun
        done |= {*adding.done}
        found = known(tmp_path)
        for count in range(begun):
            there = len(found & {*batch(count)})
            assert there in ({AT_ONCE} if count in done else {0, AT_ONCE}), count


def known(folder: Path) -> set[str]:
    return {json.loads(line)["url"] for line in desk(folder, "export").splitlines()}


def ended(web: Web, number: signal.Signals) -> None:
    """End the server; it takes no longer than it may."""
    began = time.monotonic()
    web.process.send_signal(number)
    assert web.process.wait(END_S) == ENDS[number]
    assert time.monotonic() - began < END_S


@pytest.mark.parametrize("number", ENDS, ids=lambda one: one.name)
def test_an_act_of_many_slices_ends_between_two_and_is_said_again(tmp_path, number):
    file = retired(tmp_path, 20_000)
    with Web(file) as web:
        asking = gevent.spawn(unanswered, web, "forget", RETIRED)
        with ledger(tmp_path) as db:
            before = urls(db)
            until(lambda: urls(db) < before, "nothing is forgotten", web)
            ended(web, number)
            left = urls(db)
        asking.join(timeout=10)
        assert asking.value or left == 1, "the one that a list names"
    with Web(file) as web:
        told = web.post("forget", **RETIRED)
        assert told["answer"]["forgotten"] == left - 1
        assert json.loads(desk(tmp_path, "status", "--json"))["jobs"][-1]["known"] <= 1


def retired(folder: Path, number: int) -> Path:
    """Make a ledger with so many URLs that no list names any more."""
    (folder / "list.txt").write_text("".join(f"http://127.0.0.1:9/{n}\n" for n in range(number)))
    jobs = [{"name": "j", "url_file": "list.txt", "delay": "1h"}]
    file = write_config(folder, jobs)
    with Daemon(file) as daemon:
        daemon.wait_for("job.synced")
        assert daemon.stop() == 0
    write_config(folder, [{"name": "other", "urls": ["http://127.0.0.1:9/other"]}])
    with Daemon(file) as daemon:
        daemon.wait_for("job.synced")
        until(lambda: forgettable(folder) == number, "they are not retired", daemon)
        assert daemon.stop() == 0
    return file


def forgettable(folder: Path) -> int:
    words = ("--retired", "--older-than", "0", "--dry-run")
    return int(desk(folder, "forget", *words).split()[0].replace(",", ""))


def urls(db) -> int:
    ((number,),) = db.execute("SELECT count(*) FROM task")
    return number


def unanswered(web: Web, verb: str, words: dict) -> bool:
    """Ask; tell whether the server ended before it answered."""
    try:
        return web.ask("POST", f"{PREFIX}/{verb}", words).status == 503
    except (OSError, http.client.HTTPException):
        return True


def test_an_end_waits_for_no_lock_and_nothing_is_done_then(tmp_path):
    file = retired(tmp_path, 10)
    with Web(file) as web, ledger(tmp_path) as db:
        before = urls(db)
        db.execute("BEGIN IMMEDIATE")
        asking = [
            gevent.spawn(unanswered, web, "forget", RETIRED),
            gevent.spawn(unanswered, web, "add", {"job": "other", "urls": ["http://a.example/"]}),
        ]
        until(lambda: under_way(web) >= 2, "they have not begun", web)
        ended(web, signal.SIGTERM)
        db.execute("ROLLBACK")
        gevent.joinall(asking, timeout=10)
        assert all(one.value for one in asking)
        assert urls(db) == before


def under_way(web: Web) -> int:
    """Return how many connections the server has, without ours that asks."""
    kinds = psutil.Process(web.process.pid).net_connections("tcp")
    return sum(one.status == psutil.CONN_ESTABLISHED for one in kinds)
