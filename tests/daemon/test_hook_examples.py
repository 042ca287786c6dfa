"""The worked examples of docs/hooks.md do what the page says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.program import Daemon, until, write_config
from tests.servers import Site, free_port

PAGE = Path(__file__).parents[2] / "docs" / "hooks.md"
URLS = 5


def example(name):
    """The text of an example of the page."""
    (found,) = re.findall(
        rf"```\w+ example={re.escape(name)}\n(.*?)```", PAGE.read_text(), re.DOTALL
    )
    return found


@pytest.fixture
def crawl(tmp_path, monkeypatch):
    """Fetch some URLs with the hooks of an example, twice if asked to; return their URLs."""
    monkeypatch.chdir(tmp_path)

    def done(name, *changes):
        text = example(name)
        for old, new in changes:
            text = text.replace(old, new)
        with Site(lambda path: path.encode()) as site:
            job = {"name": "j", "urls": [f"{site.url}/[1-{URLS}]"], **yaml.safe_load(text)}
            job["on"] = job.pop(True)  # YAML 1.1 reads `on` so, and the crawler does not
            config = write_config(tmp_path, [job])
            with Daemon(config, "--until-done") as daemon:
                assert daemon.wait() == 0
                assert not daemon.told("hook.failed"), daemon.told("hook.failed")
            return {f"{site.url}/{number}" for number in range(1, URLS + 1)}

    return done


def test_the_program_indexes_each_file_once(crawl, tmp_path):
    (tmp_path / "index.py").write_text(example("index.py"))
    urls = crawl("program", ("python3", sys.executable))
    lines = [line.split() for line in (tmp_path / "index.txt").read_text().splitlines()]
    assert {url for _, url, _ in lines} == urls
    assert all(Path(path).read_bytes() for *_, path in lines)


def test_the_receiver_checks_signatures_and_takes_each_event_once(crawl, tmp_path):
    port = free_port()
    (tmp_path / "receiver.py").write_text(example("receiver.py"))
    (tmp_path / "hook.secret").write_text("a secret of the operator's\n")
    command = [sys.executable, "receiver.py", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as receiver:
        try:
            urls = crawl("receiver", ("8095", str(port)))
            taken = (tmp_path / "taken.txt").read_text().split()
            assert len(taken) == len(set(taken)) == URLS
            assert {receiver.stdout.readline().split()[1] for _ in urls} == urls
        finally:
            receiver.kill()


def test_the_function_keeps_the_digest_of_each_url(crawl, tmp_path):
    (tmp_path / "notices.py").write_text(example("notices.py"))
    urls = crawl("function")
    until((tmp_path / "digests.json").exists, "the function was not called")
    assert json.loads((tmp_path / "digests.json").read_text()).keys() == urls
