"""Where a ledger is, from what an operator writes."""

import pickle
from pathlib import Path

import pytest
from psycopg import pq

from crawler.policy.masking import USUAL
from crawler.state_address import PARAMETERS, SECRETS, StateServer, state_address

SECRET = "s3cret"  # noqa: S105  it is looked for


def server(text: str) -> StateServer:
    found = state_address(text)
    assert isinstance(found, StateServer)
    return found


@pytest.mark.parametrize("text", ["state.sqlite", "/var/a b.sqlite", "c:/x", "postgres", "a=b"])
def test_what_is_no_url_is_a_path(text):
    assert state_address(text) == Path(text)


@pytest.mark.parametrize(("text", "shown"), [
    ("postgresql://db.example/crawler", "postgresql://db.example/crawler"),
    ("postgres://db.example", "postgresql://db.example"),
    ("postgresql:///crawler", "postgresql:///crawler"),
    ("postgresql://", "postgresql://"),
    ("postgresql://me@%2Frun%2Fpostgresql/crawler", "postgresql://***@%2Frun%2Fpostgresql/crawler"),
    ("postgresql://me:s3cret@[::1]:5432,db2:/x", "postgresql://***@[::1]:5432,db2:/x"),
    (
        "postgresql://me:s3cret@h1:5432,h2/x?target_session_attrs=read-write&sslpassword=s3cret",
        "postgresql://***@h1:5432,h2/x?target_session_attrs=read-write&sslpassword=***",
    ),
    ("postgresql://h/x?user=me&password=s3cret", "postgresql://h/x?user=me&password=***"),
    ("postgresql://h/x?pass%77ord=s3cret", "postgresql://h/x?password=***"),
    ("postgresql://h/x?ssl=true", "postgresql://h/x?ssl=true"),
])  # fmt: skip
def test_a_server_is_told_without_its_secrets_and_kept_with_them(text, shown):
    found = server(text)
    assert str(found) == shown
    told = (str(found), repr(found), found.plain, f"{found}", repr({"state": found}))
    assert SECRET not in " ".join(told)
    assert found.has_secret is (SECRET in text)
    assert found.url == text
    assert USUAL(shown) == shown  # the log and the verbs tell the same
    assert pq.Conninfo.parse(found.url.encode())
    assert pq.Conninfo.parse(found.plain.encode())


def test_the_secrets_are_as_the_server_gets_them():
    found = server("postgresql://me:p%40%2Fs@h/x?sslpassword=q%25")
    assert found.secrets == ("p@/s", "q%")
    (password,) = (
        one.val for one in pq.Conninfo.parse(found.url.encode()) if one.keyword == b"password"
    )
    assert password == b"p@/s"


def test_two_that_differ_in_secrets_alone_are_one_ledger():
    one, other = server("postgres://me:a@h/x"), server("postgresql://me:b@h/x?password=c")
    assert (one, hash(one)) == (other, hash(other))
    assert one != server("postgresql://you:a@h/x")
    assert one != server("postgresql://me:a@h/y")
    assert pickle.loads(pickle.dumps(one)).url == one.url  # noqa: S301  our own


@pytest.mark.parametrize("text", [
    "POSTGRESQL://me:s3cret@h/x", "postgresql:/me:s3cret@h/x", " postgresql://me:s3cret@h/x",
    "postgresql+psycopg://me:s3cret@h/x", "sqlite:///s3cret", "host=h user=me password=s3cret",
    "postgresql://me:a@s3cret@h/x", "postgresql://me:s3cret/a@h/x", "postgresql://me:54/s3cret@h/x",
    "postgresql://me:s3cret?a@h/x", "postgresql://me:54?s3cret=a@h/x", "postgresql://me:54?s3cret",
    "postgresql://me:s3cret%@h/x", "postgresql://me:s3cret%00@h/x", "postgresql://me: s3cret@h/x",
    "postgresql://me:s3cret[@h:0/x", "postgresql://h:65536/s3cret", "postgresql://[::1/s3cret",
    "postgresql://h:s3cret/x", "postgresql://h/x?client_encoding=s3cret",
    "postgresql://h/x?replication=s3cret", f"postgresql://h/{'s3cret' * 2000}",
])  # fmt: skip
def test_what_is_no_url_of_a_server_is_refused_and_not_repeated(text):
    with pytest.raises(ValueError, match=r"URL|path") as error:
        state_address(text)
    assert SECRET not in str(error.value)


def test_a_parameter_that_is_spelt_nearly_right_is_told():
    with pytest.raises(ValueError, match=r"did you mean sslmode\?"):
        state_address("postgresql://h/x?sslmod=require")


def test_every_parameter_is_known_to_libpq_and_what_it_hides_is_secret():
    found = {one.keyword.decode(): one.dispchar for one in pq.Conninfo.get_defaults()}
    ours = {"client_encoding", "replication"}  # what the engine says itself
    if pq.version() >= 180_000:
        assert (set(found) - ours) | {"ssl"} == PARAMETERS
    assert {name for name, shown in found.items() if shown == b"*"} <= SECRETS
    assert SECRETS < PARAMETERS
    assert not ours & PARAMETERS
