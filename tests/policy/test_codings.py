"""Which codings a Content-Encoding names, and which files are gzip themselves."""

import time

import pytest

from crawler.policy.codings import codings_of, is_gzip_file


@pytest.mark.parametrize(
    "field",
    ["", " ", ",", "identity", "none", "UTF-8", "utf8", "binary", "aws-chunked", "8bit",
     "iso-8859-1", "Windows-1252", "text/html", "identity, binary", "us-ascii"],
)  # fmt: skip
def test_what_is_no_coding_is_passed_over(field):
    assert codings_of(field) == []
    assert codings_of(f"{field}, gzip") == codings_of(f"gzip,{field}") == ["gzip"]


def test_codings_are_named_in_the_order_in_which_they_were_applied():
    assert codings_of("gzip, br") == ["gzip", "br"]
    assert codings_of("GZip , GZIP;q=1") == ["gzip", "gzip"]


@pytest.mark.parametrize("coding", ["compress", "rot13", "sdch", "xz", "bzip2", "gzip2"])
def test_a_coding_that_nobody_undoes_is_a_coding(coding):
    assert codings_of(coding) == [coding]


@pytest.mark.parametrize("piece", ["a", "a/", "-", ",", "utf-", " ", ";"])
def test_a_long_field_costs_no_more_than_its_length(piece):
    start = time.process_time()
    codings_of(piece * (60_000 // len(piece)))
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("url", "content_type", "is_file"),
    [
        ("http://h/a.tar.gz", "", True),
        ("http://h/a.TGZ?v=1", "", True),
        ("http://h/a.svgz", "image/svg+xml", True),
        ("http://h/download", "application/gzip", True),
        ("http://h/download", "application/x-gzip; x=y", True),
        ("http://h/a.gz.html", "text/html", False),
        ("http://h/?file=a.gz", "text/html", False),
        ("http://h/a.txt", "", False),
    ],
)
def test_a_file_is_gzip_by_its_name_or_its_type(url, content_type, is_file):
    assert is_gzip_file(url, content_type) is is_file
