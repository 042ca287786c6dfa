"""A reload is whole or nothing, and reads again what files hold that keep their names."""

import signal
import ssl
from pathlib import Path

import pytest
import trustme
import yaml

from tests.program import Daemon, until, write_config
from tests.servers import Site

COOKIES = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\t{}\n"


def edit(config: Path, at: int = 0, **job: object) -> None:
    """Change options of a job, or add one, and ask for a reload afterwards."""
    document = yaml.safe_load(config.read_text())
    if at == len(document["jobs"]):
        document["jobs"].append({})
    document["jobs"][at] |= job
    new = config.with_suffix(".new")
    new.write_text(yaml.safe_dump(document))
    new.rename(config)


def cookies_sent(site: Site, path: str) -> str:
    until(lambda: path in site.paths(), f"{path} was not asked for")
    return next(seen for seen in site.requests if seen.path == path).headers.get("COOKIE", "")


@pytest.fixture
def site():
    with Site(str.encode) as one:
        yield one


def test_a_configuration_that_is_rejected_leaves_the_cookies_of_its_other_jobs_alone(
    site, tmp_path
):
    for name in ("old", "new"):
        (tmp_path / f"{name}.txt").write_text(COOKIES.format(name))
    job = {"name": "a", "urls": [f"{site.url}/1"], "cookies": "old.txt", "inbox": "in"}
    config = write_config(tmp_path, [job])
    with Daemon(config) as daemon:
        assert cookies_sent(site, "/1") == "sid=old"
        (tmp_path / "bad.pem").write_text("nothing")
        edit(config, cookies="new.txt")
        edit(config, 1, name="b", urls=[f"{site.url}/b"], verify="bad.pem")
        daemon.signal(signal.SIGHUP)
        (problem,) = daemon.wait_for("config.rejected")["problems"]
        assert "bad.pem: no certificate in it" in problem
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / "more.txt").write_text(f"{site.url}/2\n")
        assert cookies_sent(site, "/2") == "sid=old"
        assert daemon.stop() == 0
    assert "/b" not in site.paths()


def test_cookies_that_changed_under_their_name_are_read_again(site, tmp_path):
    (tmp_path / "c.txt").write_text(COOKIES.format("old"))
    job = {"name": "a", "urls": [f"{site.url}/1"], "cookies": "c.txt"}
    config = write_config(tmp_path, [job])
    with Daemon(config) as daemon:
        assert cookies_sent(site, "/1") == "sid=old"
        (tmp_path / "c.txt").write_text(COOKIES.format("new"))
        edit(config, urls=[f"{site.url}/[1-2]"])
        daemon.signal(signal.SIGHUP)
        assert cookies_sent(site, "/2") == "sid=new"
        assert daemon.stop() == 0


def test_files_that_changed_under_their_name_hold_on_after_the_lists_were_read(site, tmp_path):
    """The job is the same in both configurations: it was put in force as the one of before."""
    cookies, list_file = tmp_path / "c.txt", tmp_path / "list.txt"
    cookies.write_text(COOKIES.format("old"))
    list_file.write_text(f"{site.url}/1\n")
    job = {"name": "a", "url_file": "list.txt", "cookies": "c.txt"}
    with Daemon(write_config(tmp_path, [job])) as daemon:
        assert cookies_sent(site, "/1") == "sid=old"
        for number in (2, 3):
            cookies.write_text(COOKIES.format(f"new{number}"))
            list_file.write_text("".join(f"{site.url}/{n}\n" for n in range(1, number + 1)))
            daemon.signal(signal.SIGHUP)
            assert cookies_sent(site, f"/{number}") == f"sid=new{number}"
        assert daemon.stop() == 0


def test_a_list_is_asked_for_with_the_cookies_that_changed_under_their_name(tmp_path):
    cookies, listed = tmp_path / "c.txt", []
    cookies.write_text(COOKIES.format("old"))
    with Site(lambda path: b"\n".join(listed) if path == "/list" else b"x") as site:
        listed.append(f"{site.url}/1".encode())
        job = {"name": "a", "url_file": f"{site.url}/list", "cookies": "c.txt", "delay": 0}
        with Daemon(write_config(tmp_path, [job])) as daemon:
            until(lambda: "/1" in site.paths(), "no visit", daemon)
            cookies.write_text(COOKIES.format("new"))
            listed.append(f"{site.url}/2".encode())
            daemon.signal(signal.SIGHUP)
            until(lambda: "/2" in site.paths(), "no visit", daemon)
            assert daemon.stop() == 0
    asked = [seen.headers.get("COOKIE") for seen in site.requests if seen.path == "/list"]
    assert asked == ["sid=old", "sid=new"]


def test_certificates_that_changed_under_their_name_are_read_again(tmp_path):
    trusted, other = trustme.CA(), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trusted.issue_cert("127.0.0.1").configure_cert(context)
    trusted.cert_pem.write_to_path(tmp_path / "ca.pem")
    with Site(str.encode, context=context) as site:
        job = {"name": "a", "urls": [f"{site.url}/1"], "verify": "ca.pem", "attempts": 1}
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            assert daemon.wait_for("visit")["kind"] == "stored"
            other.cert_pem.write_to_path(tmp_path / "ca.pem")
            edit(config, urls=[f"{site.url}/[1-2]"])
            daemon.signal(signal.SIGHUP)
            refused = until(lambda: daemon.told("visit")[1:], "no second visit", daemon)[0]
            assert refused["kind"] == "tls"
            assert daemon.stop() == 0
        assert site.paths() == ["/1"]


def test_a_client_certificate_that_was_replaced_is_shown_from_the_reload_on(tmp_path):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    shown = tmp_path / "client.pem"
    authority.issue_cert("me@x.example").private_key_and_cert_chain_pem.write_to_path(shown)
    with Site(str.encode, context=context) as site:
        job = {"name": "a", "urls": [f"{site.url}/1"], "verify": "ca.pem", "attempts": 1}
        config = write_config(tmp_path, [{**job, "client_cert": "client.pem"}])
        with Daemon(config) as daemon:
            assert daemon.wait_for("visit")["kind"] == "stored"
            stranger = trustme.CA().issue_cert("me@x.example")
            stranger.private_key_and_cert_chain_pem.write_to_path(shown)
            edit(config, urls=[f"{site.url}/[1-2]"])
            daemon.signal(signal.SIGHUP)
            refused = until(lambda: daemon.told("visit")[1:], "no second visit", daemon)[0]
            assert refused["kind"] != "stored"
            assert daemon.stop() == 0
