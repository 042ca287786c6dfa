"""Answers that a job does not want, as its files, its ledger and its log have them."""

import json
import signal
import subprocess

from tests.program import CRAWLER, Daemon, until, write_config
from tests.servers import Site, status

LOGIN = b"<html><form id=login></form></html>"


def asked(config, *verb: str) -> str:
    done = subprocess.run(
        [*CRAWLER, verb[0], "-c", str(config), *verb[1:]],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def page(body: bytes, content_type: str = "text/html"):
    return "200 OK", [("Content-Type", content_type), ("Content-Length", str(len(body)))], [body]


def test_a_login_wall_takes_no_good_file_and_is_told_once_over_kill_9(tmp_path):
    """Files come, then the site wants a login of everybody, in two ways, then they come again."""
    answers = ["good"]

    def route(path: str):
        if answers[0] == "redirect" and path != "/login":
            return status("302 Found", ("Location", f"/login?next={path}"))
        return page(LOGIN if answers[0] == "page" or path == "/login" else answers[0].encode())

    with Site(route) as site:
        job = {
            "name": "j", "urls": [f"{site.url}/[1-30]"], "schedule": {"every": "1s"},
            "delay": "5ms", "robots": "ignore",
            "accept": {"redirects": "none", "not_containing": ["id=login"], "types": ["text/*"]},
        }  # fmt: skip
        config = write_config(tmp_path, [job])

        def stand(body: bytes = b"good") -> None:
            for number in range(1, 31):
                assert (tmp_path / f"files/j/{number}").read_bytes() == body

        with Daemon(config) as daemon:
            until(lambda: len(stored(daemon)) == 30, "not all of them", daemon)
            answers[0] = "page"
            (told,) = until(lambda: daemon.told("host.unwanted"), "not told", daemon)
            assert told["cause"] == 'contains "id=login"'
            until(lambda: len(unwanted(daemon)) > 40, "too few", daemon)
            daemon.signal(signal.SIGKILL)
            assert daemon.wait() == -signal.SIGKILL
            assert len(daemon.told("host.unwanted")) == 1
        stand()
        answers[0] = "redirect"
        with Daemon(config) as daemon:
            (told,) = until(lambda: daemon.told("host.unwanted"), "not told", daemon)
            until(lambda: len(unwanted(daemon)) > 60, "too few", daemon)
            wall = f"redirect to {site.url}/login"
            assert told["cause"] == f"{wall} is not accepted"
            assert {one["verdict"] for one in unwanted(daemon)} == {"dead"}
            assert unwanted(daemon)[-1]["reason"].startswith(f"{wall}?next=/")
            explained = asked(config, "explain", f"{site.url}/7")
            assert f"unwanted, {wall}?next=/7 is not accepted" in explained
            assert not daemon.told("host.rested"), "the host is well"
            assert len(daemon.told("host.unwanted")) == 1
            daemon.signal(signal.SIGKILL)
            assert daemon.wait() == -signal.SIGKILL
        stand()
        assert "/login" not in site.paths()
        entries = [json.loads(line) for line in asked(config, "export").splitlines()]
        assert {(one["outcome"], one["ended"], one["bytes"]) for one in entries} == {
            ("error", "unwanted", 4)
        }
        answers[0] = "better"
        with Daemon(config) as daemon:
            until(lambda: len(stored(daemon)) >= 30, "not again", daemon)
            assert daemon.stop() == 0
        stand(b"better")
        assert not sorted(tmp_path.rglob("*.part"))


def stored(daemon: Daemon) -> set[str]:
    return {one["url"] for one in daemon.told("visit", kind="stored")}


def unwanted(daemon: Daemon) -> list[dict]:
    return daemon.told("visit", kind="unwanted")


def test_what_is_not_there_yet_is_asked_for_again_until_it_is(tmp_path):
    answers = [status("202 Accepted"), ("202 Accepted", [("Content-Length", "4")], [b"soon"])]
    with Site(lambda _: answers.pop(0) if answers else b"there") as site:
        job = {"name": "j", "urls": [f"{site.url}/x"], "accept": {}, "robots": "ignore"}
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            assert daemon.wait(60) == 0
        assert [
            (one["kind"], one.get("status"), one["verdict"]) for one in daemon.told("visit")
        ] == [("unwanted", 202, "again"), ("unwanted", 202, "again"), ("stored", 200, "done")]
    assert (tmp_path / "files/j/x").read_bytes() == b"there"


def test_a_reload_changes_what_is_accepted(tmp_path):
    with Site(lambda _: page(b"{}", "application/json")) as site:
        job = {
            "name": "j", "urls": [f"{site.url}/x"], "schedule": {"every": "1s"},
            "robots": "ignore", "accept": {"types": ["text/html"]},
        }  # fmt: skip
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            told = daemon.wait_for("visit", kind="unwanted")
            assert told["reason"] == "type application/json is not accepted"
            write_config(tmp_path, [{**job, "accept": {"types": ["application/*"]}}])
            daemon.signal(signal.SIGHUP)
            assert daemon.wait_for("config.reloaded")["changed"] == {"j": ["accept"]}
            daemon.wait_for("visit", kind="stored")
            assert daemon.stop() == 0


def test_what_is_not_wanted_is_tried_again_where_the_job_says_so(tmp_path):
    answers = [page(LOGIN), status("404 Not Found"), status("500 Oops")]
    with Site(lambda path: answers.pop(0) if answers and path == "/x" else b"there") as site:
        job = {
            "name": "j", "urls": [f"{site.url}/x"], "accept": {"not_containing": ["id=login"]},
            "retry": {"again": ["unwanted", 404], "final": [503]}, "attempts": 4,
        }  # fmt: skip
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            assert daemon.wait(60) == 0
        assert [one["verdict"] for one in daemon.told("visit")] == ["again"] * 3 + ["done"]
        kinds = [one["kind"] for one in daemon.told("visit")]
    assert kinds == ["unwanted", "not_found", "http_error", "stored"]
