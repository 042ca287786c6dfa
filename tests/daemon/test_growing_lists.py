"""Lists that somebody is still writing are not taken for whole."""

import os
import sys
import time

import pytest

from tests.program import Daemon, until, write_config
from tests.servers import Site, slow


@pytest.fixture
def site():
    with Site(slow(0)) as one:
        yield one


def paths(site):
    return sorted({path for path in site.paths() if path != "/robots.txt"})


@pytest.mark.skipif(sys.platform != "linux", reason="leases on files are Linux's")
def test_a_file_of_an_inbox_that_is_open_for_writing_is_left_until_it_is_closed(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "inbox": "in"}])
    with Daemon(config) as daemon:
        until((tmp_path / "in").exists, "no inbox", daemon)
        with (tmp_path / "in" / "list.txt").open("w") as file:
            file.write(f"{site.url}/one\n{site.url}/two-lo")
            file.flush()
            os.utime(file.name, (1, time.time() - 20))
            (tmp_path / "in" / "other.txt").write_text(f"{site.url}/other\n")
            os.utime(tmp_path / "in" / "other.txt", (1, 1))
            until(lambda: "/other" in site.paths(), "no visit", daemon)
            assert paths(site) == ["/other"]
            file.write(f"ng-name\n{site.url}/three\n")
        until(lambda: "/three" in site.paths(), "not taken", daemon)
        until(lambda: len(daemon.told("visit")) == 4, "not visited", daemon)
        assert not daemon.told("list.unended")
        assert daemon.stop() == 0
    assert paths(site) == ["/one", "/other", "/three", "/two-long-name"]


def test_what_ends_without_an_end_is_taken_with_its_last_line_and_told(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "url_file": "list.txt"}])
    (tmp_path / "list.txt").write_text(f"{site.url}/one\n{site.url}/two")
    os.utime(tmp_path / "list.txt", (1, time.time() - 27))
    with Daemon(config) as daemon:
        until(lambda: len(daemon.told("visit")) == 2, "not visited", daemon)
        (told,) = daemon.told("list.unended")
        assert told["reason"].startswith("its end is not there")
        assert daemon.stop() == 0
    assert paths(site) == ["/one", "/two"]


def test_a_file_that_grew_after_it_was_taken_from_an_inbox_is_read_again_whole(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "inbox": "in"}])
    with Daemon(config) as daemon:
        until((tmp_path / "in").exists, "no inbox", daemon)
        with (tmp_path / "in" / "list.txt").open("w") as file:
            file.write(f"{site.url}/one\n{site.url}/two-lo")
            file.flush()
            os.utime(file.name, (1, 1))
            until((tmp_path / "in" / "done" / "list.txt").exists, "not taken", daemon)
            file.write(f"ng-name\n{site.url}/three\n")
        until(lambda: "/two-long-name" in site.paths(), "not read again", daemon)
        until(lambda: "/three" in site.paths(), "not read again", daemon)
        assert daemon.stop() == 0
    assert [one.name for one in (tmp_path / "in" / "done").iterdir()] == ["list.txt"]


def test_temporary_files_beside_a_list_are_left_alone(site, tmp_path):
    folder = tmp_path / "lists"
    folder.mkdir()
    for name in ("a.txt", "a.txt~", "b.tmp", "c.part", ".d.txt.swp", "e.swp"):
        (folder / name).write_text(f"{site.url}/{name}\n")
        os.utime(folder / name, (1, 1))
    config = write_config(tmp_path, [{"name": "j", "url_file": "lists/*"}])
    with Daemon(config, "--until-done") as daemon:
        assert daemon.wait() == 0
    assert paths(site) == ["/a.txt"]
    (folder / "c.part").unlink()
