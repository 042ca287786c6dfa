"""Several proxies of a job, of which most are down."""

from tests.program import Daemon, assert_clean, at_once, write_config
from tests.proxies import SocksProxy
from tests.servers import Site, free_port, slow

URLS = 40


def test_a_dead_proxy_costs_no_visit_and_is_told_once_without_its_password(tmp_path):
    dead = f"http://me:secret@127.0.0.1:{free_port()}"
    names = [f"127.0.0.{number}" for number in range(1, 9)]
    with Site(slow(0.01), names) as site, SocksProxy() as socks:
        job = {
            "name": "j", "urls": [f"http://{name}:{site.port}/[1-5]" for name in names],
            "proxy": [dead, socks.url, f"http://127.0.0.1:{free_port()}"],
        }  # fmt: skip
        config = write_config(tmp_path, [job])
        with Daemon(config, "--until-done") as daemon:
            assert daemon.wait() == 0
            visits = daemon.told("visit")
            assert {one["kind"] for one in visits} == {"stored"}
            assert len(visits) == len(site.requests) == URLS
            assert 1 <= len(daemon.told("proxy.failed")) <= 2
            assert b"secret" not in daemon.output
        assert_clean(tmp_path, urls=URLS)
        assert socks.asked


def test_a_list_of_no_proxies_is_told(tmp_path):
    for value, why in (
        ([], "one to 100"),
        (["nowhere"], "a proxy is needed"),
        (5, "a proxy is needed"),
    ):
        write_config(tmp_path, [{"name": "j", "urls": ["http://h/"], "proxy": value}])
        done = at_once("check", "-c", "crawler.yaml", cwd=tmp_path)
        assert done.returncode == 2
        assert why in done.stdout + done.stderr
