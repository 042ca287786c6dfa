"""Options that decide what lines mean hold when the lists were read again, also for known URLs."""

import os
import re
import signal
from pathlib import Path

import pytest

from tests.daemon.test_reload import edit, reload
from tests.program import Daemon, assert_clean, at_once, until, write_config
from tests.servers import Site, slow

NUMBERS = 40


@pytest.fixture
def site():
    with Site(slow(0.02)) as one:
        yield one


def job(site: Site, **options) -> dict:
    urls = [f"{site.url}/{{cc=aa,bb}}/[n=1-{NUMBERS // 2}]"]
    return {"name": "j", "urls": urls, "path": "old/{url_path}", "delay": "20ms", **options}


def files(folder: Path, below: str) -> set[str]:
    root = folder / "files" / below
    return {str(file.relative_to(root)) for file in root.rglob("*") if file.is_file()}


def stored(daemon: Daemon) -> list[dict]:
    return daemon.told("visit", kind="stored")


def assert_all_stored_once(daemon: Daemon, folder: Path, old: set[str]) -> None:
    """Assert that the first URLs kept their files, and all others went where the new path says."""
    until(lambda: len(daemon.told("visit")) >= NUMBERS, "not all visited", daemon)
    assert {visit["kind"] for visit in daemon.told("visit")} == {"stored"}
    assert files(folder, "old") == old
    moved = {f"{one.split('/')[0]}/{one.split('/')[1]}" for one in old}
    wanted = {f"{cc}/{n}" for cc in ("aa", "bb") for n in range(1, NUMBERS // 2 + 1)} - moved
    assert files(folder, "new") == {f"{one}.txt" for one in wanted}


def test_a_path_by_globs_holds_for_the_first_file_of_known_urls_after_the_reload(site, tmp_path):
    config = write_config(tmp_path, [job(site)], concurrency=4)
    with Daemon(config) as daemon:
        until(lambda: len(stored(daemon)) >= 5, "no visits", daemon)
        edit(config, path="new/{cc}/{n}.txt")
        told = at_once("reload", "--dry-run", "-c", str(config), cwd=tmp_path).stdout
        keep, new = map(int, re.search(r"path: (\d+) URLs keep .* (\d+) without", told).groups())
        assert 5 <= keep <= len(stored(daemon)) + 1
        assert keep + new == NUMBERS
        reload(daemon)
        daemon.wait_for("job.synced", changed=["path"])
        again = at_once("reload", "--dry-run", "-c", str(config), cwd=tmp_path).stdout
        assert "path" not in again
        until(lambda: files(tmp_path, "new"), "no file by the new path", daemon)
        assert_all_stored_once(daemon, tmp_path, files(tmp_path, "old"))
        assert daemon.stop() == 0
    assert_clean(tmp_path, urls=NUMBERS)


def test_a_path_that_changed_while_nothing_ran_holds_when_the_lists_were_read(site, tmp_path):
    config = write_config(tmp_path, [job(site)], concurrency=4)
    with Daemon(config) as daemon:
        until(lambda: len(stored(daemon)) >= 5, "no visits", daemon)
        daemon.signal(signal.SIGKILL)
        daemon.wait()
        before = {visit["url"] for visit in stored(daemon)}
    edit(config, path="new/{cc}/{n}.txt")
    with Daemon(config) as daemon:
        until(lambda: len(stored(daemon)) >= NUMBERS - len(before), "not all visited", daemon)
        assert {visit["kind"] for visit in daemon.told("visit")} == {"stored"}
        assert all(visit["path"].startswith("new/") for visit in stored(daemon)[5:])
        assert daemon.stop() == 0
    assert len(files(tmp_path, "old") | files(tmp_path, "new")) >= NUMBERS
    assert_clean(tmp_path, urls=NUMBERS)


def test_a_path_that_uses_no_line_any_more_holds_for_urls_without_a_file(site, tmp_path):
    config = write_config(tmp_path, [job(site, path="old/{cc}/{n}")], concurrency=4)
    with Daemon(config) as daemon:
        until(lambda: len(stored(daemon)) >= 5, "no visits", daemon)
        edit(config, path="new/{url_path}.txt")
        reload(daemon)
        until(lambda: files(tmp_path, "new"), "no file by the new path", daemon)
        assert_all_stored_once(daemon, tmp_path, files(tmp_path, "old"))
        assert daemon.stop() == 0
    assert_clean(tmp_path, urls=NUMBERS)


def test_a_header_with_columns_is_never_sent_with_its_braces(site, tmp_path):
    config = write_config(tmp_path, [job(site)], concurrency=4)
    with Daemon(config) as daemon:
        until(lambda: len(stored(daemon)) >= 5, "no visits", daemon)
        edit(config, headers={"X-CC": "{cc}", "X-Fixed": "yes"})
        reload(daemon)
        until(lambda: any("X_CC" in seen.headers for seen in site.requests), "no header", daemon)
        edit(config, headers={"X-N": "{n}", "X-Fixed": "yes"})
        reload(daemon)
        until(lambda: len(stored(daemon)) == NUMBERS, "not all visited", daemon)
        assert daemon.stop() == 0
    for seen in site.requests:
        _, cc, n = seen.path.split("/")
        assert seen.headers.get("X_CC", cc) == cc
        assert seen.headers.get("X_N", n) == n
    assert any("X_N" in seen.headers for seen in site.requests)
    fixed = ["X_FIXED" in seen.headers for seen in site.requests]
    assert fixed == sorted(fixed)  # at once, and then for good
    assert_clean(tmp_path, urls=NUMBERS)


def test_while_a_list_cannot_be_read_the_old_meaning_holds(site, tmp_path):
    rows = [f"{site.url}/aa/{n},{n}" for n in range(1, NUMBERS + 1)]
    (tmp_path / "l.csv").write_text("".join(f"{row}\n" for row in ["url,n", *rows]))
    options = {"urls": [], "url_file": "l.csv", "path": "old/{n}"}
    config = write_config(tmp_path, [job(site, **options)], concurrency=4)
    with Daemon(config) as daemon:
        until(lambda: len(stored(daemon)) >= 3, "no visits", daemon)
        text = (tmp_path / "l.csv").read_text()
        (tmp_path / "l.csv").write_text("nonsense\n")
        os.utime(tmp_path / "l.csv", (1, 1))
        edit(config, path="new/{n}.txt")
        reload(daemon)
        daemon.wait_for("list.failed")
        held = len(stored(daemon))
        until(lambda: len(stored(daemon)) >= held + 5, "nothing is visited", daemon)
        assert not files(tmp_path, "new")
        (tmp_path / "l.csv").write_text(text)
        os.utime(tmp_path / "l.csv", (1, 2))
        reload(daemon)
        until(lambda: len(stored(daemon)) == NUMBERS, "not all visited", daemon)
        assert files(tmp_path, "new")
        assert {visit["kind"] for visit in daemon.told("visit")} == {"stored"}
        assert daemon.stop() == 0
    assert_clean(tmp_path, urls=NUMBERS)


@pytest.mark.parametrize(
    ("name", "text"),
    [("l.csv", "url,cc\n{url}/1,de\n"), ("l.jsonl", '{{"url": "{url}/1", "cc": "de"}}\n')],
)
def test_columns_of_lists_work_in_paths(site, tmp_path, name, text):
    (tmp_path / name).write_text(text.format(url=site.url))
    options = {"name": "j", "url_file": name, "path": "{cc}/{name}"}
    config = write_config(tmp_path, [options])
    assert at_once("check", "-c", str(config), cwd=tmp_path).returncode == 0
    with Daemon(config, "--until-done") as daemon:
        assert daemon.wait() == 0
    assert (tmp_path / "files" / "de" / "1").is_file()


def test_a_column_that_no_list_has_is_told_by_check(site, tmp_path):
    (tmp_path / "l.csv").write_text(f"url,cc\n{site.url}/1,de\n")
    config = write_config(tmp_path, [{"name": "j", "url_file": "l.csv", "path": "{dd}/{name}"}])
    done = at_once("check", "-c", str(config), cwd=tmp_path)
    assert done.returncode == 2
    assert "its first line must name a column dd, it is: url, cc" in done.stderr
