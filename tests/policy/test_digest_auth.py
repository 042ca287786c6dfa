"""Challenges and answers of Digest authentication, with the examples of its specifications."""

import hashlib

import pytest

from crawler.policy.digest_auth import Challenge, Login, answer, challenge_in

MUFASA = Login("Mufasa", "Circle of Life")
ASKED = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
FIELDS = [ASKED.format("MD5"), ASKED.format("SHA-256")]
OWN = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def parameters(said: str) -> dict[str, str]:
    pairs = (one.partition("=") for one in said.removeprefix("Digest ").split(", "))
    return {name: value.strip('"') for name, _, value in pairs}


@pytest.mark.parametrize(
    ("fields", "response"),
    [
        (FIELDS, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        (FIELDS[:1], "8ca523f5e9506fed4657c9700eebdbec"),
    ],
)
def test_the_examples_of_rfc_7616_come_out_as_they_stand_there(fields, response):
    challenge = challenge_in(fields)
    said = answer(challenge, MUFASA, "GET", "/dir/index.html", count=1, own_nonce=OWN)
    found = parameters(said)
    assert found["response"] == response
    assert (found["nc"], found["qop"], found["cnonce"]) == ("00000001", "auth", OWN)
    assert found["opaque"] == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"


def test_the_example_of_rfc_2069_comes_out_without_what_it_did_not_know():
    field = (
        'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5"'
    )
    login = Login("Mufasa", "CircleOfLife")
    challenge = challenge_in([field])
    found = parameters(answer(challenge, login, "GET", "/dir/index.html", count=1, own_nonce="x"))
    assert found["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert not {"qop", "nc", "cnonce"} & found.keys()


def test_users_are_hashed_where_that_is_wanted_and_sent_as_utf_8_where_they_are_not_ascii():
    field = (
        'Digest realm="api@example.org", qop=auth, algorithm=SHA-512-256, nonce="n", userhash=true'
    )
    login = Login("J\xe4s\xf8n Doe", "Secret, or not?")
    hidden = parameters(answer(challenge_in([field]), login, "GET", "/", count=1, own_nonce="c"))
    assert hidden["username"] == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    shown = challenge_in([field.replace("true", "false")])
    assert "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe" in answer(
        shown, login, "GET", "/", count=1, own_nonce="c"
    )


@pytest.mark.parametrize(
    "field",
    [
        'Basic realm="x"', "Digest", 'Digest realm="x"', 'Digest nonce="n", algorithm=MD4',
        'Digest nonce="n", qop="auth-int"', "", "digest ,,,", 'Negotiate digestnonce="x"',
    ],
)  # fmt: skip
def test_what_cannot_be_met_is_no_challenge(field):
    assert challenge_in([field]) is None


def test_a_challenge_is_found_behind_another_scheme_and_its_first_word_counts():
    found = challenge_in([r'Basic realm="b", Digest nonce="n\"1", realm="d", nonce=2, stale=TRUE'])
    assert found == Challenge("d", 'n"1', "MD5", None, False, True, False)
    assert r'nonce="n\"1"' in answer(found, MUFASA, "GET", "/", count=1, own_nonce="c")


@pytest.mark.parametrize("odd", ["\x01", "\x7f", "\t", "\x85"])
def test_a_challenge_that_could_not_be_sent_back_is_none(odd):
    assert challenge_in([f'Digest realm="r{odd}", nonce="n"']) is None
    assert challenge_in([f'Digest realm="r", nonce="n", algorithm=MD5{odd}']) is None


def test_a_realm_in_utf_8_counts_by_its_octets():
    realm = "é".encode().decode("latin-1")  # as the fields of an answer are read
    said = answer(challenge_in([f'Digest realm="{realm}", nonce="n"']), Login("ü", "pä"), "GET",
                  "/", count=1, own_nonce="c")  # fmt: skip
    secret, asked = (md5(text) for text in ("ü:é:pä", "GET:/"))
    assert parameters(said)["response"] == md5(f"{secret}:n:{asked}")
    assert f'realm="{realm}"' in said


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
