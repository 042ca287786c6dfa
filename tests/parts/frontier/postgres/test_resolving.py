"""Names of servers, which a name server of the tests knows, or keeps to itself."""

import os
import socket
import time

import gevent
import psycopg
import pytest
import trustme
from gevent.event import Event

from crawler.errors import LocalFaultError, StateError
from crawler.frontier.postgres import resolving
from crawler.frontier.postgres.opening import connect
from crawler.state_address import state_address
from tests import postgres

NAMES = {
    "db.example": ["127.0.0.9", "127.0.0.9", "127.0.0.1"],
    "alias.example": ["127.0.0.1"],
}


class NameServer:
    """A resolver of gevent's that knows a few names; it never answers for others."""

    def getaddrinfo(self, host, port, _family, kind, *_):
        if host.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if host not in NAMES:
            Event().wait()
        return [(socket.AF_INET, kind, 6, "", (one, int(port))) for one in NAMES[host]]


@pytest.fixture(autouse=True)
def names(monkeypatch):
    monkeypatch.setattr(gevent.get_hub(), "resolver", NameServer())


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def server(authority):
    with postgres.Cluster(addresses=("127.0.0.1",)) as cluster:
        issued = authority.issue_cert("db.example")
        for name, content in (
            ("server.key", issued.private_key_pem.bytes()),
            ("server.crt", b"".join(pem.bytes() for pem in issued.cert_chain_pems)),
        ):
            file = cluster.data / name
            file.write_bytes(content)
            file.chmod(0o600)
            if os.geteuid() == 0:
                os.chown(file, postgres.NOBODY, postgres.NOBODY)
        cluster.psql("ALTER SYSTEM SET ssl = on")
        cluster.run("pg_ctl", "reload")
        with connect(state_address(cluster.url()), make=True).server:
            yield cluster


def at(server, host, parameters=""):
    return state_address(f"postgresql://{postgres.USER}@{host}:{server.port}/postgres?{parameters}")


def test_every_address_of_a_name_is_tried(server):
    with connect(at(server, "db.example"), make=False).server as connection:
        assert (connection.info.host, connection.info.hostaddr) == ("db.example", "127.0.0.1")


def test_a_certificate_is_held_against_the_name(server, authority, tmp_path):
    root = tmp_path / "root.crt"
    authority.cert_pem.write_to_path(root)
    verify = f"sslmode=verify-full&sslrootcert={root}"
    with connect(at(server, "db.example", verify), make=False).server as connection:
        assert connection.pgconn.ssl_in_use
    with pytest.raises(StateError, match="see the certificates"):
        connect(at(server, "alias.example", verify), make=False)


def test_a_name_server_that_does_not_answer_holds_nothing_but_the_connection(server, monkeypatch):
    monkeypatch.setattr(resolving, "RESOLVING_S", 0.3)
    opening, turns = gevent.spawn(connect, at(server, "silent.example"), make=False), 0
    deadline = time.monotonic() + 10
    while not opening.ready() and time.monotonic() < deadline:
        gevent.sleep(0.01)
        turns += 1
    assert turns > 5
    with pytest.raises(LocalFaultError, match=r"its name is not known.*no answer in 0\.3 s"):
        opening.get(timeout=0)


def test_a_name_that_is_not_known_costs_no_other(server):
    hosts = f"gone.invalid:{server.port},alias.example"
    with connect(at(server, hosts), make=False).server as connection:
        assert connection.info.host == "alias.example"
    with pytest.raises(LocalFaultError, match="its name is not known"):
        connect(at(server, "gone.invalid"), make=False)


@pytest.mark.parametrize(("given", "found"), [
    ({"host": "db.example"}, ("db.example,db.example", "127.0.0.9,127.0.0.1", "5432,5432")),
    ({"host": "/run,alias.example,::1", "port": "1,2,3"},
     ("/run,alias.example,::1", ",127.0.0.1,", "1,2,3")),
    ({"host": "@abstract"}, ("@abstract", "", "5432")),
    ({"host": "silent.example", "hostaddr": "127.0.0.1"}, ("silent.example", "127.0.0.1", None)),
    ({"host": "silent.example,b", "port": "1,2,3"}, ("silent.example,b", None, "1,2,3")),
    ({"dbname": "none"}, (None, None, None)),
])  # fmt: skip
def test_what_is_no_name_stays(given, found):
    parameters = resolving.resolved(given)
    assert tuple(map(parameters.get, ("host", "hostaddr", "port"))) == found


def test_no_name_at_all_is_an_error_of_the_server():
    with pytest.raises(psycopg.OperationalError, match=r"gone\.invalid"):
        resolving.resolved({"host": "gone.invalid,gone.invalid"})
