"""A log that nobody reads, that is full or closed, costs lines and nothing else."""

import json
import os
import signal
import subprocess
from pathlib import Path

from tests.program import CRAWLER, assert_clean, until, write_config
from tests.servers import Site, slow

URLS = 1500


def started(config, stdout, *arguments):
    return subprocess.Popen(
        [*CRAWLER, "run", "-c", str(config), *arguments], stdout=stdout, stderr=subprocess.PIPE
    )


def visited(site: Site) -> int:
    return len(set(site.paths()))


def test_a_log_that_nobody_reads_does_not_stop_the_crawl(tmp_path):
    with Site(slow(0)) as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-{URLS}]"]}])
        reading, writing = os.pipe()  # holds about 300 lines
        with started(config, writing, "--until-done") as process:
            os.close(writing)
            assert process.wait(60) == 0
        with os.fdopen(reading, "rb") as log:
            lines = log.read().splitlines()
        assert visited(site) == URLS
        assert 100 < len(lines) < URLS
        assert all(json.loads(line) for line in lines)
    assert_clean(tmp_path, urls=URLS)


def test_a_reader_that_comes_late_gets_every_line(tmp_path):
    with Site(slow(0)) as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-{URLS}]"]}])
        reading, writing = os.pipe()
        with started(config, writing) as process, os.fdopen(reading, "rb") as log:
            os.close(writing)
            until(lambda: visited(site) == URLS, "not all visited")
            events = []
            while events.count("visit") < URLS:
                events.append(json.loads(log.readline())["event"])
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        assert "log.dropped" not in events
    assert_clean(tmp_path, urls=URLS)


def test_a_full_disk_under_the_log_does_not_stop_the_crawl(tmp_path):
    with Site(slow(0)) as site, Path("/dev/full").open("wb") as full:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-50]"]}])
        with started(config, full, "--until-done") as process:
            assert process.wait(30) == 0
        assert visited(site) == 50
    assert_clean(tmp_path, urls=50)


def test_a_closed_log_does_not_stop_the_crawl(tmp_path):
    with Site(slow(0.01)) as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-200]"]}])
        reading, writing = os.pipe()
        with started(config, writing, "--until-done") as process:
            os.close(writing)
            until(lambda: site.requests, "no visits")
            os.close(reading)
            assert process.wait(30) == 0
        assert visited(site) == 200
    assert_clean(tmp_path, urls=200)
