"""What an operator is told of a server that lets no crawler in, and whether that is waited for."""

import psycopg
import pytest
from psycopg import errors

from crawler.errors import LocalFaultError, StateError
from crawler.frontier.postgres.faults import error_of
from crawler.frontier.postgres.opening import connect
from crawler.state_address import state_address
from tests import postgres

ACCESS = """
local all all trust
host all rejected all reject
hostssl all encrypted all trust
host all bob,idle all scram-sha-256
host all all 0.0.0.0/0 scram-sha-256
"""
READ_WRITE = "target_session_attrs=read-write"


@pytest.fixture(scope="module")
def server():
    settings = {"password_encryption": "scram-sha-256", "hot_standby": "off"}
    with postgres.Cluster(addresses=("127.0.0.1", "::1"), settings=settings) as cluster:
        for role in ("bob", "idle"):
            cluster.psql(f"CREATE ROLE {role} LOGIN PASSWORD 'right'")
        cluster.psql("CREATE ROLE group_role PASSWORD 'right'")
        cluster.psql("ALTER ROLE idle SET default_transaction_read_only = on")
        cluster.psql("CREATE DATABASE closed ALLOW_CONNECTIONS false")
        cluster.psql("CREATE DATABASE crowded CONNECTION LIMIT 0")
        cluster.psql("CREATE DATABASE foreign_one")
        cluster.psql("REVOKE CONNECT ON DATABASE foreign_one FROM public")
        (cluster.data / "pg_hba.conf").write_text(ACCESS)
        cluster.run("pg_ctl", "reload")
        yield cluster


def refused(url):
    """Return the error of connecting, by its class and its text."""
    with pytest.raises((StateError, LocalFaultError)) as caught:
        connect(state_address(url), make=False).server.close()
    assert "wrong" not in str(caught.value), "a password was told"
    return type(caught.value), str(caught.value)


def place(server, user="bob:right", hosts="127.0.0.1", database="postgres", parameters=""):
    there = ",".join(f"{host}:{server.port}" for host in hosts.split(","))
    return f"postgresql://{user}@{there}/{database}?{parameters}"


@pytest.mark.parametrize(("there", "remedy"), [
    ({"user": "bob:wrong"}, "set the right password"),
    ({"user": "bob"}, "set the right password"),
    ({"user": "nobody:wrong"}, "set the right password"),  # a server does not say more
    ({"user": "group_role:right"}, "with LOGIN"),
    ({"user": "rejected"}, "pg_hba.conf admit it"),
    ({"user": "encrypted", "hosts": "[::1]"}, "pg_hba.conf admit it"),
    ({"user": "nobody", "hosts": "[::1]"}, "pg_hba.conf admit it"),
    ({"database": "none"}, "make the database"),
    ({"database": "foreign_one"}, "grant this user CONNECT"),
    ({"parameters": "sslmode=require"}, "it has no TLS"),
    ({"parameters": "options=-cnone%3D1"}, "see the parameters"),
    ({"parameters": "require_auth=md5"}, "see the parameters"),
    ({"parameters": "service=none"}, "see the parameters"),
    ({"parameters": "sslmode=none"}, "see the parameters"),
])  # fmt: skip
def test_what_does_not_pass_by_itself_ends_the_wait_with_a_remedy(server, there, remedy):
    error, said = refused(place(server, **there))
    assert error is StateError
    assert remedy in said


@pytest.mark.parametrize(("there", "remedy"), [
    ({"database": "closed"}, "it starts, or stops"),
    ({"database": "crowded"}, "no connection left"),
    ({"user": "idle:right", "parameters": READ_WRITE}, "a standby, or read-only"),
    ({"parameters": "target_session_attrs=standby"}, "cannot be reached"),
    ({"hosts": "no.such.invalid"}, "its name is not known"),
])  # fmt: skip
def test_what_may_pass_is_waited_for(server, there, remedy):
    error, said = refused(place(server, **there))
    assert error is LocalFaultError
    assert remedy in said


def test_a_server_that_is_away_is_waited_for(unused_port):
    error, said = refused(f"postgresql://bob@127.0.0.1:{unused_port}/postgres")
    assert error is LocalFaultError
    assert "cannot be reached" in said


def test_a_server_that_does_not_admit_yet_is_waited_for(server):
    (server.data / "standby.signal").touch()
    server.restart()
    try:
        error, said = refused(place(server))
        assert error is LocalFaultError
        assert "it starts, or stops" in said
    finally:
        (server.data / "standby.signal").unlink()
        server.restart()


def test_of_several_servers_one_that_may_come_back_is_waited_for(server, unused_port):
    there = place(server, "bob:wrong", "127.0.0.1")
    away = f"127.0.0.1:{unused_port}"
    for hosts in (f"{away},127.0.0.1:{server.port}", f"127.0.0.1:{server.port},{away}"):
        error, said = refused(there.replace(f"127.0.0.1:{server.port}", hosts))
        assert error is LocalFaultError
        assert "cannot be reached" in said
        assert "password authentication failed" in said
        assert "refused" in said


def test_several_servers_that_all_refuse_for_good_are_not_waited_for(server):
    error, said = refused(place(server, "bob:wrong", "127.0.0.1,[::1]"))
    assert error is StateError
    assert "set the right password" in said


@pytest.mark.parametrize("addresses", ["127.0.0.1,127.0.0.2", "127.0.0.2,127.0.0.1"])
def test_an_address_that_refuses_for_good_speaks_for_its_server(server, addresses):
    hosts = f"hostaddr={addresses}&host=localhost,localhost"
    error, said = refused(f"postgresql://bob:wrong@/postgres?{hosts}&port={server.port}")
    assert error is StateError
    assert "set the right password" in said
    assert "refused" in said


@pytest.mark.parametrize(("said", "error", "remedy"), [
    ("FATAL:  the database system is starting up", LocalFaultError, "it starts"),
    ("FATAL:  sorry, too many clients already", LocalFaultError, "no connection left"),
    ("FATAL:  no such database: none", StateError, "make the database"),
    ("FATAL:  no more connections allowed", LocalFaultError, "no connection left"),
    ("FATAL:  remaining connection slots are reserved for", LocalFaultError, "no connection left"),
    ("FATAL:  SASL authentication failed", StateError, "the right password"),
    ("FATAL:  no such user", StateError, "with LOGIN"),
    ('FATAL:  Ident authentication failed for user "bob"', StateError, "with LOGIN"),
    ("FATAL:  unsupported startup parameter: options", StateError, "see the parameters"),
    ("server is in hot standby mode", LocalFaultError, "a standby, or read-only"),
    ('could not translate host name "a" to address', LocalFaultError, "its name is not known"),
    ('root certificate file "/a" does not exist', StateError, "see the certificates"),
    ('could not open certificate file "/a": Permission denied', StateError, "see the certificates"),
    ('could not load private key file "/a": none', StateError, "see the certificates"),
    ("SSL error: tlsv13 alert certificate required", StateError, "see the certificates"),
    ("FATAL:  Passwort-Authentifizierung fehlgeschlagen", LocalFaultError, "see what it says"),
    ('FATAL:  database "the database system is" does not exist', StateError, "make the database"),
    ("SSL error: certificate verify failed", StateError, "see the certificates"),
    ('server certificate for "a" does not match host name "b"', StateError, "see the certificates"),
    ("SSL SYSCALL error: EOF detected", LocalFaultError, "cannot be reached"),
])  # fmt: skip
def test_the_words_of_a_refusal_are_heard(said, error, remedy):
    start = 'connection failed: connection to server at "::1", port 5432 failed: '
    found = error_of("place", psycopg.OperationalError(start + said))
    assert type(found) is error
    assert remedy in str(found)


@pytest.mark.parametrize("kind", [
    errors.IdleInTransactionSessionTimeout, errors.QueryCanceled, errors.DiskFull,
    errors.LockNotAvailable, errors.AdminShutdown, errors.DeadlockDetected,
])  # fmt: skip
def test_a_statement_that_may_succeed_later_is_tried_again(kind):
    assert isinstance(error_of("place", kind('no such database "none"')), LocalFaultError)


def test_a_statement_that_is_wrong_is_not_tried_again():
    assert type(error_of("place", errors.SyntaxError("near X"))) is StateError


@pytest.mark.parametrize("kind", [
    errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement, errors.DuplicateTable,
    errors.DuplicateFunction, errors.UndefinedFunction,
])  # fmt: skip
def test_a_pooler_that_shares_connections_is_told_of(kind):
    found = error_of("place", kind('prepared statement "_pg3_0" does not exist'))
    assert type(found) is StateError
    assert "pool_mode = session" in str(found)
