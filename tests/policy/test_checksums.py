"""What a line may say of a body, how it is typed, and where a body is asked for next."""

import json
from dataclasses import replace

import pytest

from crawler.model import Kind, Outcome, Task
from crawler.policy.checksums import Typed, checks_of, heard, text_of, typed
from crawler.policy.mirrors import attempts_of, elsewhere, led_on
from crawler.records import Again, Dead, Done, Hop
from crawler.urls import host_of

SHA = "ab" * 32
MIRRORS = ["http://two/f", "http://three/f"]
FAILED = Outcome(Kind.CONNECT, reason="refused")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"sha-256={SHA}", Typed("sha256", SHA)),
        (f"SHA256={SHA.upper()}", Typed("sha256", SHA)),
        (f"sha256:{SHA}", Typed("sha256", SHA)),
        (f"sha={'0' * 40}", Typed("sha1", "0" * 40)),
        (f"md5={'0' * 32}", Typed("md5", "0" * 32)),
        (f"sha-512={'0' * 128}", Typed("sha512", "0" * 128)),
    ],
)
def test_a_checksum_is_read_in_the_spellings_of_the_field(text, found):
    assert typed(text) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (SHA, "write it as sha256=HEX; there are sha512, sha256, sha1, md5"),
        (f"crc32={SHA}", "write it as sha256=HEX; there are sha512, sha256, sha1, md5"),
        ("sha256=", "its sha256 is not 64 hexadecimal digits"),
        (f"sha256={SHA[:-1]}g", "its sha256 is not 64 hexadecimal digits"),
        (f"md5={SHA}", "its md5 is not 32 hexadecimal digits"),
    ],
)
def test_what_is_no_checksum_is_told_with_the_remedy(text, why):
    with pytest.raises(ValueError, match=why.replace("[", r"\[")):
        typed(text)


def test_what_a_line_says_comes_back_as_it_was():
    text = text_of({"sha256": SHA.upper(), "size": " 12 ", "md5": "", "other": "x"}, MIRRORS)
    checks = checks_of(text)
    assert checks.digests == (("sha256", SHA),)
    assert (checks.size, checks.mirrors) == (12, tuple(MIRRORS))
    assert text_of({"md5": " "}, []) == ""


@pytest.mark.parametrize("size", ["-1", "1.5", "1e3", "12 MB", "٣", "9" * 19])
def test_a_size_is_a_whole_number_of_bytes(size):
    with pytest.raises(ValueError, match="its size is no whole number of bytes"):
        text_of({"size": size}, [])


def test_a_line_names_a_hundred_mirrors_at_most():
    with pytest.raises(ValueError, match="it names more than 100 mirrors"):
        text_of({}, [f"http://h/{number}" for number in range(101)])


def task(failures: int = 0, *, mirrors=MIRRORS, digest: str = SHA) -> Task:
    checks = json.dumps({"sha256": digest, "mirrors": mirrors} if digest else {"mirrors": mirrors})
    return Task(1, "j", "http://one/f", "http://one/f", "one:80", 1, 1, 1, failures, checks=checks)


def test_each_failure_leads_to_the_next_mirror_at_once_until_all_were_asked():
    assert elsewhere(task(0), FAILED, Again(99.0), 5.0) == Again(5.0, location=MIRRORS[0])
    assert elsewhere(task(1), FAILED, Again(99.0), 5.0) == Again(5.0, location=MIRRORS[1])


def test_after_the_first_round_the_usual_wait_holds_and_the_round_begins_anew():
    assert elsewhere(task(2), FAILED, Again(99.0), 5.0) == Again(99.0, location="http://one/f")
    assert elsewhere(task(3), FAILED, Again(99.0), 5.0) == Again(99.0, location=MIRRORS[0])


def test_what_is_final_on_one_server_is_asked_for_on_the_next_and_ends_after_the_last():
    gone = Outcome(Kind.NOT_FOUND, 404, reason="HTTP status 404")
    assert elsewhere(task(0), gone, Dead("404"), 5.0) == Again(5.0, location=MIRRORS[0])
    assert elsewhere(task(2), gone, Dead("404"), 5.0) == Dead("404")


def test_a_failure_that_a_silent_host_pays_for_leads_on_and_counts():
    found = elsewhere(task(0), FAILED, Again(99.0, charged=False), 5.0)
    assert found == Again(5.0, location=MIRRORS[0])
    waits = Again(99.0, charged=False)
    assert elsewhere(task(2), FAILED, waits, 5.0) == waits, "each was asked: it waits as others do"


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome(Kind.LOCAL_IO, ours=True), Again(9.0, charged=False)),
        (Outcome(Kind.LOCAL_IO), Again(9.0)),
        (Outcome(Kind.BUG), Again(9.0)),
        (Outcome(Kind.CANCELLED), Dead("stop")),
        (Outcome(Kind.BLOCKED, final=True), Dead("blocked")),
        (Outcome(Kind.REDIRECTED, location="http://x/"), Hop("http://x/")),
        (Outcome(Kind.STORED), Done()),
        (Outcome(Kind.CANCELLED, needs_robots="http://one/robots.txt"), Again(9.0, charged=False)),
        (Outcome(Kind.CONNECT, wait=3.0), Again(9.0, charged=False)),
    ],
)
def test_what_is_no_failure_of_a_server_leads_nowhere_else(outcome, verdict):
    assert elsewhere(task(), outcome, verdict, 5.0) == verdict


def test_a_part_is_gone_on_with_elsewhere_only_where_a_digest_tells():
    assert elsewhere(task(), FAILED, Again(99.0), 5.0).keeps
    assert not elsewhere(task(digest=""), FAILED, Again(99.0), 5.0).keeps


def test_each_that_holds_a_body_is_asked_once_at_least():
    assert attempts_of(task(), 1) == 3
    assert attempts_of(task(), 5) == 5


def test_without_mirrors_everything_is_as_usual():
    alone = replace(task(mirrors=[]))
    assert elsewhere(alone, FAILED, Again(99.0), 5.0) == Again(99.0)
    assert attempts_of(alone, 1) == 1


def test_from_a_silent_host_a_url_is_led_to_the_next_that_is_not_and_to_each_once():
    silent = set[str]()
    one, led = task(), lambda failures: led_on(one.url, one.checks, failures, silent.__contains__)
    assert [led(failures) for failures in range(3)] == [(MIRRORS[0], 1), (MIRRORS[1], 2), None]
    silent.add(host_of(MIRRORS[0]))
    assert [led(failures) for failures in range(3)] == [(MIRRORS[1], 2), (MIRRORS[1], 2), None]
    silent.add(host_of(MIRRORS[1]))
    assert led(0) is None


def said(**columns: object) -> str:
    return json.dumps(columns) if columns else ""


A, B, OLD_MD5, NEW_MD5 = "a" * 64, "b" * 64, "c" * 32, "d" * 32


@pytest.mark.parametrize(
    ("before", "now", "stored", "another"),
    [
        (said(sha256=A), said(sha256=B), A, True),
        (said(sha256=A), said(sha256=B), "", True),
        (said(sha256=A), said(sha256=B), B, False),  # that is the stored file
        (said(sha256=A), said(sha256=A, mirrors=["http://m/"]), B, False),  # no other word
        (said(), said(sha256=A), B, True),
        (said(), said(sha256=A), "", False),
        (said(), said(md5=OLD_MD5), A, False),  # nothing tells
        (said(md5=OLD_MD5), said(md5=NEW_MD5), A, True),
        (said(md5=OLD_MD5, sha256=A), said(md5=NEW_MD5), A, True),
        (said(size=1), said(size=2), A, False),
        (said(sha256=A), said(md5=NEW_MD5), A, False),
    ],
)
def test_another_digest_is_the_word_that_the_body_is_another(before, now, stored, another):
    found = heard(before, now, stored)
    assert found.another == another
    assert not found.lost
    assert checks_of(found.text) == checks_of(now)


@pytest.mark.parametrize("now", [said(), said(size=9), said(mirrors=["http://m/"])])
def test_digests_that_a_list_has_lost_hold_on_with_their_size(now):
    found = heard(said(sha256=A, size=5, mirrors=["http://old/"]), now, B)
    assert (found.lost, found.another) == (True, False)
    checks = checks_of(found.text)
    assert (checks.digest("sha256"), checks.size) == (A, 5)
    assert checks.mirrors == checks_of(now or "{}").mirrors


def test_a_digest_that_goes_beside_one_that_stays_holds_on():
    found = heard(said(sha256=A, md5=OLD_MD5), said(md5=OLD_MD5), A)
    assert checks_of(found.text).digest("sha256") == A
    assert (found.lost, found.another) == (False, False)


def test_where_no_digest_was_said_none_is_lost():
    assert heard(said(size=1), "").text == ""
    assert not heard("", "").lost
