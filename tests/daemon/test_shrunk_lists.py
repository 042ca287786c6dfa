"""Lists that lose their URLs: what a broken list says is not taken at face value."""

import json
import os
import signal
from pathlib import Path

import pytest

from tests.daemon.test_reload import reload, replace, states
from tests.program import Daemon, crawler, until, write_config
from tests.servers import Site, slow

PAGE = "<p>We are sorry\nplease come back later\n"
TROUBLE = '{"error": "backend unavailable", "code": 17}\n'


@pytest.fixture
def site():
    with Site(slow(0)) as one:
        yield one


def urls(site: Site, *numbers: int) -> str:
    return "".join(f"{site.url}/{number}\n" for number in numbers)


def syncs(daemon: Daemon, job: str = "j") -> int:
    return len(daemon.told("job.synced", job=job))


def sync(daemon: Daemon) -> None:
    before = syncs(daemon)
    daemon.signal(signal.SIGHUP)
    until(lambda: syncs(daemon) > before, "not synced", daemon)


def status(folder: Path) -> dict:
    return json.loads(crawler("status", "-c", "crawler.yaml", "--json", cwd=folder).stdout)


def retired(folder: Path) -> int:
    return sum(state == 4 for state in states(folder).values())


@pytest.mark.parametrize("content", [PAGE, TROUBLE, ""], ids=["page", "json", "empty"])
@pytest.mark.parametrize("number", [3, 40])
def test_a_list_that_becomes_an_error_page_retires_nothing_and_is_told_once(
    site, tmp_path, content, number
):
    listed = tmp_path / "list.txt"
    listed.write_text(urls(site, *range(number)))
    config = write_config(tmp_path, [{"name": "j", "url_file": "list.txt"}])
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == number, "no visits", daemon)
        replace(listed, content)
        os.utime(listed, (1, 1))
        sync(daemon)
        sync(daemon)
        assert retired(tmp_path) == 0
        (told,) = daemon.told("list.shrunk")
        assert (told["job"], told["before"], told["urls"]) == ("j", number, 0)
        assert status(tmp_path)["jobs"][0]["held"] == 0
        replace(listed, urls(site, *range(1, number + 1)))
        sync(daemon)
        until(lambda: states(tmp_path).get("0") == 4, "what went is not retired", daemon)
        assert status(tmp_path)["jobs"][0]["held"] is None
        assert daemon.stop() == 0


def test_an_error_page_over_http_in_the_place_of_a_list_retires_nothing(site, tmp_path):
    content = [urls(site, *range(30)).encode()]
    with Site(lambda _: content[0]) as lists:
        job = {"name": "j", "url_file": f"{lists.url}/list.txt", "delay": 0}
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            until(lambda: len(daemon.told("visit")) == 30, "no visits", daemon)
            content[0] = TROUBLE.encode()
            sync(daemon)
            assert daemon.told("list.shrunk")
            assert retired(tmp_path) == 0
            assert daemon.stop() == 0


def test_what_is_new_on_lists_that_are_held_is_visited(site, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(urls(site, *range(40)))
    config = write_config(tmp_path, [{"name": "j", "url_file": "list.txt"}])
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 40, "no visits", daemon)
        replace(listed, urls(site, 1, 99))
        sync(daemon)
        until(lambda: len(daemon.told("visit")) == 41, "what is new is not visited", daemon)
        assert retired(tmp_path) == 0
        assert daemon.stop() == 0
    assert "/99" in site.paths()


def test_what_the_operator_believes_is_taken(site, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(urls(site, *range(40)))
    config = write_config(tmp_path, [{"name": "j", "url_file": "list.txt"}])
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 40, "no visits", daemon)
        refused = crawler("reload", "-c", "crawler.yaml", "--believe", "j", cwd=tmp_path)
        assert (refused.returncode, "nothing is held" in refused.stderr) == (2, True)
        replace(listed, urls(site, 1, 2))
        sync(daemon)
        assert "--believe j" in crawler("status", "-c", "crawler.yaml", cwd=tmp_path).stdout
        told = crawler("reload", "-c", "crawler.yaml", "--believe", "j", cwd=tmp_path)
        assert "the 2 URLs on its lists are believed" in told.stdout
        until(lambda: retired(tmp_path) == 38, "it is not believed", daemon)
        sync(daemon)
        assert len(daemon.told("list.shrunk")) == 1
        assert status(tmp_path)["jobs"][0]["held"] is None
        assert daemon.stop() == 0


def test_other_urls_in_the_same_number_are_no_loss(site, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(urls(site, *range(40)))
    config = write_config(tmp_path, [{"name": "j", "url_file": "list.txt"}])
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 40, "no visits", daemon)
        replace(listed, urls(site, *range(100, 140)))
        sync(daemon)
        until(lambda: retired(tmp_path) == 40, "not retired", daemon)
        assert not daemon.told("list.shrunk")
        assert daemon.stop() == 0


def test_files_that_vanish_from_a_folder_are_a_loss_of_its_job(site, tmp_path):
    folder = tmp_path / "lists"
    folder.mkdir()
    for number in range(10):
        (folder / f"{number}.txt").write_text(urls(site, *range(number * 10, number * 10 + 10)))
    config = write_config(tmp_path, [{"name": "j", "url_file": "lists/*.txt"}])
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 100, "no visits", daemon)
        for number in range(9):
            (folder / f"{number}.txt").rename(tmp_path / f"{number}.txt")
        sync(daemon)
        assert daemon.told("list.shrunk", before=100, urls=10)
        for number in range(8):
            (tmp_path / f"{number}.txt").rename(folder / f"{number}.txt")
        sync(daemon)
        until(lambda: retired(tmp_path) == 10, "not retired", daemon)
        assert daemon.stop() == 0


def test_a_folder_that_vanishes_while_a_url_that_went_is_visited_retires_no_other(tmp_path):
    """What waits for the end of a visit has to wait alone."""
    with Site(lambda path: slow(3)(path) if path == "/slow" else b"x") as site:
        folder = tmp_path / "lists"
        folder.mkdir()
        (folder / "a.txt").write_text(urls(site, *range(60)))
        (folder / "slow.txt").write_text(f"{site.url}/slow\n")
        config = write_config(tmp_path, [{"name": "j", "url_file": "lists/*.txt"}])
        with Daemon(config) as daemon:
            until(lambda: "/slow" in site.paths(), "no visit", daemon)
            (folder / "slow.txt").rename(tmp_path / "slow.txt")
            reload(daemon)
            until(lambda: syncs(daemon) == 2, "not synced", daemon)
            folder.rename(tmp_path / "away")
            sync(daemon)
            assert daemon.told("list.failed")
            until(lambda: states(tmp_path)["slow"] == 4, "not retired", daemon)
            assert retired(tmp_path) == 1
            assert daemon.stop() == 0


def test_inline_urls_and_jobs_that_go_are_the_operators_own_words(site, tmp_path):
    jobs = [
        {"name": "j", "urls": [f"{site.url}/[1-40]"]},
        {"name": "k", "urls": [f"{site.url}/[101-140]"]},
    ]
    config = write_config(tmp_path, jobs)
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 80, "no visits", daemon)
        write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
        reload(daemon)
        until(lambda: retired(tmp_path) == 39, "not retired", daemon)
        until(lambda: daemon.told("config.reloaded", removed=["k"]), "the job is not gone", daemon)
        assert not daemon.told("list.shrunk")
        assert daemon.stop() == 0
