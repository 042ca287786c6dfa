"""Look-ups where names are dead; runs under `unshare -mn`, with resolv.conf and hosts of its own.

Its name server answers nothing to `*.dead.test`, no such name to others, and counts the questions.
"""

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import crawler  # noqa: F401  it patches before all else

import gevent  # isort: skip
from gevent.server import DatagramServer

from crawler.config import Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Task, Trouble
from crawler.store import Files
from crawler.transport.resolver import Resolver
from crawler.urls import host_of
from tests import FULL
from tests.servers import Site, status

QUESTIONS: Counter[str] = Counter()
DEAD = 20
WAIT = 0.3


class NameServer(DatagramServer):
    """Silent about the dead, and without an answer for the others."""

    def handle(self, question: bytes, client: tuple[str, int]) -> None:
        labels, at = [], 12
        while size := question[at]:
            labels.append(question[at + 1 : at + 1 + size].decode())
            at += 1 + size
        name = ".".join(labels)
        QUESTIONS[name] += 1
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
        assert WAIT <= took < WAIT + 0.2
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
