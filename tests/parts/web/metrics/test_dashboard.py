"""The dashboard as it is shipped: it loads, and every panel asks for what is told."""

import json
import re
import subprocess
from itertools import combinations

import pytest

from tests import real
from tests.parts.web.metrics.dashboard import DASHBOARD, EXPRESSIONS, PANELS, asked
from tests.parts.web.metrics.figures import names_of, told_names


def test_its_panels_have_numbers_and_places_of_their_own():
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(numbers) == len(set(numbers))
    for one, other in combinations([panel["gridPos"] for panel in DASHBOARD["panels"]], 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart or above, (one, other)
    assert all(one["gridPos"]["x"] + one["gridPos"]["w"] <= 24 for one in DASHBOARD["panels"])


def test_every_panel_says_what_it_shows_and_asks_the_data_source_that_one_chooses():
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    for panel in PANELS:
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert all(source == chosen for source in sources)
        references = [target["refId"] for target in panel["targets"]]
        assert references
        assert len(references) == len(set(references))


def test_every_variable_that_a_panel_uses_is_one():
    known = {one["name"] for one in DASHBOARD["templating"]["list"]} | {"__rate_interval"}
    used = re.findall(r"\$\{?(\w+)", json.dumps([DASHBOARD["panels"]]))
    assert used
    assert set(used) <= known


def test_promtool_understands_what_every_panel_asks(tmp_path):
    rules = [{"record": f"panel:{at}", "expr": asked(one)} for at, one in enumerate(EXPRESSIONS)]
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    checked = subprocess.run([real.needs("promtool"), "check", "rules", file], check=False,
                             capture_output=True, text=True)  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_panel_asks_for_what_is_told_alone(expression, frontier):
    assert names_of(expression)
    assert names_of(expression) <= told_names(frontier)


def test_every_figure_that_is_told_has_a_panel(frontier):
    shown = {name for one in EXPRESSIONS for name in names_of(one)}
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in shown}
    told = {re.sub("_(bucket|sum|count)$", "", name) for name in told_names(frontier)}
    assert families == told
