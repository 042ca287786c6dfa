"""Many hosts at each of a few addresses: an address waits for no long line of another one's."""

import contextlib
import signal
import time

from tests.program import Daemon, ledger, until, write_config
from tests.servers import Site, slow

ADDRESSES = [f"127.0.1.{number}" for number in range(1, 13)]
PORTS, PAGES, VISITS = 25, 40, 1000
SOON_S = 9.0
"""Time within which a free address has its first visit: hosts before it have turns of 5 s."""


def held(folder, pid):
    """Return the addresses that a process holds."""
    with ledger(folder) as db:
        rows = db.execute(
            "SELECT ip FROM address JOIN process ON process.id = owner WHERE pid = ?", (pid,)
        )
        return {ip for (ip,) in rows}


def test_the_addresses_of_a_process_that_was_killed_are_visited_soon(tmp_path):
    with contextlib.ExitStack() as stack:
        route = slow(0.05)
        sites = [stack.enter_context(Site(route, ADDRESSES)) for _ in range(PORTS)]
        urls = [
            f"http://{address}:{site.port}/{page}"
            for page in range(PAGES)
            for address in ADDRESSES
            for site in sites
        ]
        tmp_path.joinpath("list.txt").write_text("\n".join(urls))
        jobs = [{"name": "job", "url_file": "list.txt"}]
        limits = {"defaults": {"per_host": 2}, "per_address": {"concurrency": 2}}
        config = write_config(tmp_path, jobs, concurrency=6, **limits)
        one, two = (stack.enter_context(Daemon(config)) for _ in range(2))
        until(lambda: sum(len(site.requests) for site in sites) >= VISITS, "few visits", one)
        two.signal(signal.SIGKILL)
        two.wait()
        theirs = held(tmp_path, two.process.pid)
        assert len(theirs) >= 3
        one.wait_for("lease.reclaimed")
        began, known = time.monotonic(), [len(site.requests) for site in sites]

        def visited():
            new = zip(sites, known, strict=True)
            return {one.host.split(":")[0] for site, n in new for one in site.requests[n:]}

        until(lambda: theirs <= visited(), "not visited", one)
        print(took := time.monotonic() - began)
        assert one.stop() == 0
        assert took < SOON_S
    for part in tmp_path.rglob("*.part"):
        part.unlink()  # of visits that the kill broke off; they are there to go on from
