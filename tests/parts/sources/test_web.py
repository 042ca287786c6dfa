"""A list at a URL: its format, and the error of one that cannot be fetched whole."""

import gzip

import pytest

from crawler import sources
from crawler.model import Kind, Trouble
from tests.parts.sources.readings import job, told
from tests.servers import RudeSite, sends


@pytest.mark.parametrize("name", ["list.csv", "list.csv.gz", "list.csv?x=1", "export"])
def test_the_format_of_a_list_at_a_url_is_told_by_its_name_or_its_type(name, web, site, shelf):
    content = b"url,cc\nhttp://h/1,cn\n"
    shelf.files["list.csv"] = shelf.files["export"] = content
    shelf.files["list.csv.gz"] = gzip.compress(content)
    shelf.fields = [("Content-Type", "Text/CSV; charset=utf-8")] if name == "export" else []
    source = web(url_file=f"{site.url}/{name}", path="{cc}")
    assert told(source)[0] == [("http://h/1", {"cc": "cn"})]


def test_a_list_that_cannot_be_had_is_an_error_that_says_why(web, site, unused_port):
    assert told(web(url_file=f"{site.url}/gone"))[2] == (
        f"url_file:{site.url}/gone: cannot be fetched: HTTP status 404"
    )
    dead = f"http://127.0.0.1:{unused_port}/list"
    assert told(web(url_file=dead))[2] == f"url_file:{dead}: cannot be fetched: Connection refused"


def test_a_list_whose_end_cannot_be_told_is_read_but_not_taken_for_whole(web):
    with RudeSite(sends(b"HTTP/1.1 200 OK\r\n\r\nhttp://h/1\nhttp://h/2\n")) as rude:
        good, _, error = told(web(url_file=f"{rude.url}/list"))
    assert len(good) == 2
    assert "its server does not say where it ends" in error


def test_trouble_of_a_fetch_is_the_error_of_its_source(tmp_path):
    def fetch(*_):
        raise Trouble(Kind.DNS, "no such name")

    (source,) = sources.of(job(url_file="https://h.example/list"), tmp_path, fetch)
    assert told(source)[2] == "url_file:https://h.example/list: cannot be fetched: no such name"
