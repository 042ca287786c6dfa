"""No verb prints control characters of servers, lists and files: they would move the cursor."""

import json
import re
import subprocess

import pytest

from tests.program import crawler, write_config
from tests.servers import RudeSite, Site, sends, slow

HOSTILE = "\x1b[2J\x1b]0;title\x07\x7f\x9b5A"
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
REDIRECT = f"HTTP/1.1 302 {HOSTILE}\r\nLocation: http://{HOSTILE}/\r\nContent-Length: 0\r\n\r\n"


def assert_plain(done: subprocess.CompletedProcess) -> None:
    for text in (done.stdout, done.stderr):
        assert not CONTROL.findall(text), text
    assert done.stdout, done.stderr


@pytest.fixture
def hostile(tmp_path):
    """A list with hostile lines, of servers that answer well and with hostile lines."""
    with Site(slow(0)) as site, RudeSite(sends(REDIRECT.encode("latin-1"))) as rude:
        lines = [
            "url\tname", f"{site.url}/1\tplain", f"{site.url}/a{HOSTILE}b\t{HOSTILE}",
            f"{site.url}/%1b%5b2J\tother", f"{rude.url}/x\tx", f"no{HOSTILE}url\tx",
        ]  # fmt: skip
        (tmp_path / "list.tsv").write_text("\n".join(lines) + "\n")
        yield tmp_path


@pytest.mark.parametrize("options", [["-v"], [], ["--json"], ["-v", "--archive", "a.sqlite"]])
def test_fetch_reports_lists_and_answers_without_their_controls(hostile, options):
    (hostile / "list.txt").write_text(
        "\n".join(
            line.partition("\t")[0] for line in (hostile / "list.tsv").read_text().split("\n")
        )
    )
    arguments = ["fetch", "-i", "list.txt", "--attempts", "1", "-m", "2", *options]
    for _ in range(2):
        assert_plain(crawler(*arguments, cwd=hostile))


def test_the_verbs_of_the_ledger_print_no_controls(hostile):
    job = {"name": "j", "url_file": "list.tsv", "path": "{name}/{url_path}", "attempts": 1}
    config = str(write_config(hostile, [job]))
    assert_plain(crawler("check", "-c", config, cwd=hostile))
    assert_plain(crawler("run", "-c", config, "--until-done", cwd=hostile))
    (hostile / "files" / f"stray{HOSTILE}").write_text("x")
    urls = [
        json.loads(line)["url"]
        for line in crawler("export", "-c", config, cwd=hostile).stdout.splitlines()
    ]
    assert len(urls) >= 3
    for verb in (
        ["status"], ["status", "--json"], ["export"], ["export", "--format", "csv"],
        ["export", "--format", "list"], ["audit"], ["audit", "--orphans"],
        ["audit", "--orphans", "--json"], ["hosts"], ["failures"], ["reload", "--dry-run"],
        *(["explain", url] for url in urls), ["explain", f"http://h/{HOSTILE}"],
    ):  # fmt: skip
        name, *rest = verb
        assert_plain(crawler(name, "-c", config, *rest, cwd=hostile))
