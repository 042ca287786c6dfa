"""Look-ups where names are dead; runs under `unshare -mn`, with resolv.conf and hosts of its own.

Its name server answers nothing to `*.dead.test`, no such name to others, and counts the questions.
Those for `*.slow.test` it answers once it is told to.
"""

import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import crawler  # noqa: F401  it patches before all else

import gevent  # isort: skip
from gevent.event import Event
from gevent.server import DatagramServer

from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.store import Files
from crawler.transport import resolver as module
from crawler.transport.resolver import FAILURE_FRESH_S, Resolver
from crawler.urls import host_of
from tests import FULL
from tests.servers import Site, status

QUESTIONS: Counter[str] = Counter()
TOLD: defaultdict[str, Event] = defaultdict(Event)
"""Set when a name of `slow.test` is to be answered."""
DEAD = 20
WAIT = 0.3


class NameServer(DatagramServer):
    """Silent about the dead, slow about some, and without an address for the others."""

    def handle(self, question: bytes, client: tuple[str, int]) -> None:
        labels, at = [], 12
        while size := question[at]:
            labels.append(question[at + 1 : at + 1 + size].decode())
            at += 1 + size
        name = ".".join(labels)
        QUESTIONS[name] += 1
        if name.endswith("slow.test"):
            TOLD[name].wait()
        if not name.endswith("dead.test"):
            no_such_name = question[:2] + b"\x81\x83" + question[4:6] + bytes(6)
            self.sendto(no_such_name + question[12 : at + 5], client)


def make_world(folder: Path) -> Path:
    """Bring loopback up, and put files of ours over those of the machine."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    hosts, resolv = folder / "hosts", folder / "resolv.conf"
    hosts.write_text("127.0.0.1 live.test changing.test\n")
    resolv.write_text("nameserver 127.0.0.53\n")
    for ours, theirs in ((hosts, "/etc/hosts"), (resolv, "/etc/resolv.conf")):
        subprocess.run(["mount", "--bind", str(ours), theirs], check=True)
    return hosts


def looked_up(resolver: Resolver, name: str, timeout: float = 5.0) -> tuple[object, float]:
    """Look a name up; return its addresses or the reason there are none, and how long it took."""
    start = time.monotonic()
    try:
        found: object = [address for _, address in resolver.lookup(name, timeout)]
    except Trouble as trouble:
        assert trouble.kind is Kind.DNS
        found = trouble.reason
    return found, time.monotonic() - start


def the_cache_answers(hosts: Path) -> None:
    with Resolver(4) as resolver:
        assert looked_up(resolver, "changing.test")[0] == ["127.0.0.1"]
        found, _ = looked_up(resolver, "new.test")
        assert "new.test has no address" in str(found), found
        asked = QUESTIONS["new.test"]
        hosts.write_text("127.0.0.1 live.test\n127.0.0.2 changing.test new.test\n")
        assert looked_up(resolver, "changing.test")[0] == ["127.0.0.1"]
        assert looked_up(resolver, "new.test")[0] == found
        assert QUESTIONS["new.test"] == asked > 0
        found, took = looked_up(resolver, "one.dead.test", WAIT)
        assert found == f"no answer for one.dead.test within {WAIT:g} s"
        assert WAIT <= took < WAIT + 2  # and not as long as those that hang
        again, took = looked_up(resolver, "one.dead.test", WAIT)
        assert (again, took < 0.05) == (found, True)
    with Resolver(4) as fresh:
        assert looked_up(fresh, "changing.test")[0] == ["127.0.0.2"]


def all_who_want_a_name_ask_once() -> None:
    with Resolver(8) as resolver:
        asking = [gevent.spawn(looked_up, resolver, "gone.test") for _ in range(50)]
        gevent.joinall(asking, raise_error=True)
    assert len({str(one.value[0]) for one in asking}) == 1
    assert QUESTIONS["gone.test"] <= 2, QUESTIONS  # A and AAAA


def who_is_patient_learns_what_others_did_not_wait_for() -> None:
    name = "late.slow.test"
    with Resolver(4) as resolver:
        asking = [gevent.spawn(looked_up, resolver, name)]
        found, took = looked_up(resolver, name, WAIT)
        assert found == f"no answer for {name} within {WAIT:g} s"
        assert WAIT <= took < WAIT + 2  # and not as long as those that hang
        asking.append(gevent.spawn(looked_up, resolver, name))
        found, took = looked_up(resolver, name, WAIT)  # it shares a wait that is over
        assert (found, took < 0.05) == (f"no answer for {name} within {WAIT:g} s", True)
        answered = time.monotonic()
        TOLD[name].set()
        gevent.joinall(asking, raise_error=True, timeout=5)
        assert [one.value[0] for one in asking] == [looked_up(resolver, name, WAIT)[0]] * 2
        assert "has no address" in asking[0].value[0]
        assert resolver._known[name][0] >= answered + FAILURE_FRESH_S
        assert QUESTIONS[name] <= 2, QUESTIONS


def an_answer_for_which_nobody_waits_is_remembered() -> None:
    name = "unawaited.slow.test"
    with Resolver(4) as resolver:
        assert "no answer" in str(looked_up(resolver, name, WAIT)[0])
        TOLD[name].set()
        with gevent.Timeout(5):
            while name not in resolver._known:
                gevent.sleep(0.01)
        assert "has no address" in str(looked_up(resolver, name, WAIT)[0])
        assert QUESTIONS[name] <= 2, QUESTIONS


def a_look_up_that_hangs_is_overtaken() -> None:
    name, module.HANGING_S = "hung.slow.test", 2 * WAIT
    with Resolver(4) as resolver:
        assert "no answer" in str(looked_up(resolver, name, WAIT)[0])
        hangs, hung = TOLD.pop(name), resolver._asked[name].answer
        TOLD[name].set()
        with gevent.Timeout(5):
            while "no answer" in str(looked_up(resolver, name, WAIT)[0]):
                gevent.sleep(0.01)
        known = resolver._known[name]
        assert "has no address" in str(known[1])
        hangs.set()
        assert hung.wait(5)
        assert resolver._known[name] is known, "the newest answer counts"
        assert looked_up(resolver, "another.test")[0]
        assert resolver._free.counter == 4


def who_hangs_for_ever_is_asked_for_less_and_less_often() -> None:
    name, module.HANGING_S = "ever.slow.test", 0.1
    with Resolver(32) as resolver:
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            assert "no answer" in str(looked_up(resolver, name, 0.02)[0])
            gevent.sleep(0.005)
        assert 3 <= 32 - resolver._free.counter <= 5  # after 0.1, 0.3, 0.7 and 1.5 s
        TOLD[name].set()


def where_all_threads_hang_nobody_waits_longer_than_he_would(threads: int) -> None:
    hanging = [f"{number}-of-{threads}.slow.test" for number in range(threads)]
    name = f"beside-{threads}.test"
    with Resolver(threads) as resolver:
        held = [gevent.spawn(looked_up, resolver, one) for one in hanging]
        with gevent.Timeout(5):
            while resolver._free.counter:
                gevent.sleep(0.001)
        asking = [gevent.spawn(looked_up, resolver, name) for _ in range(5)]
        found, took = looked_up(resolver, name, WAIT)
        assert found == f"no answer for {name} within {WAIT:g} s"
        assert WAIT <= took < WAIT + 2  # and not as long as those that hang
        for one in hanging:
            TOLD[one].set()
        gevent.joinall([*held, *asking], raise_error=True, timeout=5)
        assert all("has no address" in one.value[0] for one in asking)
        assert QUESTIONS[name] <= 2, QUESTIONS
        assert resolver._free.counter == threads


def dead_names_keep_nobody_waiting(folder: Path, dead: int, concurrency: int) -> float:
    job = Job(
        name="j", urls=("http://x/",), allow_addresses=("127.0.0.0/8",),
        timeout=Timeout(connect="300ms", read="500ms", total="1s"),
    )  # fmt: skip
    with (
        Files(folder / "files", durable=False) as files,
        Fetcher(user_agent=lambda _: "t/1", files=files, concurrency=concurrency) as fetcher,
        Site(lambda _: status("200 OK", ("Connection", "close"))) as site,
    ):

        def visit(url: str) -> float:
            task, start = Task(1, "j", url, url, host_of(url), 1, 1, 1), time.monotonic()
            try:
                fetcher.fetch(task, job, part=lambda: "p", deadline=start + 1)
            except Trouble as trouble:
                assert (trouble.kind, "dead" in url) == (Kind.DNS, True), (url, trouble)
            return time.monotonic() - start

        names = iter([f"http://{concurrency}-{number}.dead.test/" for number in range(dead)])
        visits = [
            gevent.spawn(lambda: [visit(url) for url in names]) for _ in range(concurrency - 1)
        ]
        waits = []
        while not all(one.dead for one in visits):
            waits.append(visit(f"http://live.test:{site.port}/"))
            waits.append(visit(f"http://127.0.0.1:{site.port}/"))
            gevent.sleep(0.01)
            fetcher._resolver._known.pop("live.test", None)  # so that it is asked for again
            fetcher._resolver._known.pop("127.0.0.1", None)
        for one in visits:
            for took in one.get():
                assert took < WAIT + 0.25, took
        return max(waits)


def main() -> None:
    folder = Path(sys.argv[1])
    hosts = make_world(folder)
    NameServer(("127.0.0.53", 53)).start()
    start = time.monotonic()
    the_cache_answers(hosts)
    all_who_want_a_name_ask_once()
    who_is_patient_learns_what_others_did_not_wait_for()
    an_answer_for_which_nobody_waits_is_remembered()
    for threads in (1, 2):
        where_all_threads_hang_nobody_waits_longer_than_he_would(threads)
    hanging_s = module.HANGING_S
    a_look_up_that_hangs_is_overtaken()
    who_hangs_for_ever_is_asked_for_less_and_less_often()
    module.HANGING_S = hanging_s
    more = [(3 * DEAD, 4)] if FULL else []
    for dead, concurrency in ((DEAD, DEAD + 1), (DEAD, 4), *more):
        worst = dead_names_keep_nobody_waiting(folder, dead, concurrency)
        print(f"{dead} dead names, {concurrency} workers: a live host waited {worst:.3f} s")
        assert worst < 0.25
    took = time.monotonic() - start
    print(f"it took {took:.1f} s")
    assert took < 20, "a look-up that hangs must not be waited for in the end"
    print("all findings hold")


if __name__ == "__main__":
    main()
