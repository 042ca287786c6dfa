"""What was typed for requests reaches the server, and is told to nobody else."""

import base64

import pytest

from tests.program import at_once
from tests.proxies import HttpProxy
from tests.servers import Site, status


def basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@pytest.fixture
def site():
    with Site(str.encode) as site:
        yield site


def headers_of(site, *arguments, cwd):
    done = at_once("fetch", *arguments, "-q", cwd=cwd)
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""
    return site.requests[-1].headers


def test_headers_and_cookies_are_sent_as_they_were_typed(site, tmp_path):
    sent = headers_of(
        site, f"{site.url}/a", "-H", "X-Key: v", "-A", "me", "-e", "http://r/", "-b", "a=1",
        "-o", "a", cwd=tmp_path,
    )  # fmt: skip
    wanted = {"X_KEY": "v", "USER_AGENT": "me", "REFERER": "http://r/", "COOKIE": "a=1"}
    assert wanted.items() <= sent.items()


def test_a_login_is_sent_from_the_command_line_the_url_or_netrc(site, tmp_path, monkeypatch):
    with_user = site.url.replace("//", "//you:p%40w@")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login kept password pw\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    options = (([f"{site.url}/1", "-u", "me:pw"], "me:pw"), ([f"{with_user}/2"], "you:p@w"),
               ([f"{site.url}/3", "--netrc"], "kept:pw"), ([f"{site.url}/4"], None))  # fmt: skip
    for arguments, pair in options:
        sent = headers_of(site, *arguments, cwd=tmp_path)
        assert sent.get("AUTHORIZATION") == (pair and basic(pair))


@pytest.mark.parametrize("style", ["-v", "--json"])
def test_no_secret_of_a_url_is_printed(tmp_path, style):
    with Site(lambda _: status("401 Who are you")) as site:
        url = site.url.replace("//", "//me:topsecret@")
        done = at_once("fetch", f"{url}/?token=topsecret", style, cwd=tmp_path)
    assert done.returncode == 6
    assert "topsecret" not in done.stdout + done.stderr
    assert site.requests[0].headers["AUTHORIZATION"] == basic("me:topsecret")


def test_what_is_typed_for_a_host_does_not_follow_a_redirect_to_another(tmp_path):
    with Site(str.encode, ["127.0.0.2"]) as away:
        there = status("302 Found", ("Location", f"{away.url}/b"))
        with Site(lambda _: there) as site:
            at_once("fetch", f"{site.url}/a", "-u", "me:pw", "-H", "X-Key: v", cwd=tmp_path)
    assert all("AUTHORIZATION" not in one.headers for one in away.requests)


def test_credentials_reach_hosts_of_a_list_that_were_named(site, tmp_path):
    (tmp_path / "list").write_text(f"{site.url}/1\n")
    done = at_once("fetch", "-i", "list", "-u", "me:pw", cwd=tmp_path)
    assert (done.returncode, site.requests) == (2, [])
    assert "--auth-host" in done.stderr
    sent = headers_of(site, "-i", "list", "-u", "me:pw", "--auth-host", "127.0.0.1", cwd=tmp_path)
    assert sent["AUTHORIZATION"] == basic("me:pw")


def test_the_proxy_of_the_environment_is_used_and_said(site, tmp_path, monkeypatch):
    with HttpProxy() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        done = at_once("fetch", f"{site.url}/1", cwd=tmp_path)
        assert done.stdout.startswith(f"proxy {proxy.url} of http_proxy\n")
        monkeypatch.setenv("no_proxy", "127.0.0.0/8")
        at_once("fetch", f"{site.url}/2", cwd=tmp_path)
        monkeypatch.delenv("no_proxy")
        at_once("fetch", f"{site.url}/3", "-x", "", cwd=tmp_path)
        assert len(proxy.asked) == 1
    assert site.paths() == [f"{site.url}/1", "/2", "/3"]


def test_redirects_are_followed_as_far_as_somebody_says(tmp_path):
    route = {"/a": status("302 Found", ("Location", "/b"))}
    with Site(lambda path: route.get(path, b"here")) as site:
        assert at_once("fetch", f"{site.url}/a", "--max-redirs", "0", cwd=tmp_path).returncode == 8
        assert at_once("fetch", f"{site.url}/a", "--max-redirs", "1", cwd=tmp_path).returncode == 0


def test_the_options_of_a_job_are_taken(site, tmp_path):
    (tmp_path / "c.yaml").write_text(
        "crawler: {user_agent: bot}\njobs:\n- {name: j, urls: ['http://a.example/'], attempts: 1,"
        " headers: {Accept-Language: de, X-Key: secret}, path: '{name}'}\n"
    )
    sent = headers_of(site, f"{site.url}/b.c", "--config", "c.yaml", "--job", "j", cwd=tmp_path)
    assert (sent["USER_AGENT"], sent["ACCEPT_LANGUAGE"], "X_KEY" in sent) == ("bot", "de", False)
    assert (tmp_path / "b").exists()
    done = at_once("fetch", f"{site.url}/b", "--config", "c.yaml", "--job", "k", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "--job k: c.yaml has no such job; it has j\n")


def test_a_rate_holds_a_body_back_and_its_deadline_ends_that(tmp_path):
    with Site(lambda _: bytes(2_000_000)) as site:
        slow = ("--limit-rate", "100k", "--max-time", "2", "--attempts", "1", "--json")
        done = at_once("fetch", f"{site.url}/a", *slow, cwd=tmp_path)
        assert '"kind": "timeout"' in done.stdout
        assert done.returncode == 4
        done = at_once("fetch", f"{site.url}/a", "--limit-rate", "100M", cwd=tmp_path)
        assert done.returncode == 0


def test_a_body_of_a_type_that_is_not_wanted_is_not_stored(tmp_path):
    page = ("200 OK", [("Content-Type", "text/html"), ("Content-Length", "4")], [b"page"])
    with Site(lambda _: page) as site:
        done = at_once("fetch", f"{site.url}/a", "--accept-types", "image/*", "-O", cwd=tmp_path)
        assert (done.returncode, list(tmp_path.iterdir())) == (9, [])
        done = at_once("fetch", f"{site.url}/a", "--accept-types", "text/*", "-O", cwd=tmp_path)
        assert (done.returncode, (tmp_path / "a").read_bytes()) == (0, b"page")
