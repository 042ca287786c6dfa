"""Answers without content, on visits again and on first ones: a good file stands."""

import json
import subprocess
from itertools import pairwise

import pytest

from tests.program import CRAWLER, Daemon, until, write_config
from tests.servers import RudeSite, Site, status

EMPTY = {"204 No Content": 204, "205 Reset Content": 205, "202 Accepted": 202, "200 OK": 200}


def exported(config, *options: str) -> list[dict]:
    done = subprocess.run(
        [*CRAWLER, "export", "-c", str(config), *options],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("line", EMPTY)
def test_a_good_file_stands_and_the_schedule_goes_on(tmp_path, line):
    answer = [b"good"]
    with Site(lambda _: answer[0]) as site:
        job = {"name": "j", "urls": [f"{site.url}/x"], "attempts": 3, "schedule": {"every": "1s"}}
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            daemon.wait_for("visit", kind="stored")
            answer[0] = status(line)
            until(lambda: len(daemon.told("visit", kind="empty")) > 1, "no visits", daemon)
            (entry,) = exported(config)
            assert (entry["outcome"], entry["kind"]) == ("ok", "empty")
            assert (entry["status"], entry["bytes"], entry["failures"]) == (EMPTY[line], 4, 0)
            assert (tmp_path / "files/j/x").read_bytes() == b"good"
            answer[0] = b"better"
            until(lambda: len(daemon.told("visit", kind="stored")) == 2, "not again", daemon)
            assert daemon.stop() == 0
        assert {one["verdict"] for one in daemon.told("visit")} == {"done"}
        assert not daemon.told("host.rested")
        assert min(later.at - one.at for one, later in pairwise(site.requests)) > 0.5
    assert (tmp_path / "files/j/x").read_bytes() == b"better"


@pytest.mark.parametrize("line", [line for line in EMPTY if line != "200 OK"])
def test_on_a_first_visit_it_is_an_error_that_is_not_tried_again(tmp_path, line):
    with Site(lambda _: status(line)) as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/x"], "attempts": 5}])
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait(30) == 0
        (visit,) = daemon.told("visit")
        assert (visit["kind"], visit["verdict"]) == ("empty", "dead")
        (entry,) = exported(config)
        assert (entry["outcome"], entry["ended"], entry["path"]) == ("error", "empty", None)
    assert not (tmp_path / "files/j/x").exists()


def test_a_file_that_was_removed_does_not_stand(tmp_path):
    answers = [b"good"]
    with Site(lambda _: answers.pop(0) if answers else status("204 No Content")) as site:
        job = {"name": "j", "urls": [f"{site.url}/x"], "schedule": {"every": "1s"}}
        with Daemon(write_config(tmp_path, [job])) as daemon:
            daemon.wait_for("visit", kind="stored")
            (tmp_path / "files/j/x").unlink()
            assert daemon.wait_for("visit", kind="empty")["verdict"] == "dead"
            assert daemon.stop() == 0


def test_an_empty_file_is_a_file(tmp_path):
    with Site(lambda _: b"") as site:
        config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/x"]}])
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait(30) == 0
        assert [one["kind"] for one in daemon.told("visit")] == ["stored"]
    assert (tmp_path / "files/j/x").read_bytes() == b""


def test_412_to_a_condition_is_asked_again_without_it(tmp_path):
    seen = []

    def route(_):
        conditional = "IF_NONE_MATCH" in site.requests[-1].headers
        seen.append(conditional)
        if conditional:
            return status("412 Precondition Failed")
        body = b"good" if len(seen) == 1 else b"better"
        return "200 OK", [("ETag", f'"{len(seen)}"'), ("Content-Length", str(len(body)))], [body]

    with Site(route) as site:
        job = {"name": "j", "urls": [f"{site.url}/x"], "attempts": 1, "schedule": {"every": "1s"}}
        with Daemon(write_config(tmp_path, [job])) as daemon:
            until(lambda: len(daemon.told("visit", kind="stored")) == 2, "not again", daemon)
            assert daemon.stop() == 0
    assert seen[:3] == [False, True, False]
    assert [one["verdict"] for one in daemon.told("visit")][:3] == ["done", "again", "done"]
    assert (tmp_path / "files/j/x").read_bytes() == b"better"


def test_a_file_whose_end_nothing_told_is_marked_until_it_comes_whole(tmp_path):
    answer = [b"HTTP/1.1 200 OK\r\n\r\nperhaps"]
    with RudeSite(lambda client: client.sendall(answer[0])) as site:
        job = {"name": "j", "urls": [f"{site.url}/x"], "schedule": {"every": "1s"}}
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            assert daemon.wait_for("visit", kind="stored")["unverified"] is True
            (entry,) = exported(config)
            assert entry["unverified"] is True
            explained = subprocess.run(
                [*CRAWLER, "explain", "-c", str(config), entry["url"]],
                capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
            assert "7 bytes (unverified: nothing said where it ends)" in explained
            answer[0] = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncertain"
            until(lambda: len(daemon.told("visit", kind="stored")) == 2, "not again", daemon)
            assert exported(config)[0]["unverified"] is False
            assert daemon.stop() == 0
