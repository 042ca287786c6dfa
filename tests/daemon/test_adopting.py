"""`crawler audit --adopt`: a ledger was restored from a backup, and the files are newer than it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.program import at_once, write_config
from tests.servers import Site


class Pages:
    """Pages of a site, which change."""

    def __init__(self):
        self.version = 1

    def __call__(self, path: str) -> bytes:
        return f"version {self.version} of {path}".encode()


@pytest.fixture
def pages():
    return Pages()


@pytest.fixture
def site(pages):
    with Site(pages) as one:
        yield one


def verb(folder: Path, *arguments: str, code: int = 0) -> str:
    done = at_once(*arguments, "-c", "crawler.yaml", cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def visit(folder: Path, site: Site, last: int, **job) -> None:
    write_config(folder, [{"name": "a", "urls": [f"{site.url}/[1-{last}]"], **job}])
    verb(folder, "run", "--until-done")


@pytest.fixture
def restored(pages, site, tmp_path):
    """The folder of a ledger of two URLs beside files of four, of which one is of newer content."""
    visit(tmp_path, site, 2)
    verb(tmp_path, "backup", "backup.sqlite")
    pages.version = 2
    verb(tmp_path, "retry", f"{site.url}/1")
    visit(tmp_path, site, 4)
    for file in tmp_path.glob("state.sqlite*"):
        file.unlink()
    shutil.copy(tmp_path / "backup.sqlite", tmp_path / "state.sqlite")
    write_config(tmp_path, [{"name": "a", "urls": [f"{site.url}/[1-4]"]}])
    return tmp_path


def state_of(folder: Path) -> bytes:
    return (folder / "state.sqlite").read_bytes()


def test_newer_files_are_adopted_and_not_fetched_again(restored, site):
    assert "1 different" in verb(restored, "audit", code=1)
    before = len(site.requests)
    assert "1 file adopted" in verb(restored, "audit", "--adopt")
    assert "2 files as the ledger has them" in verb(restored, "audit")
    explained = verb(restored, "explain", f"{site.url}/1")
    assert "done" in explained
    verb(restored, "run", "--until-done")
    assert len(site.requests) - before == 2  # of the URLs that the ledger did not know
    assert "0 files of no URL" in verb(restored, "audit", "--orphans")


def test_files_of_urls_that_were_never_visited_are_known_again_and_their_visits_tell(
    restored, site
):
    verb(restored, "add", "--job", "a", f"{site.url}/3")
    told = verb(restored, "audit", "--adopt", "--json").splitlines()
    adopted = [json.loads(line) for line in told if '"adopted"' in line and '"path"' in line]
    assert sorted(one["path"] for one in adopted) == ["a/1", "a/3"]
    assert "1 file of no URL" in verb(restored, "audit", "--orphans")
    verb(restored, "run", "--until-done")
    assert "4 files as the ledger has them" in verb(restored, "audit")
    assert sorted(path.name for path in (restored / "files/a").iterdir()) == ["1", "2", "3", "4"]


def test_a_dry_run_tells_what_would_be_adopted_and_changes_nothing(restored):
    before = state_of(restored)
    told = verb(restored, "audit", "--adopt", "--dry-run", code=1)
    assert "adopted   a/1" in told
    assert "1 file to be adopted" in told
    assert state_of(restored) == before
    assert "1 different" in verb(restored, "audit", code=1)


def test_what_was_cut_after_it_was_stored_is_newer_and_what_nobody_knows_is_told_alone(restored):
    (restored / "files/a/stranger").write_text("of nobody")
    (restored / "files/b").mkdir()
    (restored / "files/b/1").write_text("of no job")
    verb(restored, "audit", "--adopt")
    told = verb(restored, "audit", "--orphans")
    assert "orphan    a/stranger" in told
    assert "orphan    b/1" in told
