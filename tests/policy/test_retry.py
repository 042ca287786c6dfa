from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from crawler.config.answer_options import RetryOptions, retry_rules_of
from crawler.model import Kind, Outcome, Task, Validators
from crawler.policy.http_dates import MAX_RETRY_AFTER_S
from crawler.policy.retry import (
    FIRST_BACKOFF_S,
    KINDS,
    MAX_BACKOFF_S,
    MAX_OUR_WAIT_S,
    backoff,
    end_of,
    host_asked_for_it,
    is_hosts_word,
    state_of,
    verdict,
    word_of,
)
from crawler.records import Again, Dead, Done, Hop
from tests import examples

NOW = 784_111_000
PASSING = {
    Kind.DNS,
    Kind.CONNECT,
    Kind.TIMEOUT,
    Kind.TRUNCATED,
    Kind.PROTOCOL,
    Kind.MISMATCH,
    Kind.LOCAL_IO,
    Kind.BUG,
}


def seeded(seed):
    return Random(seed)


def task(failures=0):
    return Task(1, "job", "http://h/", "http://h/", "h:80", 1, 7, failures + 1, failures)


def judge(outcome, failures=0, attempts=5, seed=0, *, spared=False, most=MAX_BACKOFF_S):
    return verdict(
        task(failures),
        outcome,
        attempts=attempts,
        now=NOW,
        random=seeded(seed),
        spared=spared,
        max_backoff=most,
    )


def test_every_kind_has_a_rule_and_one_of_three_words():
    assert set(KINDS) == set(Kind)
    assert {rule.word for rule in KINDS.values()} == {"ok", "not found", "error"}


def test_the_words_roll_up_as_the_classic_downloader_reports():
    assert {kind for kind in Kind if KINDS[kind].word == "ok"} == {Kind.STORED, Kind.UNCHANGED}
    assert {kind for kind in Kind if KINDS[kind].word == "not found"} == {Kind.NOT_FOUND}


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.REDIRECTED, Kind.HTTP_ERROR}))
def test_a_kind_is_done_dead_or_visited_again(kind):
    decided = judge(Outcome(kind, reason="so it is"))
    if kind in {Kind.STORED, Kind.UNCHANGED}:
        assert decided == Done()
    elif kind in PASSING:
        assert isinstance(decided, Again)
        assert NOW <= decided.at <= NOW + FIRST_BACKOFF_S
    else:
        assert decided == Dead("so it is")


def test_a_redirect_is_a_hop_however_often_the_task_failed():
    outcome = Outcome(Kind.REDIRECTED, status=301, location="http://other.example/")
    assert judge(outcome, failures=99) == Hop("http://other.example/")


def test_an_http_error_passes_if_its_status_says_so():
    decided = {
        status: judge(Outcome(Kind.HTTP_ERROR, status=status, reason="HTTP"))
        for status in range(300, 1000)
    }
    passes = {status for status, verdict in decided.items() if isinstance(verdict, Again)}
    lasting = {501, 505, 506, 508, 510, 511}
    assert passes == {408, 421, 425, 429} | (set(range(500, 1000)) - lasting)
    assert {decided[status] for status in decided if status not in passes} == {Dead("HTTP")}


@pytest.mark.parametrize(("failures", "dead"), [(0, False), (3, False), (4, True), (9, True)])
def test_a_url_is_given_up_after_as_many_attempts_as_its_job_allows(failures, dead):
    decided = judge(Outcome(Kind.TIMEOUT, reason="too slow"), failures=failures, attempts=5)
    assert (decided == Dead("too slow")) == dead


def test_one_attempt_means_no_second_visit():
    assert judge(Outcome(Kind.CONNECT, reason="refused"), attempts=1) == Dead("refused")


def test_a_task_waits_at_least_as_long_as_the_server_asked():
    outcome = Outcome(Kind.HTTP_ERROR, status=503, retry_after=120.0)
    assert judge(outcome) == Again(NOW + 120.0)


def test_the_same_seed_makes_the_same_verdict_and_another_seed_another():
    outcome = Outcome(Kind.TIMEOUT)
    assert judge(outcome, seed=1) == judge(outcome, seed=1) != judge(outcome, seed=2)


@settings(max_examples=examples(200), derandomize=True)
@given(st.integers(1, 2000), st.none() | st.floats(-1e9, 1e9), st.integers(0, 2**32))
def test_a_pause_is_bounded_by_the_backoff_and_by_what_the_server_asked(failures, asked, seed):
    length = backoff(failures, asked, seeded(seed))
    ceiling = min(MAX_BACKOFF_S, FIRST_BACKOFF_S * 2 ** min(failures - 1, 30))
    assert 0 <= length <= max(ceiling, min(asked or 0, MAX_RETRY_AFTER_S))
    assert length >= min(asked or 0, MAX_RETRY_AFTER_S)


@pytest.mark.parametrize("most", [1.0, 300.0, 7200.0])
def test_a_url_waits_no_longer_than_its_host_may_rest_nor_than_an_hour(most):
    silent = Outcome(Kind.TIMEOUT)
    ends = [judge(silent, failures=20, attempts=99, seed=n, most=most) for n in range(99)]
    waits = [end.at - NOW for end in ends]
    assert 0.9 * min(most, MAX_BACKOFF_S) < max(waits) <= min(most, MAX_BACKOFF_S)
    asked = Outcome(Kind.HTTP_ERROR, 503, retry_after=9000.0)
    assert judge(asked, failures=20, attempts=99, most=most).at == NOW + 9000


def test_the_backoff_doubles_with_every_failure_up_to_its_cap():
    def longest(failures):
        random = seeded(7)
        return max(backoff(failures, None, random) for _ in range(2000))

    for failures in range(1, 16):
        ceiling = min(MAX_BACKOFF_S, FIRST_BACKOFF_S * 2 ** (failures - 1))
        assert 0.95 * ceiling < longest(failures) <= ceiling


def test_the_jitter_is_full():
    random = seeded(7)
    lengths = [backoff(5, None, random) for _ in range(2000)]
    assert min(lengths) < 0.05 * FIRST_BACKOFF_S * 2**4


# What an outcome says of its host.

WELL = {
    Kind.EMPTY, Kind.STORED, Kind.UNCHANGED, Kind.NOT_FOUND, Kind.HTTP_ERROR, Kind.REDIRECTED,
    Kind.DECODE, Kind.UNWANTED, Kind.MISMATCH,
    Kind.TOO_BIG, Kind.REDIRECT_LIMIT,
}  # fmt: skip
SILENT = {Kind.DNS, Kind.CONNECT, Kind.TIMEOUT}


@pytest.mark.parametrize("kind", list(Kind))
def test_a_host_is_well_if_it_answered_silent_if_not_and_else_nothing_is_said(kind):
    wanted = "well" if kind in WELL else "silent" if kind in SILENT else ""
    assert state_of(Outcome(kind)) == wanted


def test_a_server_error_says_that_its_host_fails_and_a_client_error_that_it_is_well():
    states = {
        status: state_of(Outcome(Kind.HTTP_ERROR, status=status)) for status in range(400, 600)
    }
    failing = {status for status, state in states.items() if state == "failing"}
    assert failing == {408, 429, *range(500, 600)}
    assert {states[status] for status in states if status not in failing} == {"well"}


@pytest.mark.parametrize("kind", list(Kind))
def test_of_a_host_that_was_not_asked_or_when_the_fault_is_ours_nothing_is_said(kind):
    status = 503 if kind is Kind.HTTP_ERROR else None
    assert state_of(Outcome(kind, status=status, asked=False)) == ""
    assert state_of(Outcome(kind, status=status, ours=True)) == ""


@pytest.mark.parametrize(
    ("status", "retry_after", "asked"),
    [
        (429, None, True),
        (429, 0.0, True),
        (429, 60.0, True),
        (503, 60.0, True),
        (503, 0.0, False),
        (503, None, False),
        (500, 60.0, False),
        (413, 60.0, False),
        (301, 60.0, False),
        (200, None, False),
        (None, None, False),
    ],
)
def test_a_host_asked_for_it_that_said_429_or_503_with_a_time(status, retry_after, asked):
    outcome = Outcome(Kind.HTTP_ERROR, status=status, retry_after=retry_after)
    assert host_asked_for_it(outcome) is asked


# Who pays: the URL, its host, or nobody.


@pytest.mark.parametrize("failures", [0, 4, 99])
@pytest.mark.parametrize("kind", sorted(PASSING))
def test_a_failure_that_is_its_hosts_to_pay_for_is_never_charged_to_the_url(kind, failures):
    decided = judge(Outcome(kind, reason="so it is"), failures=failures, spared=True)
    assert isinstance(decided, Again)
    assert not decided.charged
    assert (
        NOW <= decided.at <= NOW + FIRST_BACKOFF_S
    )  # its host rests; the URL need not wait besides


def test_a_spared_url_waits_as_long_as_the_server_asked():
    outcome = Outcome(Kind.HTTP_ERROR, status=429, retry_after=300.0)
    assert judge(outcome, failures=99, spared=True) == Again(NOW + 300.0, charged=False)


def test_what_will_not_pass_is_dead_though_its_host_pays():
    assert judge(Outcome(Kind.TLS, reason="expired"), spared=True) == Dead("expired")
    gone = Outcome(Kind.HTTP_ERROR, status=400, reason="HTTP status 400")
    assert judge(gone, spared=True) == Dead("HTTP status 400")


@pytest.mark.parametrize("status", [401, 403, 429, 451])
def test_a_refusal_of_a_host_that_refuses_everything_is_not_the_end_of_its_url(status):
    refused = Outcome(Kind.HTTP_ERROR, status=status)
    assert not judge(refused, failures=99, spared=True).charged


def test_a_failure_of_the_urls_own_is_charged():
    assert judge(Outcome(Kind.TIMEOUT)).charged
    assert judge(Outcome(Kind.HTTP_ERROR, status=503, retry_after=9.0)).charged


@pytest.mark.parametrize("spared", [False, True])
@pytest.mark.parametrize("kind", sorted(set(Kind) - WELL))
def test_what_is_final_is_dead_whatever_its_kind(kind, spared):
    outcome = Outcome(kind, reason="given up unvisited", final=True, asked=False)
    assert judge(outcome, spared=spared) == Dead("given up unvisited")


@pytest.mark.parametrize("attempts", [1, 5])
@pytest.mark.parametrize("failures", [0, 99])
def test_a_url_that_wants_its_robots_txt_waits_a_moment_and_pays_nothing(failures, attempts):
    wanted = "http://h/robots.txt"
    outcome = Outcome(Kind.ROBOTS, reason="not known yet", asked=False, needs_robots=wanted)
    decided = judge(outcome, failures=failures, attempts=attempts)
    assert isinstance(decided, Again)
    assert not decided.charged
    assert NOW <= decided.at <= NOW + MAX_OUR_WAIT_S


def test_a_url_that_its_robots_txt_forbids_is_dead():
    refused = Outcome(Kind.ROBOTS, reason="line 2: Disallow: /", asked=False, final=True)
    assert judge(refused) == Dead("line 2: Disallow: /")
    assert judge(replace(refused, final=False)) == Dead("line 2: Disallow: /")


@pytest.mark.parametrize("failures", [0, 99])
@pytest.mark.parametrize("kind", sorted(PASSING | {Kind.TLS}))
def test_a_fault_of_this_machine_is_charged_to_nobody(kind, failures):
    outcome = Outcome(kind, ours=True)
    decided = judge(outcome, failures=failures, attempts=1)
    assert isinstance(decided, Again)
    assert not decided.charged
    assert NOW <= decided.at <= NOW + MAX_OUR_WAIT_S
    assert state_of(outcome) == ""


def test_a_good_end_is_done_also_where_the_host_pays():
    assert judge(Outcome(Kind.STORED), spared=True) == Done()
    assert judge(Outcome(Kind.UNCHANGED), failures=99, attempts=1) == Done()


def test_an_answer_without_content_is_an_error_unless_a_file_stands():
    outcome, first = Outcome(Kind.EMPTY, status=204, reason="nothing"), task()
    again = replace(first, digest="ab")
    decided = [
        verdict(one, outcome, attempts=5, now=NOW, random=seeded(0)) for one in (first, again)
    ]
    assert decided == [Dead("nothing"), Done()]
    assert [word_of(first, outcome), word_of(again, outcome)] == ["error", "ok"]
    assert [end_of(first, outcome), end_of(again, outcome)] == [Kind.EMPTY, Kind.UNCHANGED]
    assert state_of(outcome) == "well"


@pytest.mark.parametrize("attempts", [1, 5])
def test_a_condition_that_failed_is_charged_to_nobody_and_asked_for_once(attempts):
    outcome = Outcome(Kind.HTTP_ERROR, status=412, reason="HTTP status 412")
    with_condition = replace(task(failures=9), stored=Validators('"1"'))
    decided = verdict(with_condition, outcome, attempts=attempts, now=NOW, random=seeded(0))
    assert isinstance(decided, Again)
    assert not decided.charged
    assert judge(outcome, attempts=attempts) == Dead("HTTP status 412")


@pytest.mark.parametrize(
    ("status", "retry_after", "wait", "hosts"),
    [
        (503, 60.0, 60.0, True),
        (429, 60.0, 59.9995, True),
        (503, 60.0, 60.5, False),
        (503, None, 4.0, False),
        (412, 60.0, 3.0, False),
        (503, 10 * MAX_RETRY_AFTER_S, MAX_RETRY_AFTER_S, True),
    ],
)
def test_a_wait_is_the_hosts_word_or_our_own_backoff(status, retry_after, wait, hosts):
    outcome = Outcome(Kind.HTTP_ERROR, status, retry_after=retry_after)
    assert is_hosts_word(outcome, wait) is hosts


@pytest.mark.parametrize(("most", "waits"), [(3600.0, (300, 600)), (60.0, (30, 60))])
def test_a_url_whose_body_finds_no_room_waits_and_is_not_charged(most, waits):
    outcome = Outcome(Kind.LOCAL_IO, reason="no room", wait=600.0)
    found = judge(outcome, failures=4, attempts=5, most=most)
    assert not found.charged
    assert waits[0] <= found.at - NOW <= waits[1]
    assert state_of(outcome) == "", "its host pays for nothing"


AGAIN_OR_NOT = [
    # again, final, kind, status, whether it is tried again
    ((), (), Kind.HTTP_ERROR, 404, False),
    ([404], (), Kind.NOT_FOUND, 404, True),
    ([404], (), Kind.NOT_FOUND, 410, False),
    (["4xx"], (), Kind.HTTP_ERROR, 418, True),
    (["4xx"], [403], Kind.HTTP_ERROR, 403, False),
    ([503], ["5xx"], Kind.HTTP_ERROR, 503, True),
    ([503], ["5xx"], Kind.HTTP_ERROR, 500, False),
    (["52x"], ["5xx"], Kind.HTTP_ERROR, 521, True),
    (["5xx"], ["52x"], Kind.HTTP_ERROR, 521, False),
    ((), [429], Kind.HTTP_ERROR, 429, False),
    ([999], (), Kind.HTTP_ERROR, 999, True),
    (["tls"], (), Kind.TLS, None, True),
    ((), ["timeout"], Kind.TIMEOUT, None, False),
    (["unwanted"], (), Kind.UNWANTED, 200, True),
    (["unwanted"], ["2xx"], Kind.UNWANTED, 200, True),
    (["unwanted"], [200], Kind.UNWANTED, 200, False),
    ((), ["unwanted"], Kind.UNWANTED, 202, False),
    ((), (), Kind.UNWANTED, 202, True),
    ((), (), Kind.UNWANTED, 200, False),
    ((), ["http_error"], Kind.HTTP_ERROR, 500, False),
    ([500], ["http_error"], Kind.HTTP_ERROR, 500, True),
    ((), ["http_error"], Kind.CONNECT, None, True),
]


@pytest.mark.parametrize(("again", "final", "kind", "status", "tried"), AGAIN_OR_NOT)
def test_a_job_says_which_failures_are_tried_again(again, final, kind, status, tried):
    rules = retry_rules_of(RetryOptions.model_validate({"again": again, "final": final}))
    outcome = Outcome(kind, status, reason="r")

    def judged(**options):
        return verdict(
            task(), outcome, attempts=options.pop("attempts", 5), now=NOW, random=seeded(1),
            retry=rules, **options,
        )  # fmt: skip

    assert isinstance(judged(), Again if tried else Dead)
    assert judged(attempts=1) == Dead("r")
    if (again or final) and not tried:
        assert judged(spared=True) == Dead("r"), "final is final, whoever pays"


@pytest.mark.parametrize(
    ("retry", "problem"),
    [
        ({"again": [404], "final": ["404"]}, "404 is named as again and as final"),
        ({"again": ["stored"]}, "is neither a status"),
        ({"again": ["local_io"]}, "nor one of unwanted"),
        ({"final": [1]}, "is neither a status"),
    ],
)
def test_what_makes_no_sense_is_refused(retry, problem):
    with pytest.raises(ValidationError, match=problem):
        RetryOptions.model_validate(retry)
