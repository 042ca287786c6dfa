"""cookies.txt as it is found: written by browsers, their extensions, curl, wget, and by hand."""

import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config import Job
from crawler.errors import UsageError
from crawler.fetch.cookies import load, parse
from crawler.fetch.request import RequestBuilder
from crawler.model import Task
from tests import real
from tests.servers import Site

LATER = "4102444800"
URL = "https://www.home.example/a/b"


def line(domain=".home.example", wide="TRUE", path="/", secure="FALSE", expires=LATER, name="n",
         value="v"):  # fmt: skip
    return f"{domain}\t{wide}\t{path}\t{secure}\t{expires}\t{name}\t{value}"


def sent(text: str | bytes, url: str = URL) -> str | None:
    data = text if isinstance(text, bytes) else text.encode()
    cookies = parse(data, "cookies.txt")
    assert not cookies.odd
    return cookies.header(url, time.time())


@pytest.mark.parametrize(
    "text",
    [
        f"# Netscape HTTP Cookie File\n{line()}\n", f"# HTTP Cookie File\n{line()}", line(),
        f"\ufeff# Netscape HTTP Cookie File\n{line()}\n", f"\ufeff{line()}",
        f"# Netscape HTTP Cookie File\r\n\r\n{line()}\r\n", f"#HttpOnly_{line()}",
        f"# a note\n#another\n\n   \n{line()}", line(wide="true", secure="false"),
        line(domain="home.example"), line(expires="0"), line(expires="-1"),
        line(expires="4102444800.25"), line(expires="13311111111000000"),
    ],
)  # fmt: skip
def test_a_file_is_read_as_browsers_and_curl_write_it(text):
    assert sent(text) == "n=v"
    assert sent(text.removeprefix("\ufeff").encode("utf-16")) == "n=v"


def test_a_value_is_sent_byte_for_byte():
    assert sent(line(value="žluť")).encode("latin-1") == "n=žluť".encode()
    assert sent(line(value="caf\xe9").encode("latin-1")) == "n=caf\xe9"
    assert sent(line(value='"a=b, c"')) == 'n="a=b, c"'


def test_a_cookie_may_have_no_value_or_no_name():
    assert sent(line(value="")) == "n="
    assert sent(line(value="").rstrip("\t")) == "n="
    assert sent(line(name="")) == "v"


@pytest.mark.parametrize(
    ("options", "url", "found"),
    [
        ({"domain": "localhost", "wide": "FALSE"}, "http://localhost:8080/", True),
        ({"domain": "intranet", "wide": "TRUE"}, "http://intranet/", True),
        ({"domain": "com", "wide": "TRUE"}, "http://home.com/", False),
        ({"domain": "127.0.0.1", "wide": "FALSE"}, "http://127.0.0.1/", True),
        ({"domain": "0.0.1", "wide": "TRUE"}, "http://127.0.0.1/", False),
        ({"domain": "::1", "wide": "FALSE"}, "http://[::1]/", True),
        ({"domain": "bücher.example", "wide": "FALSE"}, "http://xn--bcher-kva.example/", True),
        ({"domain": "HOME.Example", "wide": "FALSE"}, "http://home.example/", True),
        ({"domain": "home.example", "wide": "FALSE"}, "http://home.example./", True),
        ({"domain": "home.example", "wide": "FALSE"}, URL, False),
        ({"domain": ".home.example", "wide": "FALSE"}, "http://home.example/", True),
        ({}, "http://home.example/", True),
        ({}, "http://a.b.home.example/", True),
        ({}, "http://otherhome.example/", False),
        ({}, "http://example/", False),
        ({"secure": "TRUE"}, URL, True),
        ({"secure": "TRUE"}, "http://home.example/", False),
        ({"path": "/a"}, "http://home.example/a", True),
        ({"path": "/a"}, "http://home.example/a/b", True),
        ({"path": "/a/"}, "http://home.example/a/b", True),
        ({"path": "/a"}, "http://home.example/ab", False),
        ({"path": "/a/"}, "http://home.example/a", False),
        ({"expires": "1"}, URL, False),
        ({"expires": str(int(time.time()) - 60)}, URL, False),
        ({"expires": str(int(time.time()) + 86_400)}, URL, True),
    ],
)  # fmt: skip
def test_a_cookie_goes_where_its_line_says(options, url, found):
    assert sent(line(**options), url) == ("n=v" if found else None)


def test_the_longest_path_comes_first_and_the_last_of_two_counts():
    text = "\n".join((
        line(name="a", value="old"), line(name="b", path="/a"), line(name="a", value="new"),
        line(name="a", path="/a/b", value="deep"),
    ))  # fmt: skip
    assert sent(text) == "a=deep; b=v; a=new"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("nothing of the sort", "it has 1 fields"),
        (line().replace("\t", " "), "it has 1 fields"),
        (line() + "\tmore", "it has 8 fields"),
        (line(domain=""), "its first field is no host"),
        (line(domain="a b"), "its first field is no host"),
        (line(domain="http://home.example/"), "its first field is no host"),
        (line(domain="user@home.example"), "its first field is no host"),
        (line(wide="yes"), "its second field is neither TRUE nor FALSE"),
        (line(path="a"), "its third field is no path"),
        (line(secure=""), "its fourth field is neither TRUE nor FALSE"),
        (line(expires="tomorrow"), "its fifth field is no number"),
        (line(value="a; b=c"), "cannot be sent"),
        (line(value="s3cret\x01"), "cannot be sent"),
        (line(value="s3cret\rX-Header: 1"), "cannot be sent"),
        (line(name="", value=""), "cannot be sent"),
    ],
)
def test_an_odd_line_is_passed_over_and_told_with_its_number_and_without_its_text(bad, why):
    cookies = parse(f"# Netscape HTTP Cookie File\n{bad}\n{line()}\n".encode(), "cookies.txt")
    ((place, problem),) = cookies.odd
    assert place == "cookies.txt:2"
    assert why in problem
    assert "s3cret" not in problem
    assert cookies.header(URL, time.time()) == "n=v"


@given(st.binary(max_size=200) | st.lists(st.sampled_from(
    [b"TRUE", b"FALSE", b"/", b"0", b"a.b", b"n", b"\t", b"\n", b"\r", b"#HttpOnly_", b"\xff", b";"]
)).map(b"\t".join))  # fmt: skip
def test_any_bytes_are_read_and_nothing_of_them_breaks_a_request(data):
    header = parse(data, "c").header("https://a.b/", time.time())
    if header is not None:
        assert not set(header) & set("\r\n\0")
        assert header.encode("latin-1")


def test_a_long_file_costs_no_more_than_its_length():
    data = "\n".join(line(domain=f"h{n}.example", name=f"n{n}") for n in range(20_000)).encode()
    start = time.process_time()
    cookies = parse(data + b"\t" * 1_000_000 + b"\n" + b"\r" * 1_000_000, "c")
    assert cookies.header("https://h7.example/", time.time()) == "n7=v"
    assert time.process_time() - start < 2.0


def test_a_file_without_any_cookie_is_refused_and_one_that_is_empty_is_not(tmp_path):
    (tmp_path / "cookies.txt").write_text("<html>\n<p>Log in, please</p>\n")
    with pytest.raises(UsageError, match=r"j: .*cookies\.txt is no cookies\.txt: cookies\.txt:1: "):
        load(tmp_path / "cookies.txt", "j")
    (tmp_path / "cookies.txt").write_text("# Netscape HTTP Cookie File\n")
    assert load(tmp_path / "cookies.txt", "j").header(URL, time.time()) is None


def test_what_curl_writes_is_read_and_sent_as_curl_sends_it(tmp_path):
    real.needs("curl")
    jar = tmp_path / "jar"
    fields = [
        ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2; HttpOnly; Path=/x"), ("Set-Cookie", "c="),
        ("Set-Cookie", "d=4; Max-Age=3600"), ("Set-Cookie", "e=\u017e".encode().decode("latin-1")),
    ]  # fmt: skip
    with Site(lambda _: ("200 OK", [("Content-Length", "0"), *fields], [])) as site:
        url = f"{site.url}/x/y"
        for option in ("-c", "-b"):
            subprocess.run(["curl", "-s", option, str(jar), url], check=True, timeout=20)
        theirs = site.requests[1].headers["COOKIE"]
        ours = load(jar, "j").header(url, time.time())
        assert sorted(ours.split("; ")) == sorted(theirs.split("; "))
        assert len(ours.split("; ")) == 5


def test_a_cookie_expires_by_the_clock_of_the_frontier():
    """The wall clock of the process may be wrong."""
    cookies = parse(line(expires="1800000000").encode(), "c")
    job = Job(name="j", urls=(URL,), cookies=Path("c"))
    task = Task(1, "j", URL, URL, "www.home.example:443", 1, 1, 1)
    for now, sent_then in ((1_799_999_999.0, "n=v"), (1_800_000_001.0, None)):
        request = RequestBuilder(job, cookies, lambda: now).request(task, "agent/1")  # noqa: B023
        assert request.headers.get("Cookie") == sent_then
