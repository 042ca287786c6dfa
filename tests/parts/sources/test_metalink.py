"""Lists that say what bodies are: columns, members, aria2's mirrors, Metalink."""

import json

import pytest

from crawler.config import Job
from crawler.policy.checksums import checks_of
from crawler.seeder.seeds import seed_of
from crawler.sources.lines import MAX_LINE_BYTES
from crawler.sources.metalink import files
from tests.parts.sources.readings import told, write

SHA, MD5 = "ab" * 32, "cd" * 16
META4 = f"""<?xml version="1.0" encoding="UTF-8"?>
<!-- RFC 5854 -->
<metalink xmlns="urn:ietf:params:xml:ns:metalink">
 <file name="one.iso">
  <size>14</size>
  <hash type="sha-256">{SHA.upper()}</hash>
  <hash type="crc32">deadbeef</hash>
  <pieces length="7" type="sha-256"><hash>{"0" * 64}</hash><hash>{"1" * 64}</hash></pieces>
  <signature mediatype="application/pgp-signature">x</signature>
  <url location="de" priority="2">http://b.example/one.iso?a=1&amp;b=2</url>
  <url priority="1"><![CDATA[https://a.example/one.iso]]></url>
  <url priority="1">ftp://c.example/one.iso</url>
  <url>http://d.example/one.iso</url>
  <metaurl mediatype="torrent">http://t.example/one.torrent</metaurl>
 </file>
 <file name="two.iso"><url>http://a.example/two.iso</url></file>
</metalink>
"""
V3 = f"""<metalink version="3.0" xmlns="http://www.metalinker.org/"><files><file name="x">
<verification><hash type="md5">{MD5}</hash><pieces type="sha1"><hash piece="0">00</hash></pieces>
</verification><resources><url type="http" preference="90">http://b.example/x</url>
<url type="http" preference="100">http://a.example/x</url></resources></file></files></metalink>"""


def seeds(one, file, **options):
    """Return what a list says of each URL, its bad lines, and its error."""
    job = Job(name="j", url_file=file, checksums=True, **options)
    good, bad, error = told(one(url_file=file, checksums=True, **options))
    said = {}
    for url, bound in good:
        seed = seed_of(job, url, bound)
        text = json.loads(seed.extra)["="]
        said[seed.url] = checks_of(text) if text else None
    return said, bad, error


def test_a_metalink_file_says_mirrors_by_priority_digest_and_size(one, tmp_path):
    file = write(tmp_path, "one.meta4", META4.encode())
    said, bad, error = seeds(one, file)
    assert (bad, error) == ([], None)
    first = said["https://a.example/one.iso"]
    assert first.digests == (("sha256", SHA),)
    assert first.size == 14
    assert first.mirrors == ("http://b.example/one.iso?a=1&b=2", "http://d.example/one.iso")
    assert said["http://a.example/two.iso"] is None


def test_version_3_is_read_too_whatever_the_file_is_called(one, tmp_path):
    file = write(tmp_path, "list", V3.encode())
    said, bad, error = seeds(one, file)
    assert (bad, error) == ([], None)
    found = said["http://a.example/x"]
    assert (found.digests, found.mirrors) == ((("md5", MD5),), ("http://b.example/x",))


def test_a_metalink_file_needs_the_option_and_says_so(one, tmp_path):
    file = write(tmp_path, "one.meta4", META4.encode())
    _, _, error = told(one(url_file=file))
    assert "it is a Metalink file: set checksums: true" in error


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (META4.replace("</metalink>", ""), "it breaks off before </metalink>"),
        ("<html><metalink></metalink></html>", "its root is <html>; <metalink> is needed"),
        (f"<metalink>{'<x>' * 80}", "it is nested deeper than 64 elements"),
        ('<!DOCTYPE m [<!ENTITY a "b">]><metalink/>', "it has a DOCTYPE"),
        ("", "it breaks off before </metalink>"),
    ],
)
def test_what_is_no_whole_metalink_file_is_told(one, tmp_path, text, why):
    _, _, error = seeds(one, write(tmp_path, "one.meta4", text.encode()))
    assert why in error


def test_one_bad_file_of_a_metalink_ends_itself_alone(one, tmp_path):
    bad = (
        f'<file name="a"><hash type="sha-1">{"x" * MAX_LINE_BYTES}y</hash></file>'
        '<file name="b"><url>gopher://h/</url></file>'
        "<file><url>http://h/fine</url></file><file><url>http://h/left</file>"
    )
    said, bad, error = seeds(
        one, write(tmp_path, "m.meta4", f"<metalink>{bad}</metalink>".encode())
    )
    assert error is None
    assert [*said] == ["http://h/fine", "http://h/left"]
    assert [why for _, why in bad] == [
        f"it is longer than {MAX_LINE_BYTES} bytes",
        "it has no url",
    ]


def test_it_makes_no_difference_how_a_metalink_file_is_cut():
    whole = [line for block in files(iter([META4.encode()])) for line in block]
    bytewise = (META4.encode()[at : at + 1] for at in range(len(META4.encode())))
    assert [line for block in files(bytewise) for line in block] == whole
    assert len(whole) == 2


def test_columns_and_members_say_it_in_any_case(one, tmp_path):
    table = f"URL,SHA256,Size,Mirrors\nhttp://h/1,{SHA},7,http://m/1 http://n/1\nhttp://h/2,,,\n"
    said, bad, error = seeds(one, write(tmp_path, "list.csv", table.encode()))
    assert (bad, error) == ([], None)
    found = said["http://h/1"]
    assert (found.digest("sha256"), found.size) == (SHA, 7)
    assert found.mirrors == ("http://m/1", "http://n/1")
    assert said["http://h/2"] is None
    line = {"url": "http://h/1", "md5": MD5, "size": 7, "mirrors": ["http://m/1", "http://h/1"]}
    said, bad, error = seeds(one, write(tmp_path, "l.jsonl", json.dumps(line).encode()))
    found = said["http://h/1"]
    assert (found.digest("md5"), found.size, found.mirrors) == (MD5, 7, ("http://m/1",))


def test_mirrors_stand_behind_tabs_as_aria2_has_them(one, tmp_path):
    said, _, error = seeds(one, write(tmp_path, "l.txt", b"http://h/1\thttp://m/1\thttp://n/1\n"))
    assert error is None
    assert said["http://h/1"].mirrors == ("http://m/1", "http://n/1")


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ("abc,,", "its sha256 is not 64 hexadecimal digits"),
        (",1 MB,", "its size is no whole number of bytes"),
        (",,gopher://m/", "a mirror: "),
        (",,nowhere", "a mirror: "),
    ],
)
def test_a_line_that_says_it_wrong_is_bad(one, tmp_path, cells, why):
    file = write(tmp_path, "list.csv", f"url,sha256,size,mirrors\nhttp://h/1,{cells}\n".encode())
    with pytest.raises(ValueError, match=why):
        seeds(one, file)


def test_a_column_that_nobody_asks_for_means_nothing(one, tmp_path):
    file = write(tmp_path, "list.csv", b"url,sha256,size\nhttp://h/1,abc,1 MB\n")
    assert told(one(url_file=file)) == ([("http://h/1", {})], [], None)
