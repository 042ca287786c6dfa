"""Names of files from their first answers: fixed, never two URLs' own, and whole after any kill."""

import json
import random
import signal
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import gevent
import pytest

from tests.engines import on_every_engine
from tests.program import Daemon, assert_clean, at_once, due_again, ledger, until, write_config
from tests.servers import Site

BIG = bytes(range(256)) * 8192
"""Longer than what stays in memory."""


def answer(name: str, body: bytes, media_type: str = "application/pdf", status: str = "200 OK"):
    fields = [("Content-Length", str(len(body))), ("Content-Type", media_type)]
    if name:
        fields.append(("Content-Disposition", f'attachment; filename="{name}"'))
    return status, fields, [body]


def files(folder: Path) -> dict[str, bytes]:
    root = folder / "files"
    found = (file for file in root.rglob("*") if file.is_file() and not file.name.startswith("."))
    return {str(file.relative_to(root)): file.read_bytes() for file in found}


def paths(folder: Path) -> dict[str, str]:
    with ledger(folder) as db:
        rows = db.execute("SELECT url, path FROM task WHERE job != 0").fetchall()
    return {url.partition("//")[2].partition("/")[2]: path for url, path in rows}


def crawl_once(config: Path) -> None:
    with Daemon(config, "--until-done") as daemon:
        assert daemon.wait() == 0


@on_every_engine
def test_files_are_called_as_their_first_answers_say_and_keep_that_name(tmp_path):
    rounds = count()

    def route(path: str):
        at = next(rounds)
        bodies = {"/a": "same.pdf", "/b": "same.pdf", "/c": f"{at}.pdf", "/d": "", "/e": "../.x"}
        return answer(bodies[path], f"{path} {at}".encode() + BIG * (path == "/c"))

    with Site(route) as site:
        urls = [f"{site.url}/{{a,b,c,d,e}}"]
        job = {"name": "j", "urls": urls, "path": "{job}/{filename}", "per_host": 1}
        config = write_config(tmp_path, [job])
        crawl_once(config)
        first = paths(tmp_path)
        assert files(tmp_path).keys() == set(first.values())
        same = sorted([first["a"], first["b"]])
        assert same[1] == "j/same.pdf"
        assert same[0].startswith("j/same-")
        assert (first["d"], first["e"]) == ("j/d", "j/x")
        due_again(tmp_path)
        crawl_once(config)
        assert paths(tmp_path) == first
        stored = files(tmp_path)
        assert stored.keys() == set(first.values())
        for url, path in first.items():
            assert stored[path].startswith(f"/{url} ".encode())
            assert int(stored[path].partition(b"\0")[0].split()[1]) >= 5, (
                "not replaced by the later visit"
            )


def test_a_path_may_have_the_day_the_status_the_type_and_values_of_a_list(tmp_path):
    with Site(lambda path: answer("", path.encode(), "text/html; charset=Latin-1")) as site:
        (tmp_path / "list.csv").write_text(
            f"url,kind,date\n{site.url}/a,news,x\n{site.url}/b.c,eu,y\n"
        )
        job = {
            "name": "j", "url_file": "list.csv", "ext": "from_type",
            "path": "{kind}/{date}/{status}/{name}.{ext}", "headers": {"X-Kind": "{kind}"},
        }  # fmt: skip
        config = write_config(tmp_path, [job])
        before = datetime.now(UTC).date().isoformat()
        crawl_once(config)
        days = {before, datetime.now(UTC).date().isoformat()}
        found = files(tmp_path)
        names = ("news/{}/200/a.html", "eu/{}/200/b.c")
        assert any(found.keys() == {name.format(day) for name in names} for day in days)
        told = at_once("explain", f"{site.url}/a", "-c", str(config), cwd=tmp_path).stdout
        assert "bytes, text/html in latin-1" in told
        lines = at_once("export", "-c", str(config), cwd=tmp_path).stdout.splitlines()
        for one in map(json.loads, lines):
            said = one["media_type"], one["charset"], one["final_location"]
            assert said == ("text/html", "latin-1", one["url"])


def test_a_name_that_a_server_says_takes_no_file_of_anybody_else(tmp_path):
    names = {"/a": "mine.txt", "/b": "link.txt"}
    with Site(lambda path: answer(names[path], path.encode())) as site:
        job = {"name": "j", "urls": [f"{site.url}/{{a,b}}"], "path": "{filename}"}
        config = write_config(tmp_path, [job])
        (tmp_path / "files").mkdir()
        (tmp_path / "files/mine.txt").write_text("mine")
        (tmp_path / "files/link.txt").symlink_to("nowhere")
        crawl_once(config)
        found = files(tmp_path)
        assert (tmp_path / "files/link.txt").readlink() == Path("nowhere")
        assert found.pop("mine.txt") == b"mine"
        assert found == {path: f"/{url}".encode() for url, path in paths(tmp_path).items()}


def test_a_path_by_answers_holds_for_urls_without_a_file_after_a_reload(tmp_path):
    with Site(lambda path: answer(f"{path[1:]}.bin", path.encode())) as site:
        urls = [f"{site.url}/{{k=a,b}}"]
        config = write_config(tmp_path, [{"name": "j", "urls": urls, "path": "{k}/{name}"}])
        crawl_once(config)
        text = config.read_text().replace("'{k}/{name}'", "'{k}-{filename}'")
        assert text != config.read_text()
        config.write_text(text.replace("k=a,b", "k=a,b,c"))
        crawl_once(config)
        assert files(tmp_path).keys() == {"a/a", "b/b", "c-c.bin"}


@pytest.mark.parametrize("durability", ["relaxed", "full"])
@on_every_engine
def test_kill_9_leaves_each_url_one_file_though_each_answer_names_another(
    tmp_path, durability, full_campaign
):
    numbers, chance, urls = count(), random.Random(7), 120

    def route(path: str):
        gevent.sleep(chance.random() * 0.05)
        big = BIG if path.endswith("7") else b""
        return answer(f"{path[1:]} of visit {next(numbers)}.pdf", path.encode() + b"\n" + big)

    with Site(route) as site:
        job = {"name": "j", "urls": [f"{site.url}/[1-{urls}]"], "path": "{job}/{date}/{filename}"}
        config = write_config(tmp_path, [job], durability=durability)
        for _ in range(40 if full_campaign else 5):
            with Daemon(config) as daemon:
                daemon.wait_for("daemon.ready")
                wanted = len(site.requests) + chance.randrange(urls // 5)
                until(lambda n=wanted: len(site.requests) >= n or _all(tmp_path, urls), "no visits")
                daemon.signal(signal.SIGKILL)
                assert daemon.wait() == -signal.SIGKILL
        crawl_once(config)
    named, stored = paths(tmp_path), files(tmp_path)
    assert_clean(tmp_path, urls=urls)
    assert Counter(named.values()).most_common(1)[0][1] == 1
    assert stored.keys() == set(named.values()), "a file of no URL, or a URL without its file"
    for url, path in named.items():
        assert stored[path].startswith(f"/{url}\n".encode())


def _all(folder: Path, urls: int) -> bool:
    with ledger(folder) as db:
        return db.execute("SELECT count(*) FROM task WHERE state = 2").fetchone()[0] == urls
