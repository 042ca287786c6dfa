"""The shipped supervisord.conf under a real supervisord."""

import json
import re
import shutil
import signal

import psutil
import pytest
import requests

from tests.program import assert_clean, until, write_config
from tests.servers import Site, slow
from tests.supervisord import Supervisord


@pytest.fixture
def short(tmp_path_factory):
    """A folder whose path is short enough for a UNIX socket."""
    folder = tmp_path_factory.mktemp("s")
    yield folder
    shutil.rmtree(folder)


def jobs(site: Site, count: int) -> list[dict]:
    return [{"name": "j", "urls": [f"{site.url}/[1-{count}]"]}]


def test_start_hup_stop_and_kill_9_under_supervisord(tmp_path, short):
    with Site(slow(0.1)) as site:
        config = write_config(tmp_path, jobs(site, 400), grace_period="5s")
        with Supervisord(short, config) as supervisord:
            supervisord.wait_for("RUNNING")
            assert supervisord.rpc.signalProcess("crawler:crawler_00", "HUP")
            until(lambda: "config.reloaded" in supervisord.told(), "HUP did not arrive")
            assert supervisord.state() == "RUNNING"

            pid = supervisord.info()["pid"]
            psutil.Process(pid).send_signal(signal.SIGKILL)
            until(lambda: supervisord.info()["pid"] not in {0, pid}, "not restarted")
            supervisord.wait_for("RUNNING")
            until(lambda: supervisord.told().count('"daemon.ready"') == 2, "not ready again")

            assert supervisord.rpc.stopProcess("crawler:crawler_00")
            info = supervisord.info()
            assert (info["statename"], info["exitstatus"]) == ("STOPPED", 0)
            assert '"daemon.stopped"' in supervisord.told()
            assert_clean(tmp_path, urls=400)

            assert supervisord.rpc.startProcess("crawler:crawler_00")
            until(lambda: len(set(site.paths())) == 400, "not all visited")
        assert "SIGKILL" not in supervisord.log().replace("terminated by SIGKILL", "")
        assert "killing" not in supervisord.log()
    assert_clean(tmp_path, urls=400)


def test_the_page_and_its_answers_are_there_beside_the_daemon(tmp_path, short):
    config = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"]}])
    with Supervisord(short, config) as supervisord:
        supervisord.wait_for("RUNNING")
        until(lambda: "web.ready" in (short / "web.log").read_text(), "no page")
        lines = map(json.loads, (short / "web.log").read_text().splitlines())
        (ready,) = (line for line in lines if line["event"] == "web.ready")
        address = re.search(r"127\.0\.0\.1:\d+", json.dumps(ready))[0]
        until(lambda: requests.get(f"http://{address}/readyz", timeout=5).ok, "it is not ready")
        assert supervisord.rpc.stopProcess("web")
        assert supervisord.rpc.getProcessInfo("web")["exitstatus"] == 0
    assert_clean(tmp_path)


def test_two_processes_share_one_state_file(tmp_path, short):
    hosts = [f"127.0.0.{number}" for number in range(1, 5)]
    with Site(slow(0.02), hosts) as site:
        urls = [f"http://{{{','.join(hosts)}}}:{site.port}/[1-30]"]
        job = {"name": "j", "urls": urls, "path": "{host}/{name}", "delay": "100ms", "per_host": 1}
        config = write_config(tmp_path, [job])
        with Supervisord(short, config, numprocs=2, startsecs=1) as supervisord:
            supervisord.wait_for("RUNNING", 0)
            supervisord.wait_for("RUNNING", 1)
            until(lambda: len(site.requests) >= 120, "not all visited")
            until(lambda: '"visit"' in supervisord.told(0), "process 0 is idle")
            until(lambda: '"visit"' in supervisord.told(1), "process 1 is idle")
        assert len(site.requests) == 120
        assert "killing" not in supervisord.log()
    assert_clean(tmp_path, urls=120)


def test_a_bad_configuration_ends_in_fatal_with_one_clear_line_a_try(
    tmp_path, short, full_campaign
):
    config = write_config(tmp_path, [{"name": "j", "urls": ["http://127.0.0.1:1/"], "dealy": "1s"}])
    # each of the three tries of the shipped file comes a second later than the one before
    with Supervisord(short, config, startretries=3 if full_campaign else 1) as supervisord:
        supervisord.wait_for("FATAL")
        errors = (short / "crawler_00.err").read_text().splitlines()
        assert len(errors) == (4 if full_campaign else 2)
        assert set(errors) == {errors[0]}
        assert errors[0].startswith(f"{config}:")
        assert "jobs[0].dealy: is no option; did you mean delay?" in errors[0]
        assert '"config.rejected"' in supervisord.told()
