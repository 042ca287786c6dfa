"""The PostgreSQL servers that tests run: private, quick to have, gone with whoever asked."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import postgres
from tests.postgres import Cluster
from tests.program import until

KILLED = """
import sys
from tests.postgres import Cluster
with Cluster() as cluster:
    print(cluster.folder, cluster.postmaster, flush=True)
    sys.stdin.read()
"""


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_database_is_empty_and_nobodys_else(database):
    with psycopg.connect(database) as connection:
        tables = "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', %s)"
        assert connection.execute(tables, ["information_schema"]).fetchone() == (0,)
        connection.execute("CREATE TABLE one (n int)")


def test_a_server_goes_with_the_tests_that_are_killed():
    with subprocess.Popen(
        [sys.executable, "-c", f"import crawler{KILLED}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as tests:  # fmt: skip
        folder, pid = tests.stdout.readline().split()
        assert alive(int(pid))
        tests.kill()
    until(lambda: not alive(int(pid)) and not Path(folder).exists(), "the server stays")


def test_a_server_comes_back_from_every_end_with_what_was_committed():
    with Cluster(addresses=["127.0.0.1"]) as cluster:
        name = cluster.create()
        cluster.psql("CREATE TABLE one AS SELECT 1 AS n", database=name)
        for mode in ("fast", "immediate"):
            cluster.restart(mode)
            assert cluster.psql("SELECT n FROM one", database=name) == [(1,)]
        with psycopg.connect(cluster.url(name, address="127.0.0.1")) as connection:
            cluster.kill(connection.info.backend_pid)
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        cluster.kill(cluster.postmaster)
        cluster.start()
        assert cluster.psql("SELECT n FROM one", database=name) == [(1,)]
        folder = cluster.folder
    assert not folder.exists()


def test_a_server_of_the_campaign_is_newer():
    with Cluster(postgres.embedded()) as cluster:
        ((version,),) = cluster.psql("SHOW server_version_num")
    assert int(version) >= 180000
