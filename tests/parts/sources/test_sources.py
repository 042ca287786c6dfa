"""Where a job's URLs come from: real files, real servers and real programs, sound and hostile."""

import gzip
import json
import os
import re
import resource
import signal
import sys
import time
from contextlib import closing, suppress
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import gevent
import psutil
import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from crawler import sources
from crawler.config import Auth, Job, Timeout
from crawler.fetch.fetcher import Fetcher
from crawler.model import Kind, Trouble
from crawler.policy import globbing
from crawler.seeder.chunks import Chunker
from crawler.sources import SourceError, Unchanged
from crawler.sources.cache import UNUSED_S
from crawler.sources.formats import MAX_LINE_BYTES
from crawler.sources.reading import BLOCK_LINES, cut, pieces
from crawler.sources.sitemap_files import MAX_BYTES
from crawler.store import Files
from tests.servers import RudeSite, Site, endless, sends, status

GAP = 0.1
"""Longest time that reading may keep the other greenlets from running."""


def job(**options):
    plain = {"urls": (), "url_file": None, "path": "{host}/{url_path}", "headers": {}}
    return SimpleNamespace(**(plain | options))


def unfetched(*_):
    raise AssertionError("nothing is to be fetched")


@pytest.fixture
def one(tmp_path):
    """Return the one source of a job that fetches nothing."""

    def one(**options):
        (source,) = sources.of(job(**options), tmp_path / "copies", unfetched)
        return source

    return one


@pytest.fixture
def web(tmp_path):
    """Return the one source of a job whose lists are fetched for real."""
    folder = tmp_path / "copies"
    with (
        Files(folder, durable=False) as files,
        Fetcher(user_agent=lambda _: "test/1", files=files, concurrency=4) as fetcher,
    ):

        def web(**options):
            plain = {"name": "j", "delay": 0, "allow_addresses": ("127.0.0.0/8",)}
            lists = {name: options.pop(name) for name in ("url_file", "sitemap") if name in options}
            fields = {"timeout": Timeout(connect="2s", read="2s", total="4s"), "max_size": 10**8}
            real = Job(**{**plain, **fields, "urls": ("http://unused.example/",), **options})
            real = real.model_copy(update={"urls": ()})
            listed = job(**lists, path=real.path, headers=real.headers)
            view = _View(real, lists)
            (source,) = sources.of(listed, folder, sources.downloader(fetcher, view))
            return source

        yield web


class _View:
    """A job with the lists that its class is yet to know of."""

    def __init__(self, real, lists):
        self._real, self._lists = real, lists

    def __getattr__(self, name):
        if name in {"url_file", "sitemap"}:
            return self._lists.get(name)
        return getattr(self._real, name)


def lines(source, known=""):
    with closing(source.read(known)) as blocks:
        return [line for block in blocks for line in block]


def told(source, known=""):
    """Read to the end or the error; return the URLs, the bad lines and why, the error."""
    good, bad, number = [], [], 0
    try:
        with closing(source.read(known)) as blocks:
            for block in blocks:
                for line in block:
                    number += 1
                    try:
                        good += [(url, dict(bound)) for url, bound in source.parse(line)]
                    except ValueError as error:
                        bad.append((number, str(error)))
    except SourceError as error:
        return good, bad, str(error)
    return good, bad, None


def urls(source, known=""):
    good, bad, error = told(source, known)
    assert (bad, error) == ([], None)
    return [url for url, _ in good]


def unchanged(source, known):
    with pytest.raises(Unchanged):
        lines(source, known)
    return True


class Ticker:
    """Measures the longest time that other greenlets were kept from running.

    What our threads waited for a processor does not count: that is the fault of other programs.
    """

    def __init__(self):
        self.start()

    def start(self):
        """Forget what was, such as how long the test itself has prepared."""
        self.longest, self._last, self._waits = 0.0, time.monotonic(), waits()

    def run(self):
        while True:
            gevent.sleep(0.005)
            now, before = waits(), self._waits
            waited = sum(ns - before.get(thread, 0) for thread, ns in now.items()) / 1e9
            self.longest = max(self.longest, time.monotonic() - self._last - waited)
            self._last, self._waits = time.monotonic(), now


def waits():
    """Return for how long each thread of this process was ready to run, and did not."""
    found = {}
    for file in Path("/proc/self/task").glob("*/schedstat"):
        with suppress(OSError):  # the thread has ended meanwhile
            found[file] = int(file.read_text().split()[1])
    return found


@pytest.fixture
def ticker():
    ticker = Ticker()
    greenlet = gevent.spawn(ticker.run)
    yield ticker
    greenlet.kill()


# patterns


def test_patterns_are_one_source_whose_lines_hold_what_the_job_uses(one):
    source = one(
        urls=("http://h/{cc=cn,in}/[1-2]", "http://h/x{cc=us}"),
        path="{cc}/{name}",
        headers={"X-Number": "{2}", "X-Json": '{"a": 1}'},
    )
    assert source.name == "urls"
    good, bad, error = told(source)
    assert (bad, error) == ([], None)
    assert good == [
        ("http://h/cn/1", {"cc": "cn"}),
        ("http://h/cn/2", {"cc": "cn"}),
        ("http://h/in/1", {"cc": "in"}),
        ("http://h/in/2", {"cc": "in"}),
        ("http://h/xus", {"cc": "us"}),
    ]
    assert [source.where(number) for number in (1, 4, 5)] == ["urls[0]", "urls[0]", "urls[1]"]


PIECES = st.lists(
    st.one_of(
        st.text(st.characters(exclude_characters="{}[],\\=-:"), max_size=4),
        st.sampled_from(["[1-3]", "[08-11:2]", "[a-c]", "{n=x,y}", "{a\\,b,\t}", "{\n,%s,}", "%d"]),
        st.sampled_from(["\\[", "\\\\", "\t", "\n", "\ud800", "{n}"]),
    ),
    max_size=6,
)


@seed(4)
@settings(deadline=None)
@given(PIECES)
def test_a_line_of_a_pattern_gives_back_what_it_was_made_of(tmp_path_factory, pieces):
    text = "http://h/" + "".join(pieces)
    try:
        pattern = globbing.parse(text)
    except ValueError:
        return
    path = "".join(f"{{{name}}}" for name in sorted(pattern.names)) or "x"
    (source,) = sources.of(job(urls=(text,), path=path), Path("/nowhere"), unfetched)
    assert not [line for line in lines(source) if b"\n" in line]
    assert told(source)[0] == [(url, bound) for url, bound in pattern]


def test_the_mark_of_patterns_is_their_text_and_what_is_made_of_them(one):
    patterns = ("http://h/{cc=a,b}",)
    source = one(urls=patterns, path="{cc}")
    assert urls(source) == ["http://h/a", "http://h/b"]
    assert source.version_read == source.version() != ""
    assert unchanged(source, source.version())
    others = [one(urls=patterns), one(urls=("http://h/{cc=a,c}",), path="{cc}")]
    others.append(one(urls=patterns, path="x/{cc}"))
    assert source.version() not in {other.version() for other in others}


def test_a_pattern_that_binds_less_than_path_uses_is_an_error(one):
    error = told(one(urls=("http://h/{a}",), path="{cc}"))[2]
    assert error == "urls[0]: binds no {cc}, which path uses"


# files


def write(tmp_path, name, content):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


PLAIN = (
    b"\xef\xbb\xbfhttp://h/1\r\n# M\xfcnchen\n\n  http://h/2\t\n\x0b\nhttp://h/\xc3\xa9\nhttp://h/4"
)


@pytest.mark.parametrize("packed", [False, True])
def test_a_plain_list_has_comments_blanks_a_byte_order_mark_and_any_line_end(packed, one, tmp_path):
    content = gzip.compress(PLAIN[:30]) + gzip.compress(PLAIN[30:]) + bytes(512)
    file = write(tmp_path, "list", content if packed else PLAIN)
    source = one(url_file=file)
    assert source.name == f"url_file:{file}"
    assert urls(source) == ["http://h/1", "http://h/2", "http://h/é", "http://h/4"]
    assert source.where(7) == f"{file}:7"
    assert source.version() == source.version_read != ""


def test_bad_lines_have_their_number_and_reason_and_stop_nothing(one, tmp_path):
    file = write(
        tmp_path, "list", b"http://h/1\nhttp://h/\xff\n" + b"x" * 10**7 + b"\nhttp://h/4\n"
    )
    assert told(one(url_file=file)) == (
        [("http://h/1", {}), ("http://h/4", {})],
        [(2, "it is not UTF-8"), (3, f"it is longer than {MAX_LINE_BYTES} bytes")],
        None,
    )


@seed(4)
@given(st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"a", b"bc", b"", None]), max_size=30))
def test_lines_are_the_same_however_they_come(parts):
    whole = b"".join(filter(None, parts))
    expected = [line.removesuffix(b"\r") for line in whole.split(b"\n")]
    found = [line for block in cut(iter(parts)) for line in block or ()]
    assert found == (expected[:-1] if whole.endswith(b"\n") or not whole else expected)


@seed(4)
@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(1, 40), st.integers(0, 8))
def test_gzip_is_unpacked_however_it_comes_and_never_passes_torn(content, size, lost):
    packed = gzip.compress(content[:100]) + gzip.compress(content[100:])
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    found, source = b"", pieces(reader)
    with closing(os.fdopen(reader)):
        try:
            for start in range(0, len(packed) - lost, size):
                os.write(writer, packed[start : min(start + size, len(packed) - lost)])
                while (piece := next(source)) is not None:
                    found += piece
        finally:
            os.close(writer)
            gevent.sleep(0.001)  # gevent closes what is no file a little later
        if lost:
            with pytest.raises(EOFError):
                list(source)
        else:
            assert found + b"".join(filter(None, source)) == content


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("extra", [-1, 0, 1, 2, 3, 300_000])
def test_a_line_is_too_long_by_its_own_length_alone(end, extra, one, tmp_path):
    for before in (0, 262_144 - MAX_LINE_BYTES, 262_143, 262_142 - MAX_LINE_BYTES - extra):
        head = b"#" * before + b"\n"
        line = b"http://h/" + b"\r" * (MAX_LINE_BYTES + extra - 9)
        source = one(url_file=write(tmp_path, "list", head + line[:-1] + b"x" + end))
        good, bad, error = told(source)
        assert len(good) == (extra <= 0)
        assert [number for number, _ in bad] == [2] * (extra > 0)
        assert error is None
        assert max(map(len, lines(source))) <= MAX_LINE_BYTES + 1


@pytest.mark.parametrize("cut", [1, 5, 12, 20])
def test_a_torn_gzip_gives_its_lines_and_then_an_error(cut, one, tmp_path):
    packed = gzip.compress(b"".join(b"http://h/%d\n" % number for number in range(50_000)))
    source = one(url_file=write(tmp_path, "torn.gz", packed[:-cut]))
    good, bad, error = told(source)
    assert len(good) > 40_000
    assert not bad or bad[0][0] == len(good) + 1
    assert error == (
        f"url_file:{tmp_path}/torn.gz: it is not whole: its gzip ends before its own end mark"
    )
    assert source.version_read == ""


def test_a_broken_gzip_is_an_error(one, tmp_path):
    packed = gzip.compress(b"http://h/1\n" * 1000)
    for content in (packed[:-8] + bytes(8), packed + b"junk", b"\x1f\x8b" + b"junk" * 9):
        source = one(url_file=write(tmp_path, "list", content))
        assert told(source)[2].startswith(f"url_file:{tmp_path}/list: its gzip is broken: ")


def test_a_file_that_is_not_there_or_a_folder_is_an_error_when_it_is_read(one, tmp_path):
    gone = one(url_file=tmp_path / "gone")
    assert gone.version() == ""
    assert told(gone)[2] == f"url_file:{tmp_path}/gone: cannot be read: No such file or directory"
    assert told(one(url_file=tmp_path))[2] == f"url_file:{tmp_path}: cannot be read: it is a folder"


def test_an_unchanged_file_is_not_read_again_and_any_change_shows(one, tmp_path):
    file = write(tmp_path, "list", "http://h/1\n")
    source = one(url_file=file)
    versions = set()
    for content in ("http://h/2\n", "http://h/3\n", "http://h/4\n"):  # within one tick of the clock
        file.write_text(content)
        assert urls(source) == [content.strip()]
        assert unchanged(source, source.version_read)
        versions.add(source.version())
    copy = write(tmp_path, "copy", "http://h/5\n")
    os.utime(copy, ns=(0, file.stat().st_mtime_ns))
    copy.rename(file)
    versions.add(source.version())
    assert len(versions) == 4
    assert one(url_file=file, path="{name}").version() == source.version()


def test_another_template_makes_another_mark_of_a_list_with_columns(one, tmp_path):
    file = write(tmp_path, "list.csv", "url,cc\nhttp://h/1,cn\n")
    versions = {
        one(url_file=file, path=path, headers=headers).version()
        for path, headers in [("{cc}", {}), ("x/{cc}", {}), ("x", {}), ("x", {"A": "{cc}"})]
    }
    assert len(versions) == 4


def test_a_file_that_is_written_while_it_is_read_is_never_taken_for_whole(one, tmp_path):
    file = write(tmp_path, "list", "http://h/1\n" * 100_000)
    source = one(url_file=file)
    with closing(source.read("")) as blocks:
        next(blocks)
        with file.open("a") as grown:
            grown.write("http://h/2\n")
        with pytest.raises(SourceError, match="changed while it was read; write it elsewhere"):
            list(blocks)
    assert source.version_read == ""


def test_a_file_that_is_replaced_while_it_is_read_is_read_as_it_was(one, tmp_path):
    file = write(tmp_path, "list", "http://h/1\n" * 100_000)
    source = one(url_file=file)
    with closing(source.read("")) as blocks:
        next(blocks)
        write(tmp_path, "new", "http://h/2\n").rename(file)
        assert sum(map(len, blocks)) == 100_000 - BLOCK_LINES
    assert source.version_read != source.version()


def test_a_pattern_of_paths_is_a_source_for_every_file_in_order(tmp_path):
    for name in ("b.txt", "a.txt", "c.csv", "[x].txt"):
        write(tmp_path, name, f"http://h/{name}\n")
    (tmp_path / "folder.txt").mkdir()
    found = sources.of(job(url_file=tmp_path / "*.txt"), tmp_path, unfetched)
    names = [source.name for source in found]
    assert names == [f"url_file:{tmp_path}/{name}" for name in ("[x].txt", "a.txt", "b.txt")]
    (itself,) = sources.of(job(url_file=tmp_path / "[x].txt"), tmp_path, unfetched)
    assert urls(itself) == ["http://h/[x].txt"]


def test_a_pattern_of_paths_that_matches_nothing_is_an_error_that_names_it(one, tmp_path):
    source = one(url_file=tmp_path / "*.lst")
    assert told(source) == (
        [], [], f"url_file:{tmp_path}/*.lst: no file matches this pattern",
    )  # fmt: skip


def test_a_pipe_is_read_as_it_fills_and_blocks_no_thread(one, tmp_path, ticker):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    source = one(url_file=fifo)
    reading = gevent.spawn(urls, source)
    gevent.sleep(0.05)
    writer = os.open(fifo, os.O_WRONLY)
    for piece in (b"http:", b"//h/1\nhttp://h/2\r", b"\nhttp://h/3"):
        os.write(writer, piece)
        gevent.sleep(0.02)
    os.close(writer)
    assert reading.get(timeout=5) == ["http://h/1", "http://h/2", "http://h/3"]
    assert source.version() == source.version_read == ""
    assert ticker.longest < GAP


def test_a_greenlet_that_waits_for_a_pipe_can_be_killed(one, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    before = set(Path("/proc/self/fd").iterdir())
    reading = gevent.spawn(urls, one(url_file=fifo))
    gevent.sleep(0.05)
    reading.kill(timeout=1)
    assert reading.dead
    assert set(Path("/proc/self/fd").iterdir()) <= before


# columns


CSV = (
    b'\xef\xbb\xbfurl, cc ,n\r\n"http://h/1?a=1,2",cn,"say ""hi"""\r\n\r\n'
    b"http://h/2,in,\r\nurl, cc ,n\r\n"
)


def test_a_csv_list_binds_the_columns_that_path_and_headers_use(one, tmp_path):
    file = write(tmp_path, "list.CSV.gz", gzip.compress(CSV))
    source = one(url_file=file, path="{cc}/{name}", headers={"X": "{n}{m}"})
    assert told(source) == (
        [
            ("http://h/1?a=1,2", {"cc": "cn", "n": 'say "hi"'}),
            ("http://h/2", {"cc": "in", "n": ""}),
        ],
        [],
        None,
    )


def test_bad_records_of_a_csv_list_are_told_with_their_line(one, tmp_path):
    rows = [
        "url,cc,token", "http://h/2,cn", 'http://h/3,"cn,t', "http://h/4,,t", "http://h/5,cn,\x07",
        'http://h/6,"c"n,t', "http://h/7,cn,日", "http://h/8,cn,t", ",,", "\udcff,cn,t",
        "x" * MAX_LINE_BYTES + "x,cn,t",
    ]  # fmt: skip
    file = write(tmp_path, "list.csv", "\n".join(rows).encode("utf-8", "surrogateescape"))
    good, bad, error = told(one(url_file=file, path="{cc}", headers={"X": "{token}"}))
    assert (good, error) == ([("http://h/8", {"cc": "cn", "token": "t"})], None)
    assert bad == [
        (2, "it has 2 columns, the first line 3"),
        (3, "a quote is not closed; a record is on one line"),
        (4, "its cc is empty"),
        (5, "its token cannot stand in a header"),
        (6, "it is not CSV: ',' expected after '\"'"),
        (7, "its token cannot stand in a header"),
        (9, "its cc is empty"),
        (10, "it is not UTF-8"),
        (11, f"it is longer than {MAX_LINE_BYTES} bytes"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "its first line must name a column cc, url, it is: empty"),
        ("http://h/1\n", "its first line must name a column cc, url, it is: http://h/1"),
        ("url;cc\n", "its first line must name a column cc, url, it is: url;cc"),
        ("url,name\n", "its first line must name a column cc, it is: url, name"),
        ("url,cc,cc\n", "its first line names cc twice"),
        ('url,"cc\n', "a quote is not closed; a record is on one line"),
        (b"url,\xff\n", "it is not UTF-8"),
    ],
)
def test_a_csv_list_without_the_columns_it_needs_is_an_error(content, reason, one, tmp_path):
    file = write(tmp_path, "list.csv", content)
    assert told(one(url_file=file, path="{cc}")) == ([], [], f"url_file:{file}: {reason}")


def test_another_header_makes_another_salt(one, tmp_path):
    salts = set()
    for header in ("url,cc", "cc,url", "url,cc,x"):
        source = one(url_file=write(tmp_path, "list.csv", header + "\n"), path="{cc}")
        lines(source)
        salts.add(source.salt)
    assert len(salts) == 3


@pytest.mark.parametrize("name", ["list.jsonl", "list.ndjson", "list.JSONL.gz"])
def test_a_json_lines_list_binds_the_members_that_are_used(name, one, tmp_path):
    rows = [
        '{"url": "http://h/1", "cc": "cn", "n": 1.50, "more": [1]}', "",
        '{"url": "http://h/2", "cc": 7}',
    ]  # fmt: skip
    content = "\n".join(rows).encode()
    file = write(tmp_path, name, gzip.compress(content) if name.endswith("gz") else content)
    source = one(url_file=file, path="{cc}/{name}", headers={"X": "{n}"})
    assert told(source) == (
        [("http://h/1", {"cc": "cn", "n": "1.50"}), ("http://h/2", {"cc": "7"})], [], None,
    )  # fmt: skip


def test_bad_json_lines_are_told_with_their_line(one, tmp_path):
    rows = [
        '{"url": "http://h/1"}', '["http://h/2"]', "http://h/3", '{"url": null, "cc": "x"}',
        '{"url": "http://h/5", "cc": {}}', '{"cc": "x"}', "[" * 60_000, '{"url": "http://h/8", "cc',
        '{"url": "http://h/9", "cc": "x"}', '{"url": "http://h/10", "cc": ""}',
        '{"url": "http://h/11", "cc": "x", "token": "a\\r\\nb: c"}', "\udcff",
        '{"url": 1e9999, "cc": ' + "9" * 50_000 + "}",
    ]  # fmt: skip
    file = write(tmp_path, "list.jsonl", "\n".join(rows).encode("utf-8", "surrogateescape"))
    good, bad, error = told(one(url_file=file, path="{cc}", headers={"X": "{token}"}))
    assert error is None
    assert [url for url, _ in good] == ["http://h/9", "1e9999"]
    assert bad == [
        (1, "it has no cc"),
        (2, 'it is no object, as in {"url": "https://example.org/"}'),
        (3, "it is not JSON: Expecting value at column 1"),
        (4, "its url is neither text nor a number"),
        (5, "its cc is neither text nor a number"),
        (6, "it has no url"),
        (7, "it is nested too deep"),
        (8, "it is not JSON: Unterminated string at column 23"),
        (10, "its cc is empty"),
        (11, "its token cannot stand in a header"),
        (12, "it is not UTF-8"),
    ]


@pytest.mark.parametrize("name", ["list", "list.jsonl"])
@pytest.mark.parametrize("page", ["<!DOCTYPE html>", "\ufeff\t<html>", "<?xml version='1.0'?>"])
def test_a_web_page_is_no_list_that_has_lost_its_urls(name, page, one, tmp_path):
    error = told(one(url_file=write(tmp_path, name, f"{page}\nhttp://h/1\n")))[2]
    assert "it is a web page or XML, and no list" in error


def test_what_a_pattern_binds_cannot_end_a_header(one):
    source = one(urls=("http://h/{t=a,\n,日}",), headers={"X": "{t}"})
    good, bad, _ = told(source)
    assert good == [("http://h/a", {"t": "a"})]
    assert bad == [(number, "its t cannot stand in a header") for number in (2, 3)]


def test_a_plain_list_of_a_job_whose_path_needs_columns_is_an_error(one, tmp_path):
    error = told(one(url_file=write(tmp_path, "list", "http://h/1\n"), path="{cc}"))[2]
    assert "plain lines bind no {cc}, which path uses" in error


# lists at a URL


class Shelf:
    """A server's files with their validators."""

    def __init__(self, **files):
        self.files = files
        self.fields = []
        self.seen = []

    def __call__(self, path):
        name = path.lstrip("/")
        if name not in self.files:
            return status("404 Not Found")
        content = self.files[name]
        return "200 OK", [("Content-Length", str(len(content))), *self.fields], [content]


def conditional(site, shelf):
    """Answer 304 where the validators of a request are those of the file."""

    def route(path):
        answer = shelf(path)
        asked = site.requests[-1].headers
        sent = dict(shelf.fields)
        pairs = (("IF_NONE_MATCH", "ETag"), ("IF_MODIFIED_SINCE", "Last-Modified"))
        if any(asked.get(ask) == sent.get(told, "") for ask, told in pairs if ask in asked):
            return status("304 Not Modified")
        return answer

    return route


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def site(shelf):
    with Site(shelf) as site:
        site.route = conditional(site, shelf)
        yield site


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


@pytest.mark.parametrize("name", ["list.csv", "list.csv.gz", "list.csv?x=1", "export"])
def test_the_format_of_a_list_at_a_url_is_told_by_its_name_or_its_type(name, web, site, shelf):
    content = b"url,cc\nhttp://h/1,cn\n"
    shelf.files["list.csv"] = shelf.files["export"] = content
    shelf.files["list.csv.gz"] = gzip.compress(content)
    shelf.fields = [("Content-Type", "Text/CSV; charset=utf-8")] if name == "export" else []
    source = web(url_file=f"{site.url}/{name}", path="{cc}")
    assert told(source)[0] == [("http://h/1", {"cc": "cn"})]


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


def test_a_list_that_cannot_be_had_is_an_error_that_says_why(web, site, unused_port):
    assert told(web(url_file=f"{site.url}/gone"))[2] == (
        f"url_file:{site.url}/gone: cannot be fetched: HTTP status 404"
    )
    dead = f"http://127.0.0.1:{unused_port}/list"
    assert told(web(url_file=dead))[2] == f"url_file:{dead}: cannot be fetched: Connection refused"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhttp://h/1\n", "cannot be fetched: "),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", "cannot be fetched: HTTP status 304"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "cannot be fetched: HTTP status 204"),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "more than 10 redir"),
        (b"HTTP/1.1 302 Found\r\nLocation: ftp://h/\r\nContent-Length: 0\r\n\r\n", "bad Location"),
        (b"HTTP/1.1 302 Found\r\nLocation: /\xff\r\nContent-Length: 0\r\n\r\n", "bad Location"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", "999999999 bytes declared"),
    ],
)
def test_a_server_that_misbehaves_costs_the_list_and_leaves_nothing(answer, reason, web, tmp_path):
    with RudeSite(sends(answer)) as rude:
        good, bad, error = told(web(url_file=f"{rude.url}/list"))
    assert (good, bad) == ([], [])
    assert reason in error
    assert not list((tmp_path / "copies").iterdir())


def test_a_list_whose_end_cannot_be_told_is_read_but_not_taken_for_whole(web):
    with RudeSite(sends(b"HTTP/1.1 200 OK\r\n\r\nhttp://h/1\nhttp://h/2\n")) as rude:
        good, _, error = told(web(url_file=f"{rude.url}/list"))
    assert len(good) == 2
    assert "its server does not say where it ends" in error


def test_an_endless_list_ends_at_max_size(web, tmp_path):
    head = b'HTTP/1.1 200 OK\r\nETag: "1"\r\n\r\n'
    with RudeSite(endless(head, b"http://h/\n" * 1000)) as rude:
        error = told(web(url_file=f"{rude.url}/list", max_size=3_000_000))[2]
    assert "more than 3000000 bytes" in error
    assert not list((tmp_path / "copies").iterdir())


def test_a_greenlet_that_is_killed_while_a_list_comes_leaves_nothing(web, tmp_path):
    head = b'HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\nETag: "1"\r\n\r\n'
    with RudeSite(endless(head, bytes(65536))) as rude:
        reading = gevent.spawn(lines, web(url_file=f"{rude.url}/list"))
        with gevent.Timeout(5):
            while not list((tmp_path / "copies").iterdir()):
                gevent.sleep(0.005)
        reading.kill()
    assert not list((tmp_path / "copies").iterdir())


def test_redirects_are_followed_and_only_listed_origins_see_what_is_secret(web, shelf):
    secrets = {"auth": Auth(bearer="t"), "headers": {"X-Key": "k"}}
    shelf.files["list"], shelf.fields = b"http://h/1\n", [("ETag", '"1"')]
    with Site(shelf) as other:
        moved = status("302 Found", ("Location", f"{other.url}/list"))
        with Site(
            lambda path: moved if path == "/a" else status("301 x", ("Location", "/a"))
        ) as site:
            source = web(url_file=f"{site.url}/list", method="POST", body="x", **secrets)
            assert urls(source) == ["http://h/1"]
            assert urls(source) == ["http://h/1"]
        assert site.paths() == ["/list", "/a"] * 2
        assert {seen.headers["AUTHORIZATION"] for seen in site.requests} == {"Bearer t"}
        assert not {"AUTHORIZATION", "X_KEY"} & set(other.requests[0].headers)
        assert other.requests[1].headers["IF_NONE_MATCH"] == '"1"'


def test_the_delay_of_the_job_lies_between_two_requests_to_a_host(web, site, shelf):
    for name in ("one", "two"):
        shelf.files[name] = b"http://h/\n"
    shelf.files["index"] = index(f"{site.url}/one", f"{site.url}/two")
    assert len(urls(web(sitemap=f"{site.url}/index", delay="150ms"))) == 2
    times = [seen.at for seen in site.requests]
    assert min(later - sooner for sooner, later in pairwise(times)) > 0.145


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


# sitemaps


def sitemap(*locations, root="urlset", entry="url"):
    entries = "".join(f"<{entry}><loc>{location}</loc></{entry}>" for location in locations)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    space = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    return f"{head}<{root} {space}>{entries}</{root}>".encode()


def index(*locations):
    return sitemap(*locations, root="sitemapindex", entry="sitemap")


ODD = b"""<?xml version='1.0' encoding='ISO-8859-1'?>
<sm:urlset xmlns:sm='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:image='x'>
 <sm:url><sm:loc>
   http://h/1?a=1&amp;b=\xe9
 </sm:loc><image:image><image:loc>http://h/no</image:loc></image:image></sm:url>
 <sm:url><image:loc>http://h/no</image:loc><sm:loc><![CDATA[http://h/2?a&b]]></sm:loc></sm:url>
 <sm:loc>http://h/no</sm:loc><sm:url><sm:x><sm:loc>http://h/no</sm:loc></sm:x></sm:url>
 <!-- <sm:url><sm:loc>http://h/no</sm:loc></sm:url> -->
</sm:urlset>"""


@pytest.mark.parametrize("coded", ["plain", "gzip", "utf-16"])
def test_a_sitemap_lists_the_locations_of_its_urls(coded, web, site, shelf):
    text = ODD.decode("latin-1").replace("ISO-8859-1", "UTF-16").encode("utf-16")
    shelf.files["sitemap.xml"] = {"plain": ODD, "gzip": gzip.compress(ODD), "utf-16": text}[coded]
    source = web(sitemap=f"{site.url}/sitemap.xml")
    assert source.name == f"sitemap:{site.url}/sitemap.xml"
    assert urls(source) == ["http://h/1?a=1&b=é", "http://h/2?a&b"]
    assert unchanged(source, source.version_read)


def test_a_text_sitemap_is_a_plain_list(web, site, shelf):
    shelf.files["sitemap.txt"] = b"\xef\xbb\xbfhttp://h/1\r\nhttp://h/2\n"
    assert urls(web(sitemap=f"{site.url}/sitemap.txt")) == ["http://h/1", "http://h/2"]


def test_an_index_lists_what_its_sitemaps_list_and_is_unchanged_if_all_of_them_are(
    web, site, shelf
):
    base = site.url
    shelf.files |= {
        "index": index(f"{base}/a", f"{base}/more", f"{base}/a", f"{base}/index"),
        "more": index(f"{base}/b.gz", f"{base}/c"),
        "a": sitemap("http://h/a"),
        "b.gz": gzip.compress(sitemap("http://h/b1", "http://h/b2")),
        "c": b"http://h/c\n",
    }
    source = web(sitemap=f"{base}/index")
    expected = ["http://h/a", "http://h/b1", "http://h/b2", "http://h/c"]
    assert urls(source) == expected
    mark = source.version_read
    assert unchanged(source, mark)
    shelf.files["c"] = b"http://h/d\n"
    assert urls(source, mark) == [*expected[:3], "http://h/d"]
    assert source.version_read not in {"", mark}


def test_a_part_of_a_sitemap_that_cannot_be_had_stops_no_other_part(web, site, shelf):
    base = site.url
    shelf.files |= {
        "index": index(f"{base}/gone", f"{base}/torn", f"{base}/bad", f"{base}/page", f"{base}/a"),
        "a": sitemap("http://h/a"),
        "bad": sitemap("http://h/bad").replace(b"</urlset>", b""),
        "torn": gzip.compress(sitemap("http://h/torn"))[:-9],
        "page": b"<!DOCTYPE html><html></html>",
    }
    source = web(sitemap=f"{base}/index")
    good, bad, error = told(source)
    assert {"http://h/a", "http://h/bad"} <= {url for url, _ in good}
    assert bad == []
    assert error.startswith(
        f"sitemap:{base}/index: {base}/gone: cannot be fetched: HTTP status 404;"
    )
    assert error.endswith("; and 1 more")
    assert source.version_read == ""


def test_after_five_failures_in_a_row_no_more_is_asked_for(web, site, shelf):
    shelf.files["index"] = index(*[f"{site.url}/{number}" for number in range(50)])
    error = told(web(sitemap=f"{site.url}/index"))[2]
    assert len(site.requests) == 6
    assert "and 3 more" in error


def test_indexes_are_followed_two_deep(web, site, shelf):
    base = site.url
    shelf.files |= {f"i{n}": index(f"{base}/i{n + 1}", f"{base}/u{n}") for n in range(5)}
    shelf.files |= {f"u{n}": sitemap(f"http://h/{n}") for n in range(5)}
    good, _, error = told(web(sitemap=f"{base}/i0"))
    assert [url for url, _ in good] == ["http://h/0", "http://h/1"]
    assert error == f"sitemap:{base}/i0: {base}/i2: an index below 2 others"


def test_what_an_index_names_that_is_no_url_is_a_bad_line(web, site, shelf):
    shelf.files |= {
        "index": index("file:///etc/passwd", f"{site.url}/a", "ftp://h/x"),
        "a": sitemap("http://h/a"),
    }
    good, bad, error = told(web(sitemap=f"{site.url}/index"))
    assert good == [("http://h/a", {})]
    assert error is None
    (line,) = bad
    assert line[1].startswith(
        f"2 sitemaps of {site.url}/index cannot be fetched: its scheme is ftp"
    )


def test_what_lies_beyond_50_000_urls_is_bad_and_counted(web, site, shelf):
    shelf.files["s"] = sitemap(*[f"http://h/{number}" for number in range(50_007)])
    shelf.files["t"] = b"".join(b"http://h/%d\n" % number for number in range(50_007))
    for name in "st":
        good, bad, error = told(web(sitemap=f"{site.url}/{name}"))
        assert (len(good), len(bad), error) == (50_000, 7, None)
        assert bad[0] == (50_001, "beyond the 50,000 URLs of one sitemap: http://h/50000")


LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY l "http://h/">%s]>
<urlset><url><loc>&l9;</loc></url></urlset>""" % b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%s;" % (b"%d" % (n - 1) if n > 1 else b"") * 10)
    for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (LAUGHS, "it has a DOCTYPE"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><urlset/>', "it has a DOCTYPE"),
        (sitemap("http://h/&nbsp;"), "line 2: it is not well-formed XML: undefined entity"),
        (b"<rss><channel/></rss>", "its root is <rss>; <urlset> or <sitemapindex> is needed"),
        (b"<urlset>" + b"<url>" * 100, "it is nested deeper than 64 elements"),
        (b'<?xml version="1.0" encoding="klingon"?><urlset/>', "its encoding is unknown"),
        (b"<urlset><url a='" + b"x" * 3_000_000 + b"'/></urlset>", "it has a tag of more than"),
        (b"<", "line 1: it is not well-formed XML: unclosed token"),
        (b"<urlset><url><loc>http://h/1</loc>", "line 1: it is not well-formed XML: no element"),
    ],
)
def test_a_hostile_sitemap_is_an_error_soon(content, reason, web, site, shelf, ticker):
    shelf.files["s"] = content
    began = time.monotonic()
    error = told(web(sitemap=f"{site.url}/s"))[2]
    assert error.startswith(f"sitemap:{site.url}/s: {reason}")
    assert time.monotonic() - began < 3
    assert ticker.longest < GAP


def test_an_empty_sitemap_is_empty(web, site, shelf):
    shelf.files |= {"s": sitemap(), "e": b""}
    assert urls(web(sitemap=f"{site.url}/s")) == urls(web(sitemap=f"{site.url}/e")) == []


@pytest.mark.parametrize(
    "piece", [b"<url><loc>http://h/</loc><x>" + b"x" * 250 + b"</x></url>", b"<!-- -->"]
)
def test_a_sitemap_beyond_50_mib_ends_there_and_says_so(piece, web, site, shelf, ticker):
    shelf.files["s.gz"] = gzip.compress(b"<urlset>" + piece * (60 * 2**20 // len(piece)), 1)
    source = web(sitemap=f"{site.url}/s.gz")
    ticker.start()
    good = bad = 0
    with closing(source.read("")) as blocks:
        for block in blocks:
            bad += sum(line.startswith(b"\0") for line in block)
            good += sum(not line.startswith(b"\0") for line in block)
            last = block[-1]
    assert list(source.parse(b"")) == []
    with pytest.raises(ValueError, match="the rest of this sitemap, beyond its 50 MiB"):
        list(source.parse(last))
    assert good <= 50_000
    assert bad <= MAX_BYTES // len(piece) + 1
    assert ticker.longest < GAP


def test_a_location_of_a_mebibyte_is_one_bad_line(web, site, shelf):
    shelf.files["s"] = sitemap("http://h/1", "http://h/" + "x\n&amp;" * 200_000, "http://h/3")
    good, bad, error = told(web(sitemap=f"{site.url}/s"))
    assert [url for url, _ in good] == ["http://h/1", "http://h/3"]
    assert (bad, error) == ([(2, f"it is longer than {MAX_LINE_BYTES} bytes")], None)


def test_a_text_sitemap_beyond_50_mib_lists_no_half_url(web, site, shelf):
    line = b"http://h/" + b"x" * 2000 + b"/whole\n"
    shelf.files["s"] = gzip.compress(line * (MAX_BYTES // len(line) + 10), 1)
    good, bad, error = told(web(sitemap=f"{site.url}/s"))
    assert len(good) == MAX_BYTES // len(line)
    assert all(url.endswith("/whole") for url, _ in good)
    assert [reason for _, reason in bad] == ["the rest of this sitemap, beyond its 50 MiB"]
    assert error is None


def test_a_text_sitemap_whose_end_cannot_be_told_is_not_taken_for_whole(web):
    with RudeSite(sends(b"HTTP/1.1 200 OK\r\n\r\nhttp://h/1\nhttp://h/2\n")) as rude:
        good, _, error = told(web(sitemap=f"{rude.url}/s"))
    assert len(good) == 2
    assert "its server does not say where it ends" in error
    with RudeSite(sends(b"HTTP/1.1 200 OK\r\n\r\n" + sitemap("http://h/1"))) as rude:
        assert urls(web(sitemap=f"{rude.url}/s")) == ["http://h/1"]  # XML says where it ends


def test_an_endless_sitemap_ends_at_max_size(web):
    head = b"HTTP/1.1 200 OK\r\n\r\n<urlset>"
    with RudeSite(endless(head, b"<url><loc>http://h/</loc></url>" * 100)) as rude:
        error = told(web(sitemap=f"{rude.url}/s", max_size=2_000_000))[2]
    assert "more than 2000000 bytes" in error


def test_a_sitemap_of_a_job_whose_path_needs_columns_is_an_error(web, site):
    error = told(web(sitemap=f"{site.url}/s", path="{cc}", urls=("http://h/{cc=a}",)))[2]
    assert "plain lines bind no {cc}" in error
    assert not site.requests


def test_several_sitemaps_are_several_sources(tmp_path):
    named = ("http://h/a", "http://h/b")
    found = sources.of(job(sitemap=named, urls=("http://h/",)), tmp_path, unfetched)
    assert [source.name for source in found] == ["urls", "sitemap:http://h/a", "sitemap:http://h/b"]


# commands


def program(code, *arguments, timeout=10.0):
    return {"command": (sys.executable, "-c", code, *arguments), "command_timeout": timeout}


def test_a_command_lists_the_lines_it_prints(one):
    source = one(command=("printf", "http://h/%s\n", "1", "# 2", "a b;$HOME"))
    assert source.name == "command:printf 'http://h/%s\n' 1 '# 2' 'a b;$HOME'"
    assert urls(source) == ["http://h/1", "http://h/# 2", "http://h/a b;$HOME"]
    assert source.version() == source.version_read == ""
    assert source.where(3).endswith(":3")


def test_a_command_that_fails_gives_its_lines_and_then_the_end_of_its_complaints(one):
    code = """
import sys
print("http://h/1", flush=True)
for n in range(100_000): print("warning", n, file=sys.stderr)
print("no such\\n\\n table", file=sys.stderr)
sys.exit(3)
"""
    good, bad, error = told(one(**program(code)))
    assert (good, bad) == ([("http://h/1", {})], [])
    assert error.endswith(": ended with exit code 3: warning 99999 / no such /  table")
    assert error.startswith("command:")


def test_a_command_that_is_killed_says_by_what(one):
    error = told(one(command=("sh", "-c", "kill -9 $$")))[2]
    assert error == "command:sh -c 'kill -9 $$': was killed by signal 9"


def test_a_command_that_is_not_there_is_an_error(one, tmp_path):
    assert told(one(command=("/no/such/program", "x")))[2] == (
        "command:/no/such/program x: cannot be started: No such file or directory"
    )
    file = write(tmp_path, "script", "echo")
    assert told(one(command=(str(file),)))[2].endswith("cannot be started: Permission denied")


def running(mark):
    """Return the processes whose command line holds a mark."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.pid != os.getpid() and mark in (process.info["cmdline"] or ())
    ]


def gone(mark):
    """Tell whether such processes are gone; a killed one that is nobody's child takes a moment."""
    with gevent.Timeout(2, False):
        while running(mark):
            gevent.sleep(0.01)
        return True
    return False


@pytest.mark.parametrize(
    "code",
    [
        "while True: time.sleep(1)",
        "sys.stdout.close(); time.sleep(60)",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
        "subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)', mark])",
        "[print('http://h/', flush=True) for _ in iter(int, 1)]",
        "[(print('x', end='', flush=True), time.sleep(.01)) for _ in iter(int, 1)]",
        "[print('x' * 99999, end='') for _ in iter(int, 1)]",
    ],
)
def test_a_command_that_hangs_is_killed_with_all_it_started(code, one, ticker):
    mark = f"mark-{time.monotonic_ns()}"
    head = (
        "import signal, subprocess, sys, time\nmark = sys.argv[1]\n"
        "print('http://h/1', flush=True)\n"
    )
    began = time.monotonic()
    with closing(one(**program(head + code, mark, timeout=0.5)).read("")) as blocks:
        assert next(blocks)[0] == b"http://h/1"
        assert running(mark)
        with pytest.raises(SourceError, match=r"was not done within 0\.5 s; command_timeout"):
            for _ in blocks:
                pass
    assert time.monotonic() - began < 3
    assert gone(mark)
    assert ticker.longest < GAP


def test_a_command_whose_lines_are_no_longer_wanted_ends(one):
    mark = f"mark-{time.monotonic_ns()}"
    code = "[print('http://h/') for _ in iter(int, 1)]"
    source = one(**program(code, mark))
    with closing(source.read("")) as blocks:
        next(blocks)
    assert gone(mark)
    reading = gevent.spawn(urls, one(**program("import time; time.sleep(60)", mark)))
    with gevent.Timeout(5):
        while not running(mark):
            gevent.sleep(0.01)
    reading.kill()
    assert gone(mark)


def test_a_command_that_prints_garbage_has_bad_lines_only(one):
    code = (
        "import os, sys; w = sys.stdout.buffer.write; w(bytes(range(256)) * 100 + b'\\n');"
        "w(b'http://h/2\\n'); w(b'x' * 5_000_000 + b'\\n'); w(b'\\xff\\xfe\\n'); w(b'http://h/5')"
    )
    good, bad, error = told(one(**program(code)))
    assert error is None
    assert [url for url, _ in good][-2:] == ["http://h/2", "http://h/5"]
    assert any(reason == f"it is longer than {MAX_LINE_BYTES} bytes" for _, reason in bad)
    assert any(reason == "it is not UTF-8" for _, reason in bad)


def test_a_command_gets_no_input_and_no_shell(one):
    code = "import sys; print('http://h/' + sys.stdin.read() + sys.argv[1])"
    assert urls(one(**program(code, "$(id);*"))) == ["http://h/$(id);*"]


def test_a_command_that_leaves_something_running_in_the_background_has_ended(one):
    mark = f"mark-{time.monotonic_ns()}"
    code = f"sleep 30 {mark[:0]}>/dev/null 2>&1 & echo http://h/$!"
    source = one(command=("sh", "-c", code))
    (url,) = urls(source)
    os.kill(int(re.sub(r"\D", "", url)), signal.SIGKILL)


# size and time


def many(tmp_path, name, count):
    file = tmp_path / name
    body = {
        "plain": lambda n: b"http://flags.example.org/%d/flag.gif\n" % n,
        "csv": lambda n: b"http://flags.example.org/%d/flag.gif,c%d\n" % (n, n),
        "jsonl": lambda n: b'{"url": "http://flags.example.org/%d/", "cc": "%d"}\n' % (n, n),
    }[name.split(".")[1]]
    with gzip.open(file, "wb", 1) if name.endswith("gz") else file.open("wb") as out:
        out.write(b"url,cc\n" if ".csv" in name else b"")
        for number in range(count):
            out.write(body(number))
    return file


@pytest.mark.parametrize("name", ["list.plain", "list.plain.gz", "list.csv", "list.jsonl", "urls"])
def test_a_list_of_a_million_lines_streams_and_blocks_nobody(name, one, tmp_path, ticker):
    count = 1_000_000 if name in {"list.plain", "urls"} else 300_000
    if name == "urls":
        source = one(urls=(f"http://flags.example.org/[cc=1-{count}]/flag.gif",), path="{cc}")
    else:
        path = "x" if "plain" in name else "{cc}"
        source = one(url_file=many(tmp_path, name, count), path=path)
    process = psutil.Process()
    before = process.memory_info().rss
    began, total, chunks, chunker = time.monotonic(), 0, 0, None
    ticker.start()
    with closing(source.read("")) as blocks:
        for block in blocks:
            chunker = chunker or Chunker(source.salt)
            total += len(block)
            assert len(block) <= BLOCK_LINES
            for chunk in chunker.feed(block):
                chunks += 1
                for line in chunk.lines[:100]:  # as if one line in ten had changed
                    list(source.parse(line))
    seconds = time.monotonic() - began
    print(f"{name}: {total / seconds / 1e6:.2f} million lines/s, gap {ticker.longest * 1e3:.0f} ms")
    assert total == count + (".csv" in name)
    assert chunks > 250
    assert process.memory_info().rss - before < 30 * 2**20
    assert ticker.longest < GAP


def test_a_gzip_bomb_of_one_line_needs_no_memory(one, tmp_path, ticker):
    file = write(tmp_path, "bomb", gzip.compress(bytes(400_000_000), 1))
    ticker.start()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    good, bad, error = told(one(url_file=file))
    assert (good, error) == ([], None)
    assert bad == [(1, f"it is longer than {MAX_LINE_BYTES} bytes")]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 30_000
    assert ticker.longest < GAP


def test_trouble_of_a_fetch_is_the_error_of_its_source(tmp_path):
    def fetch(*_):
        raise Trouble(Kind.DNS, "no such name")

    (source,) = sources.of(job(url_file="https://h.example/list"), tmp_path, fetch)
    assert told(source)[2] == "url_file:https://h.example/list: cannot be fetched: no such name"


def test_a_note_beside_a_copy_holds_its_validators(web, site, shelf, tmp_path):
    shelf.files["list"], shelf.fields = b"http://h/1\n", [("ETag", '"1"')]
    lines(web(url_file=f"{site.url}/list"))
    (note,) = (tmp_path / "copies").glob("*.json")
    assert json.loads(note.read_text())["etag"] == '"1"'
