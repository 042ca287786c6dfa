"""Units of options: of the ledger's place, a file of this machine or a server with its secrets."""

from pathlib import Path

import pytest

from crawler.config import load
from crawler.config.brief import brief
from crawler.daemon.difference import check, difference
from crawler.errors import ConfigError
from crawler.state_address import StateServer

JOBS = "jobs: [{name: a, urls: ['http://h/']}]\n"
PASSWORD = "h1dden@/:%ü"  # noqa: S105  it is looked for


@pytest.fixture
def settings(tmp_path):
    """Load a configuration with these options of the daemon."""
    (tmp_path / "password").write_text(f"{PASSWORD}\n")

    def settings(options, **environment):
        file = tmp_path / "crawler.yaml"
        file.write_text(f"crawler: {{{options}}}\n{JOBS}")
        return load(file, environment)

    return settings


URL = "postgresql://me:${file:password}@db1,db2:6432/x?target_session_attrs=read-write"


def test_a_password_from_a_file_may_be_anything_and_is_told_nowhere(settings, tmp_path):
    loaded = settings(f"state: '{URL}'")
    state = loaded.crawler.state
    assert isinstance(state, StateServer)
    assert state.secrets == (PASSWORD,)
    assert brief(tmp_path / "crawler.yaml", {}).state.url == state.url
    told = (str(state), repr(loaded), str(brief(tmp_path / "crawler.yaml", {})))
    assert not any("h1dden" in text for text in told)


def test_a_whole_url_may_come_from_a_file_or_the_environment(settings, tmp_path):
    url = "postgres://me:s3cret@db/x"
    (tmp_path / "url").write_text(url)
    assert settings("state: '${file:url}'").crawler.state.url == url
    assert settings("state: '${DATABASE_URL}'", DATABASE_URL=url).crawler.state.url == url


@pytest.mark.parametrize(("value", "told"), [
    ("5", "a path is needed, or a URL as in postgresql://crawler@db.example/crawler"),
    ("[h1dden]", "a path is needed, or a URL as in postgresql://crawler@db.example/crawler"),
    ("{h1dden: h1dden}", "a path is needed, or a URL as in postgresql://"),
    ("'host=db password=h1dden'", "a path is needed, or a URL as in postgresql://"),
    ("'mysql://me:h1dden@db/x'", "a path is needed, or a URL as in postgresql://"),
    ("'postgresql://me:h1dden@2@db/x'", "the URL has an @ too many: what stands in a name or a"),
    ("'postgresql://me:h1d den@db/x'", "the URL holds a blank, a control character or a % without"),
    ("'postgresql://me@db/x?h1dden'", "what follows the ? of the URL are parameters of libpq"),
    ("'postgresql://me:${file:gone}@db/x'", "${file:gone} cannot be read: No such file"),
    ("'postgresql://db/${file:password}?${file:password}'", "what follows the ? of the URL are"),
])  # fmt: skip
def test_what_is_no_place_of_a_ledger_is_an_error_that_repeats_nothing(settings, value, told):
    with pytest.raises(ConfigError) as refused:
        settings(f"state: {value}")
    (problem,) = refused.value.problems
    assert (problem.line, problem.column, problem.key) == (1, 18, "crawler.state")
    assert problem.message.startswith(told)
    assert "h1d" not in str(refused.value)


def test_a_reload_may_bring_another_password_and_no_other_ledger(settings):
    before = settings(f"state: '{URL}'")
    renewed = settings("state: '" + URL.replace("${file:password}", "new") + "'")
    assert not difference(before, renewed)
    for state in ("x.sqlite", "postgresql://me:h1dden@db1/y"):
        other = difference(before, settings(f"state: '{state}'"))
        with pytest.raises(ConfigError, match=r"crawler\.state: cannot change while") as refused:
            check("crawler.yaml", other)
        assert "h1dden" not in f"{refused.value} {other}"


@pytest.mark.parametrize(("options", "folder"), [
    ("state: s/x.sqlite", "s/x.sqlite.lists"), ("state: s/x.sqlite, lists: l", "l"),
    ("state: 'postgresql://db/x', output: o/files", "o/files.lists"),
    ("state: 'postgresql://db/x', lists: /l", "/l"),
])  # fmt: skip
def test_downloaded_lists_lie_beside_the_ledger_or_the_output_or_where_it_is_said(
    settings, tmp_path, options, folder
):
    assert settings(options).crawler.lists_folder == tmp_path / Path(folder)
