"""`crawler find`: from a file back to its URL."""

import json

from tests.daemon.test_desk import desk
from tests.engines import on_every_engine
from tests.program import Daemon, crawl, until, write_config
from tests.servers import Site


def find(folder, *paths, code=0):
    return json.loads(desk(folder, "find", *paths, "--json", code=code))["files"]


def visited(folder, site, **options):
    write_config(folder, [{"name": "j", "urls": [f"{site.url}/[1-3]"], **options}])
    crawl(folder)


@on_every_engine
def test_a_file_tells_its_url_and_whether_it_is_whole(tmp_path):
    with Site(lambda path: path.encode()) as site:
        visited(tmp_path, site)
    told = desk(tmp_path, "find", "files/j/1")
    assert f"  URL          {site.url}/1\n  job          j, done\n" in told
    assert "  file         whole: 2 bytes, SHA-256 " in told
    for path in ("files/j/1", "j/1", str(tmp_path / "files/j/1"), "files/j/../j/1"):
        (one,) = find(tmp_path, path)
        assert (one["url"], one["what"], one["fault"]) == (f"{site.url}/1", "file", None)
    (tmp_path / "files/j/1").write_text("/")
    (tmp_path / "files/j/2").write_text("/x")
    (tmp_path / "files/j/3").unlink()
    faults = [one["fault"] for one in find(tmp_path, "j/1", "j/2", "j/3", code=1)]
    assert faults == ["short", "different", "missing"]
    assert "audit --fix makes its URL due again" in desk(tmp_path, "find", "j/2", code=1)


def test_what_is_nobodys_file_is_told_as_that(tmp_path):
    with Site(lambda path: path.encode()) as site:
        visited(tmp_path, site)
    (tmp_path / "files/j/x\x1b[2J").write_text("stranger")
    (one,) = find(tmp_path, "files/j/x\x1b[2J", code=1)
    assert (one["what"], one["name"]) == (None, "j/x\x1b[2J")
    told = desk(tmp_path, "find", "files/j/x\x1b[2J", "/etc/passwd", "../../x", code=1)
    assert "\x1b" not in told
    assert told.count("no URL has a file of this name") == 3
    assert told.count("it lies outside of the output folder") == 2
    assert "PATH" in desk(tmp_path, "find", code=2)


def test_versions_and_parts_are_of_their_url(tmp_path):
    content = [b"one"]
    with Site(lambda _: content[0]) as site:
        options = {"on_change": "keep 3 versions", "schedule": {"every": "1s"}}
        write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"], **options}])
        with Daemon(tmp_path / "crawler.yaml") as daemon:
            daemon.wait_for("visit")
            content[0] = b"two"
            versions = lambda: list((tmp_path / "files/j").glob("1.2*Z*"))  # noqa: E731
            until(versions, "no version", daemon)
            daemon.stop()
    (version, *_) = versions()
    (one,) = find(tmp_path, str(version))
    assert (one["what"], one["url"], one["file"]) == ("version", f"{site.url}/1", "j/1")
    assert "an older version of j/1" in desk(tmp_path, "find", str(version))
