"""The README's examples are true: its YAML loads, its commands parse, its reference is complete."""

import re
import shlex
from pathlib import Path

import pytest
from click import Context
from pydantic import BaseModel

from crawler import config
from crawler.cli import cli
from crawler.config import Settings

README = (Path(__file__).parents[2] / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    return re.findall(r"^\$ (crawler .*?)(?: < .*)?$", "\n".join(blocks("console")), re.MULTILINE)


def options(model: type[BaseModel], prefix: str = "") -> set[str]:
    found = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= options(kind, f"{prefix}{name}.")
        else:
            found.add(f"{prefix}{name}")
    return found


@pytest.mark.parametrize("number", range(len(blocks("yaml"))))
def test_its_configurations_load(number, tmp_path):
    file = tmp_path / "crawler.yaml"
    file.write_text(blocks("yaml")[number])
    assert config.load(file).jobs


@pytest.mark.parametrize("line", commands())
def test_its_commands_are_commands_with_their_options(line):
    _, verb, *arguments = shlex.split(line)
    command = cli.get_command(Context(cli), verb)
    assert command, f"there is no verb {verb}"
    with command.make_context(verb, arguments, resilient_parsing=True) as context:
        parser = command.make_parser(context)
        parser.parse_args(arguments)


def test_its_reference_names_every_option_and_no_other():
    rows = re.findall(r"^\| (`(?:crawler|jobs)\S+`(?:, `jobs\S+`)?) \|", README, re.MULTILINE)
    told = set(re.findall(r"`(\S+)`", " ".join(rows)))
    jobs = {f"jobs[].{name}" for name in options(config.Job)}
    assert told == jobs | {
        f"crawler.{name}" for name in options(Settings.model_fields["crawler"].annotation)
    }


def test_every_test_file_it_names_is_there():
    for name in re.findall(r"`((?:tests/[\w/]+/)?test_\w+\.py)`", README):
        place = name if "/" in name else f"tests/**/{name}"
        assert list(Path(__file__).parents[2].glob(place)), name
