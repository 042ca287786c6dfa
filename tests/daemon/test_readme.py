"""The manual is true: its lines work as typed, its YAML loads, its links lead somewhere."""

import re
import shlex
import shutil

import pytest
from click import Context

from crawler import config
from crawler.cli import cli
from tests.program import until
from tests.real import needs
from tests.typed import ROOT, Reader, blocks, steps

README = (ROOT / "README.md").read_text()
PAGES = {"README.md": README} | {
    f"docs/{file.name}": file.read_text() for file in sorted((ROOT / "docs").glob("*.md"))
}
TOUR = [step for step in steps(README) if step.command != "crawler demo"]
"""The demonstration takes seconds, and has a test of its own that knows what is shown of it."""
TYPED = ("configuration", "log", "ledger", "operations")
"""Pages of docs/ whose lines are typed one after the other; the last changes the ledger."""
YAML = [(name, text) for name in PAGES for text in blocks(PAGES[name], "yaml")]
_FILE = re.compile(r"(?:file:|intermediates:|\{file:) ?([\w.-]+)")
"""A file that an example names and that has to be there."""
COMMANDS = [
    (name, line)
    for name in PAGES
    for line in re.findall(
        r"^(?:\$ |    )(crawler .*?)(?: [<|>&].*)?$",
        "\n".join(blocks(PAGES[name], "console")),
        re.MULTILINE,
    )
]


@pytest.fixture
def reader(tmp_path_factory, unused_port):
    """A reader in a folder whose path is short enough for supervisord's UNIX socket."""
    folder = tmp_path_factory.mktemp("r")
    with Reader(folder, unused_port) as reader:
        yield reader
    shutil.rmtree(folder)


def test_every_line_of_the_readme_works_as_typed(reader):
    reader.read(TOUR)
    until(lambda: not (reader.folder / "supervisord.pid").exists(), "supervisord does not end")
    left = {file.name for file in reader.folder.iterdir()} - {
        "README.md",
        "docs",
        "config",
        ".venv",
    }
    assert left == {"tmp", "var", "supervisord.conf", "supervisord.log", "crawler_00.log",
                    "crawler_00.err", "watchdog.err", "web.log", "web.err"}  # fmt: skip
    left = {path.name for path in (reader.folder / "var").rglob("*.*")}
    assert left <= {".crawlerd"}, "the folder names its ledger, and there is nothing else"


def test_every_line_of_the_manual_works_as_typed(reader):
    first_run = next(at for at, step in enumerate(TOUR) if "crawler run -c tour" in step.command)
    reader.read(TOUR[: first_run + 1])
    for page in TYPED:
        reader.read(steps(PAGES[f"docs/{page}.md"]))


def test_every_question_to_the_log_is_answered_as_shown(reader):
    needs("jq")
    first_run = next(at for at, step in enumerate(TOUR) if "crawler run -c tour" in step.command)
    reader.read(TOUR[: first_run + 1])
    asked = steps(PAGES["docs/operations.md"], "console jq")
    assert len(asked) > 5
    reader.read(asked)


def test_every_page_with_lines_to_type_is_typed():
    typed = {"README.md", *(f"docs/{page}.md" for page in TYPED)}
    assert {name for name in PAGES if blocks(PAGES[name], "sh", "console")} == typed


@pytest.mark.parametrize(("page", "text"), YAML, ids=[name for name, _ in YAML])
def test_its_configurations_load(page, text, tmp_path):
    file = tmp_path / "crawler.yaml"
    file.write_text(text)
    for name in _FILE.findall(text):
        (tmp_path / name).write_text("c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0")
    assert config.load(file).jobs


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_its_commands_are_commands_with_their_options(page, line):
    _, verb, *arguments = shlex.split(line)
    command = cli.get_command(Context(cli), verb)
    assert command, f"there is no verb {verb}"
    with command.make_context(verb, arguments, resilient_parsing=True) as context:
        parser = command.make_parser(context)
        parser.parse_args(arguments)


def test_every_verb_is_in_the_manual():
    rows = re.findall(r"^\| `crawler (\w+)", PAGES["docs/operations.md"], re.MULTILINE)
    assert sorted(rows) == cli.list_commands(Context(cli))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    text = re.sub(r"^```.*?^```", "", PAGES[page], flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = (ROOT / page).parent / name if name else ROOT / page
        assert file.exists(), f"{target} is not there"
        assert not anchor or anchor in anchors(file.read_text()), f"{target} has no such heading"


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_every_test_file_that_a_page_names_is_there(page):
    for name in re.findall(r"`((?:tests/[\w/]+/)?test_\w+\.py)`", PAGES[page]):
        place = name if "/" in name else f"tests/**/{name}"
        assert list(ROOT.glob(place)), name


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 250


def test_the_two_commands_are_where_the_checks_look_for_them():
    for end in ("pytest", "crawler demo"):
        assert len(re.findall(rf"^    (python3 -m venv .*{end})$", README, re.MULTILINE)) == 1
