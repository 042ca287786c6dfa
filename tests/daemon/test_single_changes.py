"""Lists, and clocks, that change below a running daemon, one at a time."""

import os
import signal

from tests import clocks
from tests.program import Daemon, at_once, until, write_config
from tests.servers import Site, slow

DECADE = 315_360_000


def write(folder, name, *urls):
    draft = folder / f".{name}"
    draft.write_text("".join(f"{url}\n" for url in urls))
    draft.rename(folder / name)


def states(folder, url):
    return at_once("explain", url, "-c", "crawler.yaml", cwd=folder).stdout


def test_a_file_that_leaves_a_pattern_is_noticed_by_itself(tmp_path):
    with Site(slow(0)) as site:
        for number in range(3):
            write(tmp_path, f"part{number}.txt", f"{site.url}/{number}")
        config = write_config(tmp_path, [{"name": "j", "url_file": "part*.txt"}], watch=True)
        with Daemon(config) as daemon:
            until(lambda: len(daemon.told("visit")) == 3, "not visited", daemon)
            (tmp_path / "part1.txt").unlink()
            daemon.wait_for("job.synced", removed=1)
            assert "no list names it any more" in states(tmp_path, f"{site.url}/1")


def test_a_list_that_is_gone_ends_neither_its_verbs_nor_a_restart_nor_another_reload(tmp_path):
    with Site(slow(0)) as site:
        write(tmp_path, "gone.txt", f"{site.url}/a")
        other = {"name": "other", "urls": [f"{site.url}/b"]}
        config = write_config(tmp_path, [{"name": "j", "url_file": "gone.txt"}, other])
        with Daemon(config) as daemon:
            until(lambda: len(daemon.told("visit")) == 2, "not visited", daemon)
            (tmp_path / "gone.txt").unlink()
            assert at_once("status", "-c", "crawler.yaml", cwd=tmp_path).returncode == 0
            more = {**other, "urls": [f"{site.url}/[b-c]"]}
            write_config(tmp_path, [{"name": "j", "url_file": "gone.txt"}, more])
            daemon.signal(signal.SIGHUP)
            until(lambda: len(daemon.told("visit")) == 3, "not visited", daemon)
            daemon.wait_for("list.failed", job="j")
            daemon.signal(signal.SIGKILL)
            daemon.wait()
        with Daemon(config) as daemon:
            daemon.wait_for("list.failed", job="j")
            daemon.wait_for("job.synced", job="other")
            assert "no list names it" not in states(tmp_path, f"{site.url}/a")
        done = at_once("check", "-c", "crawler.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "j: url_file:" in done.stderr
    assert "No such file" in done.stderr


def test_a_job_whose_list_lost_a_column_that_its_path_needs_says_what_it_waits_for(tmp_path):
    with Site(slow(0)) as site:
        write(tmp_path, "l.csv", "url,cc", f"{site.url}/1,aa")
        job = {"name": "j", "url_file": "l.csv", "path": "{cc}/{name}"}
        again = {"schedule": {"every": "1s"}}
        with Daemon(write_config(tmp_path, [{**job, **again}])) as daemon:
            daemon.wait_for("visit")
            assert daemon.stop() == 0
        write(tmp_path, "l.csv", "url,dd", f"{site.url}/1,aa")
        write_config(tmp_path, [{**job, **again, "path": "new/{cc}/{name}"}])
        with Daemon(tmp_path / "crawler.yaml") as daemon:
            daemon.wait_for("list.failed", job="j")
            status = at_once("status", "-c", "crawler.yaml", cwd=tmp_path).stdout
            assert "its lists: they are yet to be read by its new `path`" in status
            assert "the lists of its job" in states(tmp_path, f"{site.url}/1")
            assert not daemon.told("visit")


def test_a_job_with_another_name_goes_by_its_own_schedule_from_the_first_reading_on(tmp_path):
    with Site(slow(0)) as site:
        job = {"name": "old", "urls": [f"{site.url}/[1-2]"]}
        with Daemon(write_config(tmp_path, [job]), "--until-done") as daemon:
            assert daemon.wait() == 0
        renamed = {**job, "name": "new", "renamed_from": "old", "schedule": {"every": "1s"}}
        with Daemon(write_config(tmp_path, [renamed])) as daemon:
            until(lambda: len(daemon.told("visit", job="new")) > 3, "not visited again", daemon)


def test_a_clock_that_was_ahead_ends_no_schedule_by_its_until(tmp_path):
    clock = tmp_path / "clock"
    clock.write_text(f"+{DECADE}")
    with Site(slow(0)) as site:
        schedule = {"every": "1s", "until": "2030-01-01"}
        job = {"name": "j", "urls": [f"{site.url}/[1-3]"], "schedule": schedule}
        config = write_config(tmp_path, [job])
        with Daemon(
            config, **clocks.environment(tmp_path / "fake", clock, believed_in=3)
        ) as daemon:
            until(lambda: len(daemon.told("visit")) == 3, "not visited", daemon)
            clock.write_text("+0")
            os.utime(clock)
            daemon.wait_for("clock.moved")
            until(lambda: len(daemon.told("visit")) > 8, "it has ended", daemon)
            assert len(daemon.told("clock.moved")) == 1
