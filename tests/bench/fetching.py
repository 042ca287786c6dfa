"""CPU time of one fetch, from task to `Fetched`: our Fetcher on one core, nginx on another.

What counts is the CPU time of this process, not the wall clock: the machine may be busy. Naive
`requests` under gevent does the same fetches beside it, so that ratios hold on any machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import crawler  # noqa: F401  patches first

# isort: split

import gevent
import requests
import trustme
from gevent.pool import Pool

from crawler.config import Job
from crawler.fetch.fetcher import Fetcher
from crawler.model import Task
from crawler.store import Files
from crawler.urls import host_of
from tests.program import until
from tests.real import listens

BODY = 10_240
AT_ONCE = 16
PORTS = {"http": 18_480, "https": 18_443}
NGINX = """
{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
  access_log off; default_type application/octet-stream; keepalive_requests 1000000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{http}; listen 127.0.0.1:{https} ssl; root {folder}/root;
    ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.pem;
    location /new/ {{ alias {folder}/root/; keepalive_timeout 0; }}
  }}
}}
"""
WAYS = {
    "plain": ("http", ""),
    "tls": ("https", ""),
    "tls-new": ("https", "new/"),
}
"""How a case is fetched: scheme and folder."""


@contextmanager
def nginx(folder: Path) -> Iterator[Path]:
    """Serve a body of 10 KB on the first core until the end of the block; yield the authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(folder / "server.pem")
    )
    (folder / "root").mkdir()
    (folder / "root" / "flag.bin").write_bytes(os.urandom(BODY))
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "conf").write_text(NGINX.format(folder=folder, user=user, **PORTS))
    path = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not path:
        sys.exit("nginx is not installed")
    command = [path, "-c", str(folder / "conf"), "-e", str(folder / "error.log")]
    with subprocess.Popen(command) as process:
        os.sched_setaffinity(process.pid, {0})
        try:
            until(lambda: listens(PORTS["https"]), "nginx does not answer")
            for child in (
                Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            ):
                os.sched_setaffinity(int(child), {0})
            yield folder / "ca.pem"
        finally:
            process.terminate()


def url_of(way: str) -> str:
    """Return the URL of a way of fetching."""
    scheme, folder = WAYS[way]
    return f"{scheme}://127.0.0.1:{PORTS[scheme]}/{folder}flag.bin"


def ours(fetcher: Fetcher, job: Job, url: str) -> Callable[[], None]:
    """Return one fetch of ours."""
    task = Task(1, "j", url, url, host_of(url), 1, 1, 1)

    def one() -> None:
        fetched = fetcher.fetch(task, job, part=lambda: "j.part", deadline=time.monotonic() + 60)
        assert fetched.size == BODY

    return one


def naive(authority: Path, url: str) -> Callable[[], None]:
    """Return one fetch as a script does it."""

    def one() -> None:
        assert len(requests.get(url, verify=str(authority), timeout=10).content) == BODY

    return one


def cost(one: Callable[[], None], times: int) -> float:
    """Return microseconds of CPU for one of many."""

    def worker(times: int) -> None:
        for _ in range(times):
            one()

    pool = Pool(AT_ONCE)
    start = time.process_time()
    greenlets = [pool.spawn(worker, times // AT_ONCE) for _ in range(AT_ONCE)]
    pool.join(raise_error=True)
    spent = time.process_time() - start
    assert all(greenlet.dead for greenlet in greenlets)
    return spent / (times // AT_ONCE * AT_ONCE) * 1e6


def main(arguments: list[str]) -> None:
    """Measure and print CPU microseconds per fetch."""
    parser = argparse.ArgumentParser(prog="fetching")
    parser.add_argument("--way", choices=list(WAYS), action="append")
    parser.add_argument("--times", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--naive", action="store_true")
    chosen = parser.parse_args(arguments)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as name, nginx(Path(name)) as authority:
        job = Job(name="j", urls=("http://x/",), allow_addresses=("127.0.0.0/8",), verify=authority)
        with (
            Files(Path(name), durable=False) as files,
            Fetcher(user_agent=lambda _: "bench/1", files=files, concurrency=AT_ONCE) as fetcher,
        ):
            fetcher.open(job)
            for way in chosen.way or WAYS:
                url, few = url_of(way), way == "tls-new"
                times = chosen.times // (4 if few else 1)
                cost(ours(fetcher, job, url), times // 4)  # warm
                costs, others = [], []
                for _ in range(chosen.rounds):
                    costs.append(cost(ours(fetcher, job, url), times))
                    if chosen.naive:
                        others.append(cost(naive(authority, url), max(AT_ONCE, times // 10)))
                text = f"{way:8} {min(costs):8.1f} µs at best, {median(costs):8.1f} in the middle"
                if others:
                    text += f"; naive {min(others):8.1f}, {min(others) / min(costs):.1f} times"
                print(text, flush=True)
    gevent.get_hub().destroy()
