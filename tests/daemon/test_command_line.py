"""What the command line says of itself: examples that parse, completion, pages of the manual."""

import re
import shlex
import subprocess
import sys
import sysconfig

import click
import pytest

from crawler.cli import cli
from crawler.verbs.shell.examples import EXAMPLES
from tests.program import at_once
from tests.real import needs

ROOT = click.Context(cli, info_name="crawler")
VERBS = cli.list_commands(ROOT)
WIDTH = "80"


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_has_an_example_and_that_parses(verb, tmp_path, monkeypatch):
    monkeypatch.setenv("CRAWLER_CONFIG", "crawler.yaml")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "urls.txt").touch()
    told = at_once(verb, "--help", cwd=tmp_path).stdout
    for line in EXAMPLES[verb]:
        assert f"\n    {line}\n" in told
        (typed,) = re.findall(rf"crawler {verb}\b[^|)>]*", line)
        command = cli.get_command(ROOT, verb)
        with command.make_context(verb, shlex.split(typed)[2:], parent=ROOT) as ctx:
            assert ctx.command is command


def test_the_help_of_the_program_has_an_example(tmp_path):
    assert "crawler demo" in at_once("--help", cwd=tmp_path).stdout


SHELLS = {
    "bash": """source <(crawler completion bash)
        COMP_WORDS=(crawler {words}); COMP_CWORD={at}; _crawler_completion crawler
        printf '%s\\n' "${{COMPREPLY[@]}}" """,
    "zsh": """compdef() {{ }}; compadd() {{ print -l $completions }}
        _describe() {{ print -l -- ${{(P)3}} }}
        source <(crawler completion zsh)
        words=(crawler {words}); CURRENT=$(({at} + 1)); _crawler_completion""",
    "fish": """crawler completion fish | source; complete -C 'crawler {words}' """,
}
"""What asks a shell for its completion of some words, without a terminal."""


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("words", "found"),
    [("st", ["status", "stop"]), ("hosts --so", ["--sort"]), ("hosts --sort re", ["rests"])],
)
def test_a_shell_completes_verbs_options_and_values(shell, words, found, tmp_path, monkeypatch):
    scripts = sysconfig.get_path("scripts")
    monkeypatch.setenv("PATH", scripts, prepend=":")
    monkeypatch.setenv("HOME", str(tmp_path))
    script = SHELLS[shell].format(words=words, at=len(words.split()))
    done = subprocess.run(
        [needs(shell), "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    told = [re.split(r"[\t:]", line)[0] for line in done.stdout.splitlines() if line]
    assert told == found, done.stderr


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    """The pages of the manual, in a folder."""
    folder = tmp_path_factory.mktemp("man") / "man1"
    done = at_once("man", str(folder), cwd=folder.parent)
    assert done.returncode == 0
    return folder


def test_every_verb_has_a_page_with_its_options_and_examples(manual):
    pages = {page.stem: page.read_text() for page in manual.iterdir()}
    assert set(pages) == {"crawler", *(f"crawler-{verb}" for verb in VERBS)}
    for verb in VERBS:
        text = pages[f"crawler-{verb}"].replace("\\-", "-")
        for one in cli.get_command(ROOT, verb).params:
            assert isinstance(one, click.Argument) or one.opts[-1] in text
        assert EXAMPLES[verb][0].replace("|", "|\\:") in text
        assert f"crawler-{verb}(1)" in pages["crawler"].replace("\\-", "-")


def test_the_pages_are_well_formed_and_read_as_people_read_them(manual):
    for page in manual.iterdir():
        command = [needs("man"), "--warnings", "-E", "UTF-8", "-l", "-Tutf8", str(page)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False,
            env={"PATH": "/usr/bin:/bin", "MANWIDTH": WIDTH, "LANG": "C.UTF-8"},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, ""), page
        shown = re.sub(".\b", "", done.stdout)  # bold is typed twice
        assert "crawler - Fetch lists" in shown or "EXAMPLES\n       " in shown


def test_the_pages_have_nothing_that_a_linter_finds(manual):
    pages = map(str, sorted(manual.iterdir()))
    done = subprocess.run(
        [needs("mandoc"), "-Tlint", *pages], capture_output=True, text=True, check=False
    )
    undated = "missing date"  # a page is of a version, which it names
    told = (done.stdout + done.stderr).splitlines()
    assert not [line for line in told if undated not in line]


@pytest.mark.parametrize("verb", ["completion", "man"])
def test_what_the_command_line_says_of_itself_needs_no_configuration(verb, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "crawler", verb, {"completion": "bash", "man": "pages"}[verb]],
        cwd=tmp_path, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("verb", VERBS)
def test_one_name_of_the_environment_has_the_configuration_for_every_verb(verb):
    names = [
        one.envvar
        for one in cli.get_command(ROOT, verb).params
        if {"-c", "--config"} <= {*one.opts}
    ]
    assert set(names) <= {"CRAWLER_CONFIG"}
