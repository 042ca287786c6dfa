"""Filters of a job's lists under a running daemon: live, whole, told, and refused with a place."""

import json

import pytest

from tests.daemon.test_reload import edit, reload, states
from tests.engines import on_every_engine
from tests.program import Daemon, assert_clean, at_once, crawler, until, write_config
from tests.servers import Site

OLD, NEW = "2020-01-01", "2026-11-01"


def sitemap(base: str) -> str:
    urls = (("old.html", OLD), ("new.html", NEW), ("new.pdf", NEW), ("undated.html", ""))
    entries = (
        f"<url><loc>{base}/{name}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</url>"
        for name, at in urls
    )
    return f"<urlset>{''.join(entries)}</urlset>"


@pytest.fixture
def site():
    def answer(path: str) -> bytes:
        return sitemap(one.url).encode() if path.startswith("/sitemap") else path.encode()

    with Site(answer) as one:
        yield one


def visited(daemon: Daemon) -> set[str]:
    return {visit["url"].rpartition("/")[2] for visit in daemon.told("visit")}


def asked(*words: str, cwd) -> dict:
    return json.loads(at_once(*words, "--json", "-c", "crawler.yaml", cwd=cwd).stdout)


@on_every_engine
def test_a_filter_holds_for_every_source_and_a_reload_changes_it_whole(site, tmp_path):
    (tmp_path / "list.txt").write_text("".join(f"{site.url}/{at}.jpg\n" for at in range(40)))
    job = {
        "name": "j",
        "sitemap": f"{site.url}/sitemap.xml",
        "url_file": "list.txt",
        "urls": [f"{site.url}/[1-3].html"],
        "filter": {"exclude": ["*.jpg", "/2.html"], "lastmod_since": "2026-01-01"},
    }
    config = write_config(tmp_path, [job])
    wanted = {"1.html", "3.html", "new.html", "new.pdf", "undated.html"}
    with Daemon(config) as daemon:
        until(lambda: visited(daemon) == wanted, "not visited", daemon)
        told = {one["list"].partition(":")[0]: one for one in daemon.told("list.filtered")}
        assert {name: one["filtered"] for name, one in told.items()} == {
            "urls": 1, "url_file": 40, "sitemap": 1,
        }  # fmt: skip
        daemon.wait_for("job.synced", listed=5, filtered=42)
        assert asked("status", cwd=tmp_path)["jobs"][0]["filtered"] == 42
        (why,) = asked("explain", f"{site.url}/7.jpg", cwd=tmp_path)["left_out"]
        assert why == {"job": "j", "why": "exclude: *.jpg"}
        edit(config, filter={"include": ["*.jpg", "re:new"]})
        reload(daemon)
        until(lambda: daemon.told("job.synced", removed=3), "not retired", daemon)
        until(lambda: len(visited(daemon)) == 45, "not visited", daemon)
        assert not daemon.told("list.shrunk")
        explained = at_once("explain", f"{site.url}/1.html", "-c", "crawler.yaml", cwd=tmp_path)
        assert "nothing: its job leaves it out by its filter: include" in explained.stdout
        edit(config, filter=None)
        reload(daemon)
        until(lambda: daemon.told("job.synced", listed=47), "not read", daemon)
        until(lambda: {"2.html", "old.html"} <= visited(daemon), "not visited", daemon)
        assert daemon.stop() == 0
    assert set(states(tmp_path).values()) == {2}
    paths = [path for path in site.paths() if "sitemap" not in path]
    assert sorted(paths) == sorted(set(paths)), "something was visited twice"
    assert_clean(tmp_path, urls=47)


def test_a_bad_pattern_is_told_with_its_place_and_what_to_write(site, tmp_path):
    config = write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/1"]}])
    text = config.read_text().replace(
        "jobs:\n- ", 'jobs:\n- filter:\n    exclude: ["*.jpg", "re:(?<!a)b", "*[0-9]"]\n  '
    )
    config.write_text(text)
    line = text[: text.index("exclude")].count("\n") + 1
    done = crawler("check", "-c", "crawler.yaml", cwd=tmp_path)
    assert done.returncode == 2
    first, second = [one for one in done.stderr.splitlines() if "filter.exclude" in one]
    assert f"crawler.yaml:{line}:" in first
    assert "looks around itself" in first
    assert "include and exclude together" in first
    assert "a regular expression (re:...)" in second
    assert not site.paths()


def test_a_plan_and_a_preview_count_what_is_left_out(site, tmp_path):
    job = {"name": "j", "urls": [f"{site.url}/[1-9]"]}
    config = write_config(tmp_path, [job | {"filter": {"exclude": ["re:/[1-3]$"]}}])
    done = crawler("check", "-c", str(config), cwd=tmp_path)
    assert "filter      leaves out 3 URLs" in done.stdout
    with Daemon(config) as daemon:
        until(lambda: len(visited(daemon)) == 6, "not visited", daemon)
        edit(config, filter={"exclude": ["re:/[1-5]$"]})
        told = at_once("reload", "--dry-run", "-c", str(config), cwd=tmp_path).stdout
        assert "0 URLs added, 2 removed, 4 kept, 0 bad, 5 left out by filter" in told
        assert daemon.stop() == 0
