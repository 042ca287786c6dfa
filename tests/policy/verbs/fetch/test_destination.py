"""Where bodies go, by what was typed and by what is there."""

import os
from pathlib import Path

import pytest

from crawler.errors import CrawlerError, UsageError
from crawler.verbs.fetch.destination import Present, destination_of, is_single


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    (tmp_path / "file").touch()
    return tmp_path


def of(*, one=True, **given):
    return destination_of(given, is_single=one)


def test_a_name_is_a_file_for_one_url():
    assert of(output="a/b.txt")[:3] == (Path("a"), "b.txt", Present.REFUSE)
    assert of(output="{x}.txt").template == "{{x}}.txt"


@pytest.mark.parametrize(
    ("output", "one"), [("there", True), ("new/", True), ("new", False), ("there", False)]
)
def test_a_name_is_a_folder_where_one_is_or_is_meant(output, one):
    assert of(one=one, output=output)[:3] == (Path(output), None, Present.REPLACE)


def test_files_may_be_named_by_their_urls_in_one_folder():
    assert of(remote_name=True) == (Path(), "{name}.{ext}", Present.REFUSE, None, None)
    assert of(remote_name=True, directory_prefix=Path("p"), force=True)[:3] == (
        Path("p"), "{name}.{ext}", Present.REPLACE,
    )  # fmt: skip
    assert of(output="x", directory_prefix=Path("p"))[:2] == (Path("p"), "x")


def test_files_may_be_named_by_the_server_in_one_folder():
    assert of(server_name=True)[:3] == (Path(), "{filename}", Present.REPLACE)
    assert of(server_name=True, remote_name=True)[:3] == (Path(), "{filename}", Present.REPLACE)
    assert of(server_name=True, output="new/")[:2] == (Path("new/"), "{filename}")
    for given in ({"output": "x"}, {"timestamping": True}, {"no_clobber": True}):
        with pytest.raises(UsageError):
            of(server_name=True, **given)
    with pytest.raises(UsageError, match="-N and -nc"):
        of(path="{date}/{name}", timestamping=True)


def test_a_file_that_is_there_is_not_overwritten():
    with pytest.raises(CrawlerError, match="file is there already: --force overwrites it") as error:
        of(output="file")
    assert error.value.exit_code == 1
    assert of(output="file", force=True).present is Present.REPLACE
    assert of(output="file", no_clobber=True).present is Present.SKIP
    assert of(output="file", timestamping=True).present is Present.ASK


@pytest.mark.parametrize("how", ["careful", "force", "timestamping", "go_on"])
def test_a_pipe_a_device_or_a_link_is_never_replaced_by_a_file(folder, how):
    (folder / ".crawler-fetch").touch()
    os.mkfifo(folder / "pipe")
    (folder / "to_device").symlink_to("/dev/null")
    for name in ("pipe", "to_device", "/dev/null"):
        with pytest.raises(CrawlerError, match="is a device, a pipe or a socket, and stays"):
            of(output=name, **{how: True})
    (folder / "to_nothing").symlink_to("nowhere")
    (folder / "to_file").symlink_to("file")
    for name in ("to_nothing", "to_file"):
        with pytest.raises(CrawlerError, match=r"is a link, and stays|is there already"):
            of(output=name, **{how: True})
    assert of(output="to_file", no_clobber=True).present is Present.SKIP


def test_a_run_that_is_gone_on_with_has_its_ledger_beside_the_files(folder):
    assert of(go_on=True, output="there").archive == Path("there/.crawler-fetch")
    (folder / ".crawler-fetch").touch()
    assert of(go_on=True, output="file").present is Present.REPLACE


@pytest.mark.parametrize(
    "given",
    [
        {"output": "new", "path": "{name}"}, {"output": "con.txt"}, {"output": "x" * 200},
        {"output": "file", "one": False},
    ],
)  # fmt: skip
def test_a_name_that_no_file_can_have_is_refused(given):
    with pytest.raises(UsageError, match="-o "):
        of(**given)


def test_bodies_that_are_printed_have_no_folder():
    assert of(output="-").prints
    assert of(output="-", one=False).folder is None


@pytest.mark.parametrize(
    ("urls", "single"),
    [(["http://h/a"], True), (["http://h/{a}"], True), (["http://h/{a,b}"], False),
     (["http://h/", "http://h/"], False), (["http://h/{"], True)],
)  # fmt: skip
def test_one_url_is_one_without_globs_that_make_it_several(urls, single):
    assert is_single(urls, None) is single
    assert not is_single(urls, Path("list"))
