"""Copies of lists: asked for only if they have changed, and swept when no job wants them."""

import json
import time

import pytest

from crawler import sources
from crawler.sources.cache import UNUSED_S
from tests.parts.sources.readings import lines, unchanged, urls

MODIFIED = "Tue, 01 Jul 2025 00:00:00 GMT"


@pytest.mark.parametrize("validator", [("ETag", 'W/"1"'), ("Last-Modified", MODIFIED)])
def test_a_list_at_a_url_is_asked_for_only_if_it_has_changed(validator, web, site, shelf):
    shelf.files["list"] = b"http://h/1\n"
    shelf.fields = [validator]
    source = web(url_file=f"{site.url}/list")
    assert source.name == f"url_file:{site.url}/list"
    assert source.version() == ""
    assert urls(source) == ["http://h/1"]
    mark = source.version_read
    again = web(url_file=f"{site.url}/list")
    assert unchanged(again, mark)
    assert urls(again) == ["http://h/1"]  # the ledger does not know it, but the copy is there
    asked = [{"IF_NONE_MATCH", "IF_MODIFIED_SINCE"} & set(seen.headers) for seen in site.requests]
    name = "IF_NONE_MATCH" if validator[0] == "ETag" else "IF_MODIFIED_SINCE"
    assert asked == [set(), {name}, {name}]
    shelf.files["list"], shelf.fields = b"http://h/2\n", [(validator[0], '"2"')]
    assert urls(again, mark) == ["http://h/2"]
    assert again.version_read not in {"", mark}


def test_a_list_without_validators_is_unchanged_if_its_content_is(web, site, shelf, tmp_path):
    shelf.files["list"] = b"http://h/1\n" * 300_000  # too big for memory
    source = web(url_file=f"{site.url}/list")
    assert len(urls(source)) == 300_000
    assert unchanged(source, source.version_read)
    assert len(list((tmp_path / "copies").iterdir())) == 2


def test_a_copy_that_was_tampered_with_is_fetched_again(web, site, shelf, tmp_path):
    shelf.files["list"], shelf.fields = b"http://h/1\n", [("ETag", '"1"')]
    source = web(url_file=f"{site.url}/list")
    assert urls(source) == ["http://h/1"]
    for spoil in ("truncate", "unlink", "garbage"):
        for copy in (tmp_path / "copies").iterdir():
            if copy.suffix == ".list" and spoil != "garbage":
                copy.unlink() if spoil == "unlink" else copy.write_bytes(b"")
            if copy.suffix == ".json" and spoil == "garbage":
                copy.write_bytes(b"{")
        assert urls(source) == ["http://h/1"]


def test_copies_that_nobody_asks_for_are_swept(web, site, shelf, tmp_path):
    shelf.files["list"] = b"http://h/1\n"
    source = web(url_file=f"{site.url}/list")
    lines(source)
    folder, now = tmp_path / "copies", time.time()
    assert sources.sweep(folder, now + 86_401) == 0
    assert sources.sweep(folder, now + UNUSED_S + 10) == 2
    left = folder / "x.1.part"
    left.touch()
    assert sources.sweep(folder, now) == 0
    assert sources.sweep(folder, now + 90_000) == 1
    assert sources.sweep(tmp_path / "none", now) == 0


def test_a_note_beside_a_copy_holds_its_validators(web, site, shelf, tmp_path):
    shelf.files["list"], shelf.fields = b"http://h/1\n", [("ETag", '"1"')]
    lines(web(url_file=f"{site.url}/list"))
    (note,) = (tmp_path / "copies").glob("*.json")
    assert json.loads(note.read_text())["etag"] == '"1"'
