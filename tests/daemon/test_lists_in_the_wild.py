"""Lists as people, programs and sites write them: what was listed is visited, and nothing else."""

import json

from tests.program import Daemon, write_config
from tests.servers import Site, status


def visited(daemon):
    """Return the paths that were visited, in their order of the alphabet."""
    return sorted(one["url"].partition("127.0.0.1")[2] for one in daemon.told("visit"))


def test_nothing_is_visited_that_no_line_lists(tmp_path):
    with Site(str.encode) as site:
        port = site.url.rpartition(":")[2]
        base = f"http://127.0.0.1:{port}"
        lines = [
            f"{base}/1 # a note", f"{base}/2\u00a0", f"\ufeff{base}/3\u200b", f"{base}/a\tb",
            f"{base}/c d", f"{base}/e {base}/f", f"{base}/g{base}/h", f"{base}/4",
        ]  # fmt: skip
        (tmp_path / "l.txt").write_text("\r".join(lines))
        (tmp_path / "l.json").write_text(json.dumps([f"{base}/5", {"URL": f"{base}/6"}], indent=2))
        (tmp_path / "l.list").write_text(f"id;Link\n1;{base}/7\n")
        (tmp_path / "l.utf16").write_text(f"{base}/no\n", encoding="utf-16")
        jobs = [
            {"name": "plain", "url_file": "l.txt"},
            {"name": "array", "url_file": "l.json"},
            {"name": "table", "url_file": "l.list", "url_column": "link"},
            {"name": "wide", "url_file": "l.utf16"},
        ]
        with Daemon(write_config(tmp_path, jobs), "--until-done") as daemon:
            daemon.wait()
            assert visited(daemon) == [f":{port}/{number}" for number in range(1, 8)]
            assert len(daemon.told("url.bad")) == 4
            (failed,) = daemon.told("list.failed")
            assert failed["cause"].startswith(f"url_file:{tmp_path / 'l.utf16'}: it is UTF-16")


def test_the_sitemaps_that_robots_txt_names_are_a_list(tmp_path):
    def route(path):
        files = {
            "/robots.txt": f"User-agent: *\nAllow: /\nSitemap: {site.url}/s.xml\n",
            "/s.xml": "Notice: x in y.php\n<?xml version='1.0'?><URLSET><URL><LOC>/page?a=1&b=2"
            f"</LOC></URL><url><loc>{site.url}/other</loc></url></urlset>junk",
        }
        return files[path].encode() if path in files else status("200 OK")

    with Site(route) as site:
        jobs = [{"name": "j", "urls": [f"{site.url}/"], "sitemaps": "robots"}]
        with Daemon(write_config(tmp_path, jobs), "--until-done") as daemon:
            assert daemon.wait() == 0
            port = site.url.rpartition(":")[2]
            assert visited(daemon) == [f":{port}/", f":{port}/other", f":{port}/page?a=1&b=2"]
            assert not daemon.told("list.failed")
