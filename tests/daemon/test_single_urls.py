"""`crawler retry URL`, `add` and `forget URL`, beside a daemon at work."""

import json
import subprocess

from tests.daemon.test_desk import desk
from tests.engines import on_every_engine
from tests.program import CRAWLER, Daemon, at_once, until, write_config
from tests.servers import Site, status

UNKNOWN = "no job knows it; `crawler explain URL` has what is near it"


@on_every_engine
def test_urls_are_added_beside_the_daemon_and_outlast_a_reload(tmp_path):
    with Site(str.encode) as site:
        file = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
        with Daemon(file) as daemon:
            daemon.wait_for("visit", url=f"{site.url}/1")
            told = desk(tmp_path, "add", "--job", "j", f"{site.url}/2", f"{site.url}/1")
            assert told == "1 URL added to j, 1 known already\n"
            daemon.wait_for("visit", url=f"{site.url}/2")
            desk(tmp_path, "reload")
            until(lambda: len(daemon.told("job.synced")) == 2, "no reload", daemon)
            found = json.loads(desk(tmp_path, "explain", "--json", f"{site.url}/2"))
            assert found["jobs"][0]["sources"] == ["inbox:by hand"]
            assert found["jobs"][0]["state"] == "done"
            assert daemon.stop() == 0
        assert desk(tmp_path, "forget", f"{site.url}/2") == f"{site.url}/2: forgotten\n"
        assert "a list still names it" in desk(tmp_path, "forget", f"{site.url}/1", code=1)
        assert "no job knows it" in desk(tmp_path, "forget", f"{site.url}/2", code=1)


def test_a_url_that_was_given_up_is_retried_alone(tmp_path):
    broken = {"/1", "/2"}

    def answer(path):
        return status("500 Broken") if path in broken else path.encode()

    with Site(answer) as site:
        job = {"name": "j", "urls": [f"{site.url}/[1-2]"], "attempts": 1}
        with Daemon(write_config(tmp_path, [job])) as daemon:
            until(lambda: len(daemon.told("visit")) == 2, "not visited", daemon)
            broken.clear()
            told = desk(tmp_path, "retry", f"{site.url}/1", "http://nobody.example/", code=1)
            assert told.splitlines()[:3] == [
                f"{site.url}/1: due again",
                f"http://nobody.example/: {UNKNOWN}",
                "1 URL of 2: due again",
            ]
            daemon.wait_for("visit", url=f"{site.url}/1", kind="stored")
            assert site.paths().count("/2") == 1


@on_every_engine
def test_what_waits_to_be_tried_again_is_retried_at_once(tmp_path):
    broken = True

    def answer(path):
        return status("500 Broken") if broken else path.encode()

    with Site(answer) as site:
        job = {"name": "j", "urls": [f"{site.url}/1"], "attempts": 5}
        with Daemon(write_config(tmp_path, [job])) as daemon:
            daemon.wait_for("visit", verdict="again")
            broken = False
            assert desk(tmp_path, "retry") == "1 URL is due again: not at an end yet 1\n"
            daemon.wait_for("visit", kind="stored")


def test_bad_urls_are_told_and_the_others_are_added(tmp_path):
    with Site(str.encode) as site:
        file = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
        with Daemon(file, "--until-done") as daemon:
            assert daemon.wait() == 0
        lines = f"{site.url}/2\n\nnonsense \x1b[31m\n{site.url}/3\n"
        done = subprocess.run(
            [*CRAWLER, "add", "-c", file, "--job", "j", "-"],
            input=lines, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 2
        assert done.stdout == "2 URLs added to j, 1 bad\n"
        assert "nonsense" in done.stderr
        assert "\x1b" not in done.stderr


def test_a_job_that_is_not_there_or_needs_a_list_is_refused(tmp_path):
    jobs = [
        {"name": "j", "urls": ["http://127.0.0.1:1/"], "attempts": 1},
        {"name": "k", "url_file": "list.csv", "format": "csv", "path": "{id}"},
    ]
    (tmp_path / "list.csv").write_text("url,id\n")
    write_config(tmp_path, jobs)
    for arguments, words in (
        (("add", "--job", "x", "http://a.example/"), "no job x; it has j, k"),
        (("add", "--job", "k", "http://a.example/"), "needs {id}"),
        (("retry", "--host", "h", "http://a.example/"), "name URLs, or choose them"),
        (("retry", "nonsense"), "nothing was done"),
        (("forget",), "--retired"),
        (("forget", "--retired"), "--older-than"),
        (("forget", "--files", "http://a.example/"), "name URLs, or give --retired"),
    ):
        verb, *more = arguments
        done = at_once(verb, "-c", "crawler.yaml", *more, cwd=tmp_path)
        assert (done.returncode, words in done.stderr) == (2, True), done.stderr
