"""The options of hooks: what is refused, and that no message repeats a secret."""

import pytest
from pydantic import ValidationError

from crawler.config import load
from crawler.config.hook_options import HookOptions
from crawler.errors import ConfigError

HELD = "of a file"
POST = "https://example.org/hook"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"run": []},
        {"run": ["tell"], "post": POST},
        {"run": ["tell", "{reason}"]},
        {"run": ["tell", "a\0b"]},
        {"run": ["tell"], "secret": "s"},
        {"call": "module"},
        {"call": "mod ule:f"},
        {"call": "../module:f"},
        {"call": "-c:f"},
        {"post": "ftp://example.org/"},
        {"post": "https://user:pw@example.org/"},
        {"post": "https://example.org/a b"},
        {"post": "https://example.org:99999/"},
        {"post": POST, "secret": ""},
        {"post": POST, "secret": "whsec_!"},
        {"post": POST, "attempts": 0},
        {"post": POST, "timeout": "2h"},
        {"post": POST, "ignore": ["("]},
        {"post": POST, "ignore": ["a*"]},
        {"post": POST, "ignore": ["(?=x)"]},
    ],
)
def test_what_is_no_hook_is_refused(options):
    with pytest.raises(ValidationError):
        HookOptions.model_validate(options)


@pytest.mark.parametrize(
    "options",
    [
        {"run": ["tell", "--to={url}", "{path}"]},
        {"call": "package.module:function"},
        {"post": "http://127.0.0.1:8080/hook?a=b", "secret": "any text"},
    ],
)
def test_each_way_is_a_hook(options):
    assert HookOptions.model_validate(options).target[0] in options


def written(folder, on):
    file = folder / "crawler.yaml"
    file.write_text(
        "crawler: {state: s.sqlite, output: files}\n"
        f"jobs: [{{name: a, urls: [http://h/], on: {on}}}]\n"
    )
    return file


def test_a_target_has_the_same_options_wherever_it_stands(tmp_path):
    on = f"{{stored: [{{post: {POST}}}], failed: [{{post: {POST}, timeout: 5s}}]}}"
    with pytest.raises(ConfigError, match="with other options"):
        load(written(tmp_path, on))
    assert load(written(tmp_path, on.replace(", timeout: 5s", "")))


@pytest.mark.parametrize(
    "on",
    [
        "{stored: [{post: 'ftp://x/SECRET'}]}",
        "{stored: [{post: 'http://x/', secret: whsec_SECRET!}]}",
    ],
)
def test_no_message_repeats_what_may_be_secret(tmp_path, on):
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, on))
    assert "SECRET" not in str(refused.value)
    assert "SECRET" not in "".join(map(str, refused.value.problems))


def test_what_is_ignored_is_said_of_changes_alone(tmp_path):
    with pytest.raises(ConfigError, match="what has `changed` alone"):
        load(written(tmp_path, f"{{stored: [{{post: {POST}, ignore: [x]}}]}}"))
    on = f"{{stored: [{{post: {POST}}}], changed: [{{post: {POST}, ignore: [x]}}]}}"
    assert load(written(tmp_path, on)).jobs[0].on["changed"][0].ignore == ("x",)


def test_a_secret_comes_from_a_file(tmp_path):
    (tmp_path / "key").write_text(f"{HELD}\n")
    settings = load(
        written(tmp_path, f"{{stored: [{{post: {POST}, secret: '${{file:key}}'}}]}}")
    )  # fmt: skip
    assert settings.jobs[0].on["stored"][0].secret == HELD
