"""What a line means: CSV with a header, JSON lines, and what is no list at all."""

import gzip

import pytest

from crawler.sources.lines import MAX_LINE_BYTES
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


@pytest.mark.parametrize(
    ("name", "first", "record"),
    [
        ("list.csv", b"url,cc", b"http://h/2,cn"),
        ("list.jsonl", b'{"url": "http://h/0"}', b'{"url": "http://h/2"}'),
        ("list.txt", b"http://h/0", b"http://h/2"),
    ],
)
def test_a_line_too_long_is_told_although_it_begins_like_a_blank_one(
    one, tmp_path, name, first, record
):
    blanks = b" " * (MAX_LINE_BYTES + 1)
    file = write(tmp_path, name, first + b"\n" + blanks + record + b"\n")
    _, bad, error = told(one(url_file=file))
    assert (bad, error) == ([(2, f"it is longer than {MAX_LINE_BYTES} bytes")], None)


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


TABLE = [("http://h/1?a=1,2", {"cc": "cn"}), ("http://h/2", {"cc": "in"})]


@pytest.mark.parametrize("name", ["list.csv", "list", "list.txt"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_table_is_told_by_its_header_and_so_is_its_delimiter(name, delimiter, one, tmp_path):
    rows = [["id", "URL", "cc"], ["1", '"http://h/1?a=1,2"', "cn"], ["2", "http://h/2", "in"]]
    content = "\n\n" + "\n".join(delimiter.join(row) for row in rows) + "\n"
    assert told(one(url_file=write(tmp_path, name, content), path="{cc}"))[0] == TABLE


def test_a_tsv_list_is_a_table(one, tmp_path):
    content = "url\tcc\nhttp://h/1?a=1,2\tcn\nhttp://h/2\tin\n"
    assert told(one(url_file=write(tmp_path, "l.TSV", content), path="{cc}")) == (TABLE, [], None)


def test_the_options_of_a_job_say_format_column_and_delimiter(one, tmp_path):
    table = write(tmp_path, "list.txt", "id:Link:cc\n1:http://h/:in\n2:'http://h/2':cn\n")
    source = one(url_file=table, format="csv", url_column="link", delimiter="'")
    assert "must name a column link" in told(source)[2]
    table = write(tmp_path, "list.txt", "cc!Link\ncn!http://h/1?a=1,2\nin!http://h/2\n")
    options = {"path": "{cc}", "url_column": "link", "delimiter": "!"}
    for form in ("csv", None):
        assert told(one(url_file=table, format=form, **options))[0] == TABLE
    lines = write(tmp_path, "list.csv", '{"Link": "http://h/1", "url": "http://h/no"}\n')
    good = told(one(url_file=lines, format="jsonl", url_column="LINK"))[0]
    assert good == [("http://h/1", {})]
    text = write(tmp_path, "text.csv", "http://h/1,2\n")
    assert told(one(url_file=text, format="text"))[0] == [("http://h/1,2", {})]
    assert "it is no JSON array" in told(one(url_file=text, format="json"))[2]


def test_a_header_that_names_two_columns_of_urls_is_told(one, tmp_path):
    for header, reason in (("URL,Url", "names URL twice"), ("url,URL", None)):
        assert (told(one(url_file=write(tmp_path, "l.csv", f"{header}\n")))[2] or "").endswith(
            reason or ""
        )


def test_the_header_of_a_table_of_one_column_is_no_bad_line(one, tmp_path):
    for name in ("list", "list.csv"):
        file = write(tmp_path, name, "URL\nhttp://h/1\n")
        assert told(one(url_file=file)) == ([("http://h/1", {})], [], None)


def test_objects_tell_json_lines_whatever_the_name(one, tmp_path):
    for name in ("list", "list.json", "list.txt"):
        file = write(tmp_path, name, '{"url": "http://h/1"}\n{"url": "http://h/2"}\n')
        assert len(told(one(url_file=file))[0]) == 2


@pytest.mark.parametrize("name", ["list", "list.csv", "list.jsonl", "list.json"])
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("http://h/1\n".encode("utf-16"), "it is UTF-16, and no list is read in it; save it as"),
        ("http://h/1\n".encode("utf-16-le"), "it is UTF-16"),
        ("http://h/1\n".encode("utf-16-be"), "it is UTF-16"),
        (b"PK\x03\x04\x14\0\x06\0", "it is binary (a zip archive or a spreadsheet), and no list"),
        (b"\x28\xb5\x2f\xfd\x04\x58", "it is binary (packed by zstd)"),
        (bytes(100), "it is binary, and no list; a list is text in UTF-8"),
    ],
)
def test_utf_16_and_binary_lists_are_named_as_that(name, content, reason, one, tmp_path):
    good, bad, error = told(one(url_file=write(tmp_path, name, content)))
    assert (good, bad) == ([], [])
    assert f"{name}: {reason}" in error
