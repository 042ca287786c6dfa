"""Ids and signatures of webhooks."""

import pytest

from crawler.policy.webhooks import headers, key_of, message_id

EXAMPLE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_example_of_the_standard_is_signed_as_it_says():
    found = headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', EXAMPLE
    )  # fmt: skip
    assert found == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_without_a_secret_nothing_is_signed():
    assert "webhook-signature" not in headers("msg_1", 5, b"x", None)


def test_a_secret_is_base64_after_its_prefix_and_any_text_without_it():
    assert key_of("whsec_YWI=") == b"ab"
    assert key_of("YWI=") == b"YWI="


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_a secret"])
def test_what_is_no_secret_is_refused_without_being_repeated(secret):
    with pytest.raises(ValueError, match=r"is empty|is no base64") as refused:
        key_of(secret)
    assert "a secret" not in str(refused.value)


def test_the_same_events_make_the_same_message_and_others_another():
    assert message_id(["a", "b"]) == message_id(["a", "b"])
    assert len({message_id(one) for one in (["a"], ["a", "b"], ["b", "a"], ["ab"])}) == 4
