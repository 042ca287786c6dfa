"""What a line means: CSV with a header, JSON lines, and what is no list at all."""

import gzip

import pytest

from crawler.sources.formats import MAX_LINE_BYTES
from tests.parts.sources.readings import lines, told, write

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


def test_a_plain_list_of_a_job_whose_path_needs_columns_is_an_error(one, tmp_path):
    error = told(one(url_file=write(tmp_path, "list", "http://h/1\n"), path="{cc}"))[2]
    assert "plain lines bind no {cc}, which path uses" in error
