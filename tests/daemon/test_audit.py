"""`crawler audit`: files beside the ledger, with a daemon at work on both and without one."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.engines import on_every_engine
from tests.program import Daemon, assert_clean, at_once, crawl, until, write_config
from tests.servers import Site, slow, status


def audit(folder: Path, *arguments: str, code: int | None = 0) -> list[str]:
    """Run the verb on the state of a folder; return the lines that it printed."""
    done = at_once("audit", "-c", "crawler.yaml", *arguments, cwd=folder)
    assert "Traceback" not in done.stderr
    assert done.returncode in ({0, 1} if code is None else {code}), done.stdout + done.stderr
    return (done.stdout or done.stderr).splitlines()


VERSION_TIME = datetime(2026, 11, 21, 10, 30, tzinfo=UTC).timestamp()


def keep_version(path: Path, content: bytes) -> None:
    """Leave an older version as the crawler does: its time is the one in its name."""
    path.write_bytes(content)
    os.utime(path, (VERSION_TIME, VERSION_TIME))


@pytest.fixture
def site():
    with Site(lambda path: b"content of " + path.encode()) as site:
        yield site


@pytest.fixture
def stored(site, tmp_path):
    """Return the folder of a ledger with two jobs of six files."""
    write_config(tmp_path, jobs(site))
    crawl(tmp_path)
    return tmp_path


def jobs(site, **options) -> list[dict]:
    return [
        {"name": name, "urls": [f"{site.url}/{name}/[1-{last}]"], **options}
        for name, last in (("a", 4), ("b", 2))
    ]


def spoil(folder: Path) -> None:
    """Lose a file, cut one, and change a byte of one, as a power cut may."""
    (folder / "files/a/1").unlink()
    (folder / "files/a/2").write_bytes(b"content")
    (folder / "files/b/1").write_bytes(b"content of /b/2")


def test_files_that_are_as_the_ledger_has_them_are_no_fault(stored):
    assert audit(stored) == ["6 files as the ledger has them"]
    assert audit(stored, "--job", "b", "--fix") == ["2 files as the ledger has them"]


def test_what_is_missing_short_or_different_is_told_with_its_url(site, stored):
    spoil(stored)
    assert audit(stored, code=1) == [
        f"missing   a/1  a  {site.url}/a/1",
        f"short     a/2  a  {site.url}/a/2",
        f"different b/1  b  {site.url}/b/1",
        "3 of 6 files not as the ledger has them: 1 missing, 1 short, 1 different",
        "3 URLs not due again; --fix makes those due that are listed",
    ]
    assert len(audit(stored, "--job", "b", code=1)) == 3
    told = [json.loads(line) for line in audit(stored, "--json", "--fix", "--dry-run", code=1)]
    assert [one.get("fault") for one in told] == ["missing", "short", "different", None]
    assert told[-1] == {
        "event": "sums", "files": 6, "due": 0,
        "faults": {"missing": 1, "short": 1, "different": 1},
    }  # fmt: skip


@on_every_engine
def test_what_is_gone_is_fetched_again_and_nothing_else(site, stored):
    spoil(stored)
    before = {file: file.stat().st_ino for file in (stored / "files").rglob("[0-9]")}
    assert audit(stored, "--fix")[-1] == "3 URLs due again"
    crawl(stored)
    assert_clean(stored, urls=6)
    assert audit(stored, "--fix") == ["6 files as the ledger has them"]
    assert (stored / "files/b/1").read_bytes() == b"content of /b/1"
    after = {file for file, number in before.items() if file.stat().st_ino == number}
    assert len(after) == 3, "the others were fetched, too"


def test_what_no_list_names_any_more_is_told_and_not_fetched(site, stored):
    spoil(stored)
    write_config(stored, [{"name": "a", "urls": [f"{site.url}/a/[2-4]"]}])
    crawl(stored)
    lines = audit(stored, "--fix", code=1)
    assert lines[-2:] == [
        "1 URL due again",
        "2 URLs not due again; --fix makes those due that are listed",
    ]


def test_files_that_nobody_knows_are_listed(stored):
    files = stored / "files"
    (files / "a/stray").write_bytes(b"x")
    (files / "new").mkdir()
    (files / "new/stray.gif").write_bytes(b"x")
    (files / "a/9.0123456789abcdef.7.part").write_bytes(b"x")
    keep_version(files / "a/1.20261121T103000Z", b"an older version")
    (files / "a/link").symlink_to(files)
    assert audit(stored, "--orphans") == [
        "orphan    a/9.0123456789abcdef.7.part",
        "orphan    a/stray",
        "orphan    new/stray.gif",
        "6 files as the ledger has them",
        "3 files of no URL",
    ]
    (files / "a/9.0123456789abcdef.7.part").unlink()


def test_files_whose_names_are_not_utf_8_are_listed(stored):
    names = [b"a/\xff", b"a/\xff.0123456789abcdef.7.part", b"a/1.20261121T103000Z.\xff"]
    places = [os.path.join(os.fsencode(stored / "files"), name) for name in names]  # noqa: PTH118
    for place in places:
        Path(os.fsdecode(place)).write_bytes(b"x")
    told = audit(stored, "--orphans")
    assert told[-1] == "3 files of no URL"
    assert [line.split()[0] for line in told[:3]] == ["orphan"] * 3
    assert len(audit(stored, "--orphans", "--json")) == 4
    for place in places:
        os.unlink(place)  # noqa: PTH108  a name of bytes


def test_files_are_renamed_as_path_says_today_and_not_fetched_again(site, stored):
    write_config(stored, jobs(site, path="{job}-files/{name}.bin"))
    inode = (stored / "files/a/1").stat().st_ino
    assert audit(stored, "--rename", "--dry-run")[-1] == "6 files to be renamed"
    assert (stored / "files/a/1").exists()
    assert audit(stored, "--rename", "--orphans") == [
        "6 files as the ledger has them", "6 files renamed", "0 files of no URL",
    ]  # fmt: skip
    assert (stored / "files/a-files/1.bin").stat().st_ino == inode
    assert not (stored / "files/a/1").exists()
    assert audit(stored, "--rename")[-1] == "0 files renamed"
    crawl(stored)
    assert (stored / "files/a-files/1.bin").stat().st_ino == inode


def test_older_versions_go_with_a_file_that_is_renamed(site, stored):
    keep_version(stored / "files/a/1.20261121T103000Z", b"older")
    keep_version(stored / "files/a/1.20261121T103000Z-2", b"old")
    write_config(stored, jobs(site, path="{job}-files/{name}.bin"))
    assert audit(stored, "--rename", "--orphans")[-2:] == ["6 files renamed", "0 files of no URL"]
    assert not list((stored / "files/a").iterdir())
    assert (stored / "files/a-files/1.20261121T103000Z.bin").read_bytes() == b"older"
    assert (stored / "files/a-files/1.20261121T103000Z-2.bin").read_bytes() == b"old"


def test_an_older_version_of_no_file_is_listed(stored):
    (stored / "files/a/9.20261121T103000Z.gif").write_bytes(b"x")
    assert audit(stored, "--orphans")[0] == "orphan    a/9.20261121T103000Z.gif"


def test_a_rename_that_a_crash_cut_in_two_is_finished_by_the_next_one(site, stored):
    write_config(stored, jobs(site, path="{job}-files/{name}.bin"))
    (stored / "files/a-files").mkdir()
    os.link(stored / "files/a/1", stored / "files/a-files/1.bin")
    assert audit(stored, "--rename")[-1] == "6 files renamed"
    assert not (stored / "files/a/1").exists()


def test_a_file_that_a_stranger_put_there_is_overwritten_by_no_rename(site, stored):
    write_config(stored, jobs(site, path="{job}-files/{name}.bin"))
    (stored / "files/a-files").mkdir()
    (stored / "files/a-files/1.bin").write_bytes(b"precious")
    assert audit(stored, "--rename")[-2:] == [
        "5 files renamed",
        "1 file not renamed: File exists",
    ]
    assert (stored / "files/a-files/1.bin").read_bytes() == b"precious"
    assert audit(stored) == ["6 files as the ledger has them"]


def explained(folder: Path, site: Site) -> str:
    return at_once("explain", "-c", "crawler.yaml", f"{site.url}/1", cwd=folder).stdout


def test_what_is_being_visited_is_left_alone(tmp_path):
    """Its file may be about to be replaced."""
    hold = []
    talk = lambda path: slow(60)(path) if hold and path == "/1" else path.encode()  # noqa: E731
    with Site(talk) as site:
        job = {"name": "a", "urls": [f"{site.url}/[1-2]"], "schedule": {"every": "1s"}}
        file = write_config(tmp_path, [job], grace_period=0)
        with Daemon(file) as daemon:
            until(lambda: len(daemon.told("visit")) > 3, "nothing is visited again", daemon)
            hold.append(True)
            until(lambda: "under way" in explained(tmp_path, site), "it is not visited", daemon)
            (tmp_path / "files/a/1").unlink()
            (said,) = audit(tmp_path, "--fix")  # the other one may be on its way just then, too
            assert said in {f"{count} as the ledger has them" for count in ("0 files", "1 file")}
            daemon.stop()


def test_a_folder_that_is_not_mounted_is_no_loss_of_files(stored):
    (stored / "files").rename(stored / "elsewhere")
    assert "is its disk mounted?" in audit(stored, "--fix", code=2)[0]
    (stored / "files").mkdir()
    assert "is its disk mounted?" in audit(stored, "--fix", code=2)[0]
    (stored / "files").rmdir()
    (stored / "elsewhere").rename(stored / "files")
    assert audit(stored, "--fix") == ["6 files as the ledger has them"]


def test_what_cannot_be_audited_is_said_with_the_remedy(stored):
    assert audit(stored, "--job", "c", code=2) == ["--job c: the ledger has no such job"]
    assert "--state" not in at_once("audit", "--help", cwd=stored).stdout
    for options, words in [
        (["--state", "state.sqlite"], "No such option"),
        ([], "name the configuration with -c (or in CRAWLER_CONFIG)"),
    ]:
        done = at_once("audit", *options, cwd=stored)
        assert done.returncode == 2
        assert words in done.stderr
        assert "or --state FILE" not in done.stderr


def forget(folder: Path, *arguments: str, code: int = 0) -> str:
    done = at_once(
        "forget", "-c", "crawler.yaml", "--retired", "--older-than", "0", *arguments, cwd=folder
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout or done.stderr


@on_every_engine
def test_forget_takes_files_along_where_that_is_wanted(site, stored):
    """The retired URL's and those of a job that is gone; older versions go with their file."""
    write_config(stored, [{"name": "a", "urls": [f"{site.url}/a/[2-4]"]}])
    crawl(stored)
    files = stored / "files"
    keep_version(files / "a/1.20261121T103000Z", b"an older version")
    (files / "a/2.20261121T103000Z").write_bytes(b"of a file that stays")
    assert forget(stored, "--files", "--dry-run") == "3 URLs would be forgotten\n"
    assert (files / "a/1").exists()
    assert forget(stored, "--files").splitlines() == [
        "3 URLs are forgotten",
        "1 list forgotten with them: nothing was left there",
    ]
    left = sorted(
        path.relative_to(files).as_posix() for path in files.rglob("?*") if path.is_file()
    )
    assert left == [".crawlerd", "a/2", "a/2.20261121T103000Z", "a/3", "a/4"]
    assert audit(stored, "--orphans")[-1] == "0 files of no URL"
    assert_clean(stored, urls=3)


def test_forget_removes_no_file_that_its_url_never_had(tmp_path):
    """Its list fixed the name, nothing was ever stored, and what has the name is a stranger's."""
    with Site(lambda _: status("404 Not Found")) as site:
        write_config(
            tmp_path, [{"name": "a", "urls": [f"{site.url}/{{x=1,2}}"], "path": "{x}/f"}]
        )  # fmt: skip
        crawl(tmp_path)
        (tmp_path / "files/1").mkdir(parents=True)
        (tmp_path / "files/1/f").write_bytes(b"precious")
        write_config(tmp_path, [{"name": "b", "urls": [f"{site.url}/b"]}])
        crawl(tmp_path)
        assert forget(tmp_path, "--files").startswith("2 URLs are forgotten\n")
        assert (tmp_path / "files/1/f").read_bytes() == b"precious"


def test_forget_with_files_needs_their_folder(stored):
    done = at_once(
        "forget", "--state", "state.sqlite", "--retired", "--older-than", "0", "--files", cwd=stored
    )
    assert done.returncode == 2
    assert "--files needs the configuration, with -c" in done.stderr


def test_files_of_urls_that_leave_the_lists_are_deleted_where_that_is_wanted(site, stored):
    files = stored / "files"
    keep_version(files / "a/1.20261121T103000Z", b"an older version")
    kept = {"name": "b", "urls": [f"{site.url}/b/1"]}
    write_config(
        stored, [{"name": "a", "urls": [f"{site.url}/a/[2-4]"], "on_remove": "delete"}, kept]
    )
    with Daemon(stored / "crawler.yaml") as daemon:
        assert daemon.wait_for("files.removed", job="a")["files"] == 1
        daemon.stop()
    left = sorted(path.relative_to(files).as_posix() for path in files.rglob("[0-9]*"))
    assert left == ["a/2", "a/3", "a/4", "b/1", "b/2"]
    assert audit(stored, "--orphans") == ["5 files as the ledger has them", "0 files of no URL"]
    assert_clean(stored, urls=6)
    # A URL that comes back is fetched again.
    write_config(stored, jobs(site))
    crawl(stored)
    assert (files / "a/1").read_bytes() == b"content of /a/1"
    assert_clean(stored, urls=6)


@pytest.mark.parametrize("verb", ["forget", "on_remove"])
def test_a_strangers_file_with_the_name_of_a_version_stays_when_its_neighbour_goes(
    site, stored, verb
):
    stranger = stored / "files/a/1.20261121T103000Z"
    stranger.write_bytes(b"a snapshot that somebody made, an hour ago")
    keep_version(stored / "files/a/1.20261121T103000Z-2", b"an older version")
    job = {"name": "a", "urls": [f"{site.url}/a/[2-4]"]}
    write_config(
        stored, [job if verb == "forget" else {**job, "on_remove": "delete"}, jobs(site)[1]]
    )
    crawl(stored)
    if verb == "forget":
        assert forget(stored, "--files") == "1 URL is forgotten\n"
    left = sorted(path.name for path in (stored / "files/a").iterdir())
    assert left == ["1.20261121T103000Z", "2", "3", "4"]
    assert audit(stored, "--orphans")[0] == "orphan    a/1.20261121T103000Z"


def somebodys(files: Path) -> dict[str, bytes]:
    """Change two files, put a link and a folder in the place of two; return what is to stay."""
    (files / "a/1").write_bytes(b"content of /a/9")
    (files / "a/2").write_bytes(b"much longer than what was stored there")
    (files / "a/3").unlink()
    (files / "a/3").symlink_to("4")
    (files / "b/1").unlink()
    (files / "b/1").mkdir()
    (files / "b/1/notes").write_bytes(b"precious")
    return contents(files, "a/1", "a/2", "b/1/notes")


def contents(files: Path, *names: str) -> dict[str, bytes]:
    return {name: (files / name).read_bytes() for name in names}


def test_forget_keeps_and_prints_what_is_not_as_it_was_stored(site, stored):
    files = stored / "files"
    precious = somebodys(files)
    write_config(stored, [{"name": "c", "urls": [f"{site.url}/c"]}])
    crawl(stored)
    assert forget(stored, "--files").splitlines() == [
        *(f"kept      {name}" for name in ("a/1", "a/2", "a/3", "b/1")),
        "4 files kept: changed since, or somebody else's",
        "6 URLs are forgotten",
        "2 lists forgotten with them: nothing was left there",
    ]
    assert contents(files, *precious) == precious
    assert (files / "a/3").is_symlink()
    assert not (files / "a/4").exists()
    assert not (files / "b/2").exists()
    assert audit(stored, "--orphans")[:3] == [f"orphan    {name}" for name in precious]
    assert_clean(stored, urls=1)


def test_what_is_not_as_it_was_stored_is_not_deleted_with_its_url(site, stored):
    files = stored / "files"
    precious = somebodys(files)
    gone = [
        {"name": name, "urls": [f"{site.url}/{name}/{last}"], "on_remove": "delete"}
        for name, last in (("a", 4), ("b", 2))
    ]
    write_config(stored, gone)
    with Daemon(stored / "crawler.yaml", "--until-done") as daemon:
        assert daemon.wait() == 0
        told = {one["job"]: one for one in daemon.told("files.removed")}
    counts = {name: (one["files"], one["kept"], one["failed"]) for name, one in told.items()}
    assert counts == {"a": (0, 3, 0), "b": (0, 1, 0)}
    assert contents(files, *precious) == precious
    assert (files / "a/3").is_symlink()
    assert audit(stored, "--orphans")[0:3] == [f"orphan    {name}" for name in precious]
    with Daemon(stored / "crawler.yaml", "--until-done") as daemon:
        assert daemon.wait() == 0
        assert not daemon.told("files.removed"), "it is told once"
    assert_clean(stored, urls=6)


def test_a_link_in_the_place_of_a_file_is_no_file_and_fetched_again(site, stored):
    (stored / "files/a/1").unlink()
    (stored / "files/a/1").symlink_to("2")
    assert audit(stored, "--fix")[0] == f"missing   a/1  a  {site.url}/a/1"
    crawl(stored)
    assert (stored / "files/a/2").read_bytes() == b"content of /a/2"
    assert audit(stored) == ["6 files as the ledger has them"]
    assert not (stored / "files/a/1").is_symlink()


def test_a_list_that_is_held_deletes_nothing(site, stored):
    names = stored / "list.txt"
    names.write_text("".join(f"{site.url}/n/{number}\n" for number in range(40)))
    job = {"name": "n", "url_file": "list.txt", "on_remove": "delete"}
    write_config(stored, [job])
    crawl(stored)
    names.write_text("".join(f"{site.url}/n/{number}\n" for number in range(3)))
    with Daemon(stored / "crawler.yaml") as daemon:
        daemon.wait_for("list.shrunk", job="n")
        daemon.stop()
        assert not daemon.told("files.removed", job="n")
    assert len(list((stored / "files/n").iterdir())) == 40


def test_a_job_with_another_name_takes_its_urls_and_files_along(site, stored):
    """Those that its lists still name; and the old name can be used anew."""
    inode = (stored / "files/a/2").stat().st_ino
    renamed = {"name": "z", "renamed_from": "a", "urls": [f"{site.url}/a/[2-5]"]}
    write_config(stored, [renamed, jobs(site)[1]])
    with Daemon(stored / "crawler.yaml", "--until-done") as daemon:
        assert daemon.wait() == 0
        assert [one["url"] for one in daemon.told("visit")] == [f"{site.url}/a/5"]
    assert_clean(stored, urls=7)
    assert (stored / "files/a/2").stat().st_ino == inode
    assert audit(stored, "--job", "z") == ["4 files as the ledger has them"]
    assert audit(stored, "--rename", "--orphans")[1:] == ["3 files renamed", "0 files of no URL"]
    assert (stored / "files/z/2").stat().st_ino == inode
    crawl(stored)
    assert (stored / "files/z/2").stat().st_ino == inode
    write_config(stored, [{**renamed, "renamed_from": None}, *jobs(site)])
    crawl(stored)
    assert_clean(stored, urls=10)
    assert (stored / "files/a/2").read_bytes() == b"content of /a/2"
    assert (stored / "files/z/2").stat().st_ino == inode


def test_a_job_takes_along_what_stayed_behind_under_still_older_names(site, stored):
    inodes = [(stored / f"files/a/{number}").stat().st_ino for number in range(1, 5)]
    write_config(stored, [{"name": "m", "renamed_from": "a", "urls": [f"{site.url}/a/[1-2]"]}])
    crawl(stored)
    write_config(stored, [{"name": "z", "renamed_from": "m", "urls": [f"{site.url}/a/[1-4]"]}])
    crawl(stored)
    assert audit(stored, "--job", "z", "--rename")[-1] == "4 files renamed"
    there = [(stored / f"files/z/{number}").stat().st_ino for number in range(1, 5)]
    assert there == inodes
    # And back again.
    write_config(stored, [{"name": "a", "renamed_from": "z", "urls": [f"{site.url}/a/[1-4]"]}])
    crawl(stored)
    write_config(stored, [{"name": "m", "renamed_from": "a", "urls": [f"{site.url}/a/[1-4]"]}])
    crawl(stored)
    assert audit(stored, "--job", "m", "--rename")[-1] == "4 files renamed"
    assert [(stored / f"files/m/{number}").stat().st_ino for number in range(1, 5)] == inodes


def test_an_old_name_that_a_job_bears_again_is_another_job_with_its_own_urls(site, stored):
    renamed = {"name": "z", "renamed_from": "a", "urls": [f"{site.url}/a/[2-3]"]}
    write_config(stored, [renamed, jobs(site)[1]])
    crawl(stored)
    renamed.pop("renamed_from")
    write_config(stored, [renamed, *jobs(site)])
    crawl(stored)
    renamed["urls"] = [f"{site.url}/a/[2-4]"]  # a job's URLs are its own again
    write_config(stored, [renamed, *jobs(site)])
    crawl(stored)
    assert audit(stored, "--job", "a") == ["4 files as the ledger has them"]
    assert audit(stored, "--job", "z") == ["3 files as the ledger has them"]


def retired(folder: Path) -> list[str]:
    done = at_once(
        "export", "-c", "crawler.yaml", "--in-state", "retired", "--format", "list", cwd=folder
    )
    return sorted(done.stdout.split())


def test_what_stayed_behind_under_an_old_name_retires_once_that_name_has_no_line_of_it(
    site, stored
):
    renamed = {"name": "z", "renamed_from": "a", "urls": [f"{site.url}/a/[2-3]"]}
    write_config(stored, [renamed, jobs(site)[1]])
    crawl(stored)
    renamed.pop("renamed_from")
    again = {"name": "a", "urls": [f"{site.url}/a/[2-4]"]}
    write_config(stored, [renamed, again, jobs(site)[1]])
    crawl(stored)
    assert retired(stored) == [f"{site.url}/a/1"]
    again["urls"] = [f"{site.url}/a/[2-3]"]
    write_config(stored, [renamed, again, jobs(site)[1]])
    crawl(stored)
    assert retired(stored) == [f"{site.url}/a/{number}" for number in (1, 4)]
    assert_clean(stored, urls=8)
    again["urls"] = [f"{site.url}/a/[1-4]"]
    write_config(stored, [renamed, again, jobs(site)[1]])
    crawl(stored)
    assert retired(stored) == []


def test_a_name_that_is_still_in_use_is_no_old_one(site, stored):
    write_config(stored, [{**jobs(site)[0], "renamed_from": "b"}, jobs(site)[1]])
    done = at_once("check", "-c", "crawler.yaml", cwd=stored)
    assert done.returncode == 2
    assert "jobs[0].renamed_from: 'b' is a job of this file" in done.stderr
