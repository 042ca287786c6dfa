"""What is secret, from the configuration to the wire: who sees it, and where it is told."""

import grp
import json
import os
import ssl
import stat
from pathlib import Path

import pytest
import trustme
from gevent.server import StreamServer

from tests.program import Daemon, at_once, crawler, fetch, write_config
from tests.servers import Site, status

COOKIES = "# Netscape HTTP Cookie File\n{host}\tFALSE\t/\tFALSE\t0\tsid\tcookie\n"
SECRETS = {"AUTHORIZATION", "X_API_KEY", "COOKIE"}


def run(folder: Path, job: dict, **crawler) -> Daemon:
    """Run a job to its end."""
    with Daemon(write_config(folder, [{"name": "j", **job}], **crawler), "--until-done") as daemon:
        assert daemon.wait() == 0, daemon.errors
        return daemon


def carried(site: Site) -> dict[str, set[str]]:
    """Return which secrets each path was asked for with."""
    return {seen.path: SECRETS & set(seen.headers) for seen in site.requests}


def cookies(folder: Path, host: str = "127.0.0.1") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cookies.txt").write_text(COOKIES.format(host=host))
    return "cookies.txt"


def test_no_robots_txt_is_asked_for_with_a_secret_and_no_redirect_carries_one(tmp_path):
    with Site(str.encode, ["127.0.0.2"]) as other:
        moved = status("302 Found", ("Location", f"{other.url}/there"))
        with Site(lambda path: moved if path == "/start" else b"") as site:
            run(tmp_path, {
                "urls": [f"{site.url}/start"], "robots": "obey", "auth": {"bearer": "t"},
                "headers": {"X-Api-Key": "k"}, "cookies": cookies(tmp_path),
            })  # fmt: skip
            assert carried(site) == {"/robots.txt": set(), "/start": SECRETS}
        assert carried(other) == {"/robots.txt": set(), "/there": set()}


@pytest.mark.parametrize("kind", ["url_file", "sitemap"])
def test_what_a_list_names_elsewhere_gets_no_credentials(kind, tmp_path):
    with Site(str.encode, ["127.0.0.2"]) as other:
        page = f"{other.url}/page"
        text = page if kind == "url_file" else f"<urlset><url><loc>{page}</loc></url></urlset>"
        with Site(lambda _: text.encode()) as partner:
            lists = {kind: f"{partner.url}/list"}
            job = {**lists, "auth": {"bearer": "t"}, "headers": {"X-Api-Key": "k"}}
            run(tmp_path / "one", job)
            assert carried(partner)["/list"] == {"AUTHORIZATION", "X_API_KEY"}
            assert carried(other) == {"/page": set()}
            given = {**job, "auth": {"bearer": "t", "hosts": ["127.0.0.2"]}}
            run(tmp_path / "two", given)
            assert carried(partner)["/list"] == set()
            assert carried(other) == {"/page": {"AUTHORIZATION", "X_API_KEY"}}


def test_check_says_who_gets_the_credentials_and_who_does_not(tmp_path):
    (tmp_path / "list.txt").write_text("http://a.example/1\nhttp://b.example/2\n")
    job = {
        "name": "j", "urls": ["http://a.example/x"], "url_file": "list.txt",
        "auth": {"bearer": "t"}, "headers": {"X-Api-Key": "k", "Accept-Language": "de"},
    }  # fmt: skip
    write_config(tmp_path, [job])
    told = at_once("check", "-c", "crawler.yaml", cwd=tmp_path).stdout
    assert "credentials auth, X-Api-Key: for http://a.example:80\n" in told
    assert "not for 1 URL elsewhere; auth.hosts names the hosts that get them\n" in told
    write_config(tmp_path, [{**job, "auth": {"bearer": "t", "hosts": ["*.example"]}}])
    told = at_once("check", "-c", "crawler.yaml", cwd=tmp_path).stdout
    assert "credentials auth, X-Api-Key: for *.example\n" in told
    assert "elsewhere" not in told


def test_a_list_is_asked_for_with_the_cookies_by_check_and_by_run(tmp_path):
    with Site(lambda path: f"{site.url}/page".encode() if path == "/list" else b"") as site:
        job = {"url_file": f"{site.url}/list", "cookies": cookies(tmp_path)}
        run(tmp_path, job)
        assert at_once("check", "-c", "crawler.yaml", cwd=tmp_path).returncode == 0
        assert [seen.headers.get("COOKIE") for seen in site.requests] == ["sid=cookie"] * 3


class Certified:
    """A site behind TLS that asks for a certificate, and notes by path whether one was shown."""

    def __init__(self, authority: trustme.CA, address: str, answer: bytes) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(address).configure_cert(context)
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        self._answer = answer
        self._server = StreamServer((address, 0), self._talk, ssl_context=context)
        self.shown: list[tuple[str, bool]] = []

    def __enter__(self) -> "Certified":
        self._server.start()
        self.url = f"https://{self._server.server_host}:{self._server.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(timeout=0.1)

    def _talk(self, client: ssl.SSLSocket, _: object) -> None:
        with client:
            while asked := client.recv(65536):
                self.shown.append((asked.split()[1].decode(), bool(client.getpeercert())))
                client.sendall(self._answer)


def test_the_client_certificate_is_shown_to_the_origins_of_the_credentials_alone(tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    client = authority.issue_cert("client@example.org").private_key_and_cert_chain_pem
    client.write_to_path(str(tmp_path / "client.pem"))
    options = {"client_cert": "client.pem", "verify": "ca.pem", "robots": "obey"}
    empty = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with Certified(authority, "127.0.0.2", empty) as other:
        to = f"HTTP/1.1 302 x\r\nLocation: {other.url}/b\r\nContent-Length: 0\r\n\r\n".encode()
        with Certified(authority, "127.0.0.1", to) as site:
            run(tmp_path, {"urls": [f"{site.url}/a"], **options})
            assert ("/robots.txt", False) in site.shown
            assert ("/a", True) in site.shown
            assert {shown for _, shown in other.shown} == {False}
            other.shown.clear()
            (tmp_path / "list.txt").write_text(f"{other.url}/c\n")
            auth = {"auth": {"hosts": ["127.0.0.2"]}}
            run(tmp_path / "two", {
                "url_file": str(tmp_path / "list.txt"), "robots": "ignore", **auth,
                "client_cert": str(tmp_path / "client.pem"), "verify": str(tmp_path / "ca.pem"),
            })  # fmt: skip
            assert other.shown == [("/c", True)]


@pytest.mark.parametrize("robots", ["ignore", "obey"])
def test_a_redirect_to_an_inner_host_asks_it_for_nothing_not_even_its_robots_txt(robots, tmp_path):
    with Site(str.encode, ["127.0.0.3"]) as inner:
        moved = status("302 Found", ("Location", f"{inner.url}/admin"))
        with Site(lambda path: moved if path == "/start" else b"") as site:
            done = fetch("--json", "--robots", robots, f"{site.url}/start", cwd=tmp_path)
            assert json.loads(done.stdout)["kind"] == "blocked"
            assert ("/robots.txt" in site.paths()) is (robots == "obey")
        assert inner.requests == []


def test_the_robots_txt_of_a_listed_inner_host_is_asked_for_though_a_redirect_leads_there(tmp_path):
    rules = b"User-agent: *\nDisallow: /admin\n"
    with Site(lambda path: rules if path == "/robots.txt" else b"x", ["127.0.0.3"]) as inner:
        moved = status("302 Found", ("Location", f"{inner.url}/admin"))
        with Site(lambda path: moved if path == "/start" else b"") as site:
            urls = f"{site.url}/start", f"{inner.url}/page"
            done = fetch("--json", "--robots", "obey", *urls, cwd=tmp_path)
            kinds = {one["url"]: one["kind"] for one in map(json.loads, done.stdout.splitlines())}
        assert kinds[urls[1]] == "stored"
        assert inner.paths() == ["/robots.txt", "/page"]


def rights(folder: Path) -> dict[str, int]:
    """Return the modes of what lies below a folder, but for what the crawl has stored there."""
    return {
        str(one.relative_to(folder)): stat.S_IMODE(one.stat().st_mode)
        for one in folder.rglob("*")
        if "files" not in one.relative_to(folder).parts
    }


@pytest.mark.parametrize("group", [None, grp.getgrgid(os.getegid()).gr_name])
def test_the_ledger_and_the_lists_are_for_their_user_and_at_most_for_a_group(group, tmp_path):
    """Not even a umask that lets everybody read makes a difference, nor an earlier version."""
    file, folder = (0o600, 0o700) if group is None else (0o640, 0o750)
    with Site(lambda path: f"{site.url}/page".encode() if path == "/list" else b"") as site:
        config = write_config(
            tmp_path, [{"name": "j", "url_file": f"{site.url}/list"}],
            state="var/state.sqlite", output="files", group=group,
        )  # fmt: skip
        before = os.umask(0)
        try:
            with Daemon(config) as daemon:
                daemon.wait_for("visit", kind="stored")
                while_it_runs = rights(tmp_path / "var")
                assert at_once("backup", "-c", "crawler.yaml", "copy", cwd=tmp_path).returncode == 0
                assert daemon.stop() == 0
        finally:
            os.umask(before)
        assert {while_it_runs[f"state.sqlite{end}"] for end in ("", "-wal", "-shm")} == {file}
        lists = {
            name: one for name, one in while_it_runs.items() if name.startswith("state.sqlite.")
        }
        assert lists.pop("state.sqlite.lists") == folder
        assert len(lists) == 2
        assert set(lists.values()) == {file}
        assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == folder
        assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == file
        for one in (tmp_path / "var").rglob("*"):
            one.chmod(0o777 if one.is_dir() else 0o666)
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
    assert set(rights(tmp_path / "var").values()) == {file, folder}


def test_a_group_that_is_not_there_is_refused_by_check_and_by_run(tmp_path):
    write_config(tmp_path, [{"name": "j", "urls": ["http://a.example/"]}], group="no-such-one")
    for verb in ("check", "run"):
        done = crawler(verb, "-c", "crawler.yaml", cwd=tmp_path)
        assert done.returncode == 2
        assert "crawler.group: this machine has no group 'no-such-one'" in done.stderr


def test_the_arguments_of_a_command_are_told_nowhere_and_lie_nowhere(tmp_path):
    hidden = "t0p-secret"
    config = write_config(tmp_path, [{
        "name": "j", "command": ["sh", "-c", "exit 3", "--token=${TOKEN}"],
    }])  # fmt: skip
    with Daemon(config, "--until-done", TOKEN=hidden) as daemon:
        daemon.wait()
    (failed,) = daemon.told("list.failed")
    assert failed["cause"] == "command:sh: ended with exit code 3"
    assert hidden not in json.dumps(daemon.records) + daemon.errors
    for file in tmp_path.glob("state.sqlite*"):
        assert hidden.encode() not in file.read_bytes()


def test_an_odd_line_of_a_cookies_txt_is_told_by_check_and_run_without_its_text(tmp_path):
    with Site(str.encode) as site:
        write_config(tmp_path, [{"name": "j", "urls": [f"{site.url}/a"], "cookies": "jar"}])
        (tmp_path / "jar").write_text(
            "\ufeffs3cret\n#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\tžluť\n"
        )
        done = at_once("check", "-c", "crawler.yaml", cwd=tmp_path)
        assert done.returncode == 0
        assert "  cookies     jar:1: it has 1 fields" in done.stdout
        with Daemon(tmp_path / "crawler.yaml", "--until-done") as daemon:
            assert daemon.wait() == 0
        assert daemon.told("cookie.bad", job="j", place="jar:1")
        assert "s3cret" not in done.stdout + json.dumps(daemon.records)
        assert [one.headers["COOKIE"].encode("latin-1").decode() for one in site.requests] == [
            "sid=žluť"
        ]


PARAMETERS = "sig=s3cret&b=1&X-Amz-Signature=s3cret&%74oken=s3cret"


def test_the_secrets_in_urls_are_told_nowhere(tmp_path):
    """Neither by the log nor by a verb, of what was stored, redirected, refused or bad."""
    to = ("Location", f"/stored?{PARAMETERS}")
    answers = {"/moved": status("302 x", to), "/lost": status("404 Not Found")}
    with Site(lambda path: answers.get(path, b"x")) as site:
        paths = ("stored", "moved", "lost", "cut")
        lines = [f"{site.url}/{path}?{PARAMETERS}" for path in paths]
        bad = [f"http://u:s3cret@127.0.0.1/?{PARAMETERS}", f"http:\\\\u:s3/cret@h?{PARAMETERS}",
               f"/no-url?{PARAMETERS}"]  # fmt: skip
        (tmp_path / "list.txt").write_text("\n".join([*lines, *bad]))
        job = {"name": "j", "url_file": "list.txt", "path": "{host}/{url_path}"}
        config = write_config(tmp_path, [job])
        told = [at_once("check", "-c", "crawler.yaml", cwd=tmp_path)]
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
        verbs = [
            *(("explain", *form, url) for url in lines for form in ((), ("--json",))),
            *(("export", "--format", style) for style in ("jsonl", "csv", "list")),
            ("status",), ("status", "--json"),
        ]  # fmt: skip
        told += [at_once(*verb, "-c", "crawler.yaml", cwd=tmp_path) for verb in verbs]
        told += [at_once(*verb, "--state", "state.sqlite", cwd=tmp_path) for verb in verbs]
        told += [fetch(*form, "--attempts", "1", "-i", "list.txt", "-o", "out", cwd=tmp_path)
                 for form in ((), ("-v",), ("--json",))]  # fmt: skip
        told += [fetch(f"http://u:s3cret@{site.url[7:]}/", cwd=tmp_path)]
    text = json.dumps(daemon.records) + daemon.errors
    text += "".join(one.stdout + one.stderr for one in told)
    assert "s3cret" not in text
    assert "s3/cret" not in text
    assert "b=1&X-Amz-Signature=***&%74oken=***" in text
    whole = at_once("export", "--unmasked", "--format", "list", "-c", "crawler.yaml", cwd=tmp_path)
    assert sorted(whole.stdout.splitlines()) == sorted(lines)


def test_the_names_of_secret_parameters_are_those_of_the_configuration(tmp_path):
    with Site(str.encode) as site:
        url = f"{site.url}/a?ticket=s3cret&sig=1"
        config = write_config(
            tmp_path, [{"name": "j", "urls": [url]}], redact_query=["TICK*"]
        )  # fmt: skip
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
    (visit,) = daemon.told("visit")
    assert visit["url"] == f"{site.url}/a?ticket=***&sig=1"
    said = at_once("export", "--format", "list", "-c", "crawler.yaml", cwd=tmp_path).stdout
    assert said == f"{visit['url']}\n"


def test_a_secret_that_its_server_repeats_is_told_nowhere_and_lies_nowhere(tmp_path):
    secrets = {"bearer": "s3cret-bearer", "key": "s3cret-key", "cookie": "s3cret-cookie"}

    def route(path: str):
        coding = secrets.get(path[1:], "x")
        return "200 OK", [("Content-Encoding", coding), ("Content-Length", "1")], [b"x"]

    (tmp_path / "jar").write_text(f"127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\t{secrets['cookie']}\n")
    with Site(route) as site:
        config = write_config(tmp_path, [{
            "name": "j", "urls": [f"{site.url}/{{{','.join(secrets)}}}"], "attempts": 1,
            "auth": {"bearer": "${BEARER}"}, "headers": {"X-Key": "${KEY}"}, "cookies": "jar",
        }])  # fmt: skip
        environment = {"BEARER": secrets["bearer"], "KEY": secrets["key"]}
        with Daemon(config, "--until-done", **environment) as daemon:
            assert daemon.wait() == 0
    assert len(daemon.told("visit", kind="decode")) == 3
    assert "s3cret" not in json.dumps(daemon.records)
    assert not any(b"s3cret" in file.read_bytes() for file in tmp_path.glob("state.sqlite*"))


@pytest.mark.parametrize("kind", ["url_file", "sitemap"])
def test_check_names_a_list_that_failed_without_the_secrets_of_the_configuration(kind, tmp_path):
    with Site(lambda _: b"<html>") as site:
        job = {"name": "j", kind: f"{site.url}/list?mycode=hidden"}
        write_config(tmp_path, [job], redact_query=["mycode"])
        done = at_once("check", "-c", "crawler.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "mycode=***" in done.stderr
    assert "hidden" not in done.stdout + done.stderr


@pytest.mark.parametrize(("kind", "text"), [
    ("url_file", "u\x1b]0;t\x07\x9b2J,x\na,b\n"),
    ("sitemap", "<ur\x1b]0;t\x07\x9b2Jl/>"),
])  # fmt: skip
def test_no_error_of_a_list_moves_the_cursor_of_the_terminal(kind, text, tmp_path):
    with Site(lambda _: text.encode()) as site:
        write_config(tmp_path, [{"name": "j", kind: f"{site.url}/list.csv"}])
        done = at_once("check", "-c", "crawler.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "\ufffd]0;t" in done.stderr
    assert all(char.isprintable() for line in done.stderr.split("\n") for char in line)
