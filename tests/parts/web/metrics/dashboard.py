"""The dashboard as the tests read it."""

import json

from tests.typed import ROOT

DASHBOARD = json.loads((ROOT / "config" / "grafana.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]


def asked(expression):
    """Return an expression as Grafana asks it, for all instances."""
    return expression.replace("$__rate_interval", "1m").replace("$instance", ".*")
