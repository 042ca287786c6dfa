"""Names of files that are no UTF-8 end nothing: their URLs are visited like others."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.program import CRAWLER, Daemon, assert_clean, crawler, ledger, until, write_config
from tests.servers import Site


def odd(folder: Path, name: bytes, text: str) -> Path:
    """Write a file whose name no encoding has."""
    path = os.fsencode(folder) + b"/" + name
    with open(path, "w") as file:  # noqa: PTH123  a Path has no bytes
        file.write(text)
    return Path(os.fsdecode(path))


@pytest.fixture
def site():
    with Site(str.encode) as one:
        yield one


def test_an_inbox_takes_a_list_with_an_odd_name_and_goes_on(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "inbox": "in"}])
    with Daemon(config) as daemon:
        until((tmp_path / "in").is_dir, "no inbox", daemon)
        odd(tmp_path / "in", b"odd\xff.txt", f"{site.url}/1\n")
        daemon.wait_for("visit", kind="stored")
        (tmp_path / "in" / "even.txt").write_text(f"{site.url}/2\n")
        until(lambda: len(daemon.told("visit", kind="stored")) == 2, "no second", daemon)
        moved = os.fsencode(tmp_path / "in" / "done") + b"/odd\xff.txt"
        until(Path(os.fsdecode(moved)).exists, "it was not moved", daemon)
        assert daemon.stop() == 0
        assert not daemon.told("seeder.restarted")
    assert_clean(tmp_path, urls=2)


def test_a_pipe_and_a_link_in_an_inbox_are_told_once_and_hold_nothing_up(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "inbox": "in"}])
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "pipe.txt")
    (tmp_path / "in" / "link.txt").symlink_to("/dev/zero")
    with Daemon(config) as daemon:
        daemon.wait_for("inbox.passed_over", file="pipe.txt")
        for number in (1, 2):
            (tmp_path / "in" / f"{number}.txt").write_text(f"{site.url}/{number}\n")
            until(lambda: len(daemon.told("visit")) == number, "no visit", daemon)  # noqa: B023
        told = {one["file"]: one["reason"] for one in daemon.told("inbox.passed_over")}
        assert told.keys() == {"pipe.txt", "link.txt"}
        assert told["link.txt"].startswith("it is a symbolic link")
        assert len(daemon.told("inbox.passed_over")) == 2
        assert daemon.stop() == 0


def test_a_pattern_and_a_configuration_may_have_odd_names(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "url_file": "l*.txt"}])
    odd(tmp_path, b"l\xff.txt", f"{site.url}/1\n")
    odd(tmp_path, b"l\xfe.txt", f"{site.url}/2\n")
    renamed = odd(tmp_path, b"c\xff.yaml", config.read_text())
    assert crawler("check", "-c", str(config), cwd=tmp_path).returncode == 0
    for _ in range(2):  # the second time both lists are known
        with Daemon(renamed, "--until-done") as daemon:
            assert daemon.wait() == 0
            (synced,) = daemon.told("job.synced")
            assert synced["listed"] == 2
    with ledger(tmp_path) as db:
        names = {name for (name,) in db.execute("SELECT name FROM source")}
    assert len(names) == 2
    assert all(r"l\xf" in name for name in names)
    assert_clean(tmp_path, urls=2)


def test_fetch_reads_and_writes_odd_names(site, tmp_path):
    listed = odd(tmp_path, b"l\xff.txt", f"{site.url}/1\n")
    output = Path(os.fsdecode(os.fsencode(tmp_path) + b"/out\xff"))
    done = subprocess.run(
        [*CRAWLER, "fetch", "-i", listed, "-o", output], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(list(output.rglob("1"))) == 1


def test_a_reload_of_a_configuration_with_an_odd_name_that_is_refused_ends_nothing(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
    renamed = odd(tmp_path, b"c\xff.yaml", config.read_text())
    with Daemon(renamed) as daemon:
        daemon.wait_for("visit", kind="stored")
        renamed.write_text("jobs: no\n")
        daemon.signal(signal.SIGHUP)
        daemon.wait_for("config.rejected")

        def told():
            with ledger(tmp_path) as db:
                ((words,),) = db.execute("SELECT reloaded FROM process")
            return words.startswith("refused: ") and r"c\udcff.yaml" in words

        until(told, "the ledger never heard of it", daemon)
        assert daemon.stop() == 0
        assert not daemon.told("keeper.restarted")


@pytest.mark.parametrize(
    "words", [("wake",), ("pause", "--host"), ("explain",), ("retry", "--host")]
)
def test_a_word_that_is_no_text_is_told_as_such(site, tmp_path, words):
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
    with Daemon(config, "--until-done") as daemon:
        assert daemon.wait() == 0
    done = crawler(*words, os.fsdecode(b"http://a\xff/"), "-c", str(config), cwd=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
