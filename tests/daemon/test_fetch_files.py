"""Where bodies go by the options of curl and wget, and what becomes of files that are there."""

import json
import os

import pytest

from tests.program import at_once
from tests.servers import Site, status

STAMP = "Sun, 01 Nov 2020 10:00:00 GMT"


def body(path: str):
    return (
        "200 OK",
        [("Content-Length", str(len(path))), ("Last-Modified", STAMP)],
        [path.encode()],
    )


@pytest.fixture
def site():
    with Site(body) as site:
        yield site


def test_a_name_of_one_url_is_a_file_that_is_overwritten_by_force_alone(site, tmp_path):
    command = ("fetch", f"{site.url}/a", "-o", "sub/b.txt")
    assert at_once(*command, cwd=tmp_path).returncode == 0
    (tmp_path / "sub/b.txt").write_text("mine")
    done = at_once(*command, cwd=tmp_path)
    assert (done.returncode, len(site.requests)) == (1, 1)
    assert "sub/b.txt is there already: --force overwrites it" in done.stderr
    assert (tmp_path / "sub/b.txt").read_text() == "mine"
    assert at_once(*command, "--force", cwd=tmp_path).returncode == 0
    assert (tmp_path / "sub/b.txt").read_text() == "/a"


def test_files_are_named_by_their_urls_and_none_that_was_there_is_overwritten(site, tmp_path):
    (tmp_path / "b.txt").write_text("mine")
    os.utime(tmp_path / "b.txt", (0, 0))
    urls = (f"{site.url}/x/{{a,b}}.txt", f"{site.url}/y/a.txt")
    done = at_once("fetch", *urls, "-O", "--json", cwd=tmp_path)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = {line["url"].removeprefix(site.url): line["kind"] for line in told}
    assert kinds == {"/x/a.txt": "stored", "/x/b.txt": "local_io", "/y/a.txt": "stored"}
    assert done.returncode == 1
    assert (tmp_path / "b.txt").read_text() == "mine"
    stored = [(tmp_path / line["path"]).read_text() for line in told if line["path"]]
    assert sorted(stored) == ["/x/a.txt", "/y/a.txt"]


def test_a_path_of_json_can_be_opened_as_it_is_printed(site, tmp_path):
    done = at_once("fetch", f"{site.url}/a", "-P", "out", "--json", cwd=tmp_path)
    assert (tmp_path / json.loads(done.stdout)["path"]).read_text() == "/a"


def test_bodies_are_printed_in_their_order_and_nothing_else_is(site, tmp_path):
    done = at_once("fetch", f"{site.url}/[1-3]", "-o", "-", cwd=tmp_path)
    assert done.stdout == "/1/2/3"
    assert "3 ok" in done.stderr
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_left_or_asked_for_by_its_time(tmp_path):
    answers = {"/old": status("304 Not Modified")}
    with Site(lambda path: answers.get(path, body(path))) as site:
        command = ("fetch", f"{site.url}/{{old,new}}", "-O", "--json")
        (tmp_path / "old").write_text("mine")
        os.utime(tmp_path / "old", (1_500_000_000, 1_500_000_000))
        done = at_once(*command, "-nc", cwd=tmp_path)
        assert (done.returncode, site.paths()) == (0, ["/new"])
        done = at_once(*command, "-N", cwd=tmp_path)
        assert done.returncode == 0
        asked = {one.path: one.headers.get("IF_MODIFIED_SINCE") for one in site.requests[1:]}
    assert asked == {"/old": "Fri, 14 Jul 2017 02:40:00 GMT", "/new": STAMP}
    kinds = {line["path"]: line["kind"] for line in map(json.loads, done.stdout.splitlines())}
    assert kinds == {"old": "unchanged", "new": "stored"}
    assert (tmp_path / "old").read_text() == "mine"


def test_what_is_there_is_asked_for_by_its_time_also_after_a_visit_that_failed(tmp_path):
    answers = iter([status("503 Busy", ("Retry-After", "1")), status("304 Not Modified")])
    with Site(lambda _: next(answers)) as site:
        (tmp_path / "old").write_text("mine")
        os.utime(tmp_path / "old", (1_500_000_000, 1_500_000_000))
        done = at_once("fetch", f"{site.url}/old", "-O", "-N", "--attempts", "2", cwd=tmp_path)
    asked = [one.headers.get("IF_MODIFIED_SINCE") for one in site.requests]
    assert asked == ["Fri, 14 Jul 2017 02:40:00 GMT"] * 2
    assert done.returncode == 0
