"""Against servers and proxies that others wrote: nginx, lighttpd, caddy, squid, tinyproxy."""

import json
import os
import signal
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import pytest
import trustme

from tests.program import Daemon, assert_clean, due_again, fetch, until, write_config
from tests.real import serving
from tests.servers import Site

SERVERS = ("nginx", "lighttpd", "caddy")
TEXT = "a line that compresses well\n" * 500
BIG = 80_000_000


@pytest.fixture
def root(tmp_path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "text.txt").write_text(TEXT)
    return folder


@pytest.fixture(params=SERVERS)
def server(request, root, tmp_path):
    with serving(request.param, root, tmp_path / "server") as url:
        yield url


def one_job(tmp_path, url: str, **options) -> Path:
    return write_config(tmp_path, [{"name": "j", "urls": [url], "path": "file", **options}])


def run_to_the_end(config: Path) -> list[dict]:
    with Daemon(config, "--until-done") as daemon:
        assert daemon.wait(60) == 0, daemon.errors
        return daemon.told("visit")


def test_every_file_of_a_real_tree_arrives_equal(tmp_path, full_campaign):
    most = 6000 if full_campaign else 1500
    root = Path("/usr/share/doc")
    with serving("nginx", root, tmp_path / "server") as url:
        files = {
            f"{url}/{quote(str(file.relative_to(root)))}": file
            for file in sorted(root.rglob("*"))[:most]
            if file.is_file() and not file.is_symlink() and os.access(file, os.R_OK)
        }
        (tmp_path / "list").write_text("\n".join(files))
        done = fetch("-i", "list", "-m", "64", "-o", "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    told = [json.loads(line) for line in done.stdout.splitlines()]
    print(f"{len(told)} files")
    assert len(told) == len(files) == len({line["path"] for line in told})
    for line in told:
        stored = (tmp_path / line["path"]).read_bytes()
        assert stored == files[line["url"]].read_bytes(), line["url"]


def test_a_compressed_answer_is_stored_as_it_was_and_not_fetched_again_unchanged(server, tmp_path):
    config = one_job(tmp_path, f"{server}/text.txt")
    assert [visit["kind"] for visit in run_to_the_end(config)] == ["stored"]
    assert (tmp_path / "files/file").read_text() == TEXT
    due_again(tmp_path)
    assert [visit["kind"] for visit in run_to_the_end(config)] == ["unchanged"]
    assert (tmp_path / "files/file").read_text() == TEXT


def test_a_big_file_goes_on_after_kill_9(server, root, tmp_path):
    with (root / "big.bin").open("wb") as file:
        for block in range(BIG // 1000):
            file.write(block.to_bytes(8, "big") * 125)
    config = one_job(tmp_path, f"{server}/big.bin")
    with Daemon(config) as daemon:
        until(lambda: written(tmp_path) > 3_000_000, "no part", daemon)
        daemon.signal(signal.SIGKILL)
        daemon.wait()
    had = written(tmp_path)
    assert 3_000_000 < had < BIG, "killed too late to say anything"
    (visit,) = run_to_the_end(config)
    assert (visit["kind"], visit["status"], visit["bytes"]) == ("stored", 206, BIG)
    assert (tmp_path / "files/file").read_bytes() == (root / "big.bin").read_bytes()
    assert_clean(tmp_path, urls=1)


def written(tmp_path) -> int:
    """Return the size of the part; that of the folder's mark is gone at once."""
    return sum(part.stat().st_size for part in tmp_path.rglob("[!.]*.part"))


def test_a_rate_limit_is_waited_for_and_a_dropped_connection_is_protocol(root, tmp_path):
    with serving("nginx", root, tmp_path / "server") as url:
        urls = [f"{url}/limited/text.txt?[1-4]", f"{url}/gone"]
        job = {"name": "j", "urls": urls, "path": "{digest}", "attempts": 30}
        job |= {"delay": "50ms", "per_host": 1}  # four times what the server allows
        config = write_config(tmp_path, [job])
        with Daemon(config) as daemon:
            until(lambda: len(daemon.told("visit", kind="stored")) == 4, "not all", daemon)
            limited = daemon.told("visit", status=429)
            dropped = daemon.wait_for("visit", kind="protocol")
            assert daemon.stop() == 0
    assert limited
    assert all(visit["verdict"] == "again" for visit in limited)
    assert dropped["url"].endswith("/gone")


@pytest.mark.parametrize("trusted", [True, False])
def test_tls_is_checked_against_the_authority_of_the_job(trusted, root, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    leaf = authority.issue_cert("127.0.0.1")
    leaf.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "leaf.pem"))
    pem = tmp_path / "leaf.pem"
    directives = f"ssl_certificate {pem}; ssl_certificate_key {pem};"
    with serving("nginx", root, tmp_path / "server", certificate=directives) as url:
        verify = str(tmp_path / "ca.pem") if trusted else True
        (visit,) = run_to_the_end(one_job(tmp_path, f"{url}/text.txt", verify=verify))
    if trusted:
        assert visit["kind"] == "stored"
    else:
        assert (visit["kind"], visit["verdict"]) == ("tls", "dead")
        assert visit["reason"].startswith("certificate refused: unable to get local issuer")


@pytest.mark.parametrize("shown", [True, False])
def test_a_client_certificate_is_shown_if_the_job_has_one(shown, root, tmp_path):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    for name in ("127.0.0.1", "client@example.org"):
        pair = authority.issue_cert(name).private_key_and_cert_chain_pem
        pair.write_to_path(str(tmp_path / f"{name}.pem"))
    pem = tmp_path / "127.0.0.1.pem"
    directives = (
        f"ssl_protocols TLSv1.3; ssl_certificate {pem}; ssl_certificate_key {pem}; "
        f"ssl_client_certificate {tmp_path}/ca.pem; ssl_verify_client on;"
    )
    options = {"client_cert": str(tmp_path / "client@example.org.pem")} if shown else {}
    with serving("nginx", root, tmp_path / "server", certificate=directives) as url:
        config = one_job(
            tmp_path,
            f"{url}/text.txt",
            verify=str(tmp_path / "ca.pem"),
            min_tls="TLSv1.3",
            **options,
        )
        (visit,) = run_to_the_end(config)
    assert visit.get("status") == (200 if shown else 400), visit["reason"]


@pytest.mark.parametrize("proxy", ["squid", "tinyproxy"])
def test_a_real_proxy_is_used(proxy, tmp_path):
    with Site(lambda path: path.encode()) as site:
        with serving(proxy, tmp_path, tmp_path / "proxy") as url:
            config = write_config(
                tmp_path, [{"name": "j", "urls": [f"{site.url}/[1-9]"], "proxy": url}]
            )
            kinds = Counter(visit["kind"] for visit in run_to_the_end(config))
        assert kinds == {"stored": 9}
        assert all("VIA" in seen.headers for seen in site.requests)
    assert_clean(tmp_path, urls=9)


@pytest.mark.parametrize("algorithm", ["md5", "sha"])
def test_a_login_by_digest_is_asked_for_once_and_holds_for_every_file(root, tmp_path, algorithm):
    folder = root / algorithm
    folder.mkdir()
    for number in range(1, 21):
        (folder / f"{number}.txt").write_text(f"file {number}\n" * number)
    with serving("lighttpd", root, tmp_path / "lighttpd") as url:
        urls = [f"{url}/{algorithm}/[1-20].txt?a=%22b%22"]
        for password, kinds in (("pw", {"stored"}), ("wrong", {"http_error"})):
            work = tmp_path / password
            work.mkdir()
            auth = {"user": "me", "password": password, "digest": True}
            job = {"name": "j", "urls": urls, "auth": auth, "ban": {"status": []}}
            with Daemon(write_config(work, [job]), "--until-done") as daemon:
                assert daemon.wait() == 0
                assert {one["kind"] for one in daemon.told("visit")} == kinds
    for number in range(1, 21):
        stored = tmp_path / f"pw/files/j/{number}"
        assert stored.read_text() == f"file {number}\n" * number
