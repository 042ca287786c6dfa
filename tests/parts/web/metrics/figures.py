"""What the tests of dashboards and alerts ask of the figures that are told."""

import re

from prometheus_client.parser import text_string_to_metric_families

from crawler.web.metrics import exposition

METRIC = re.compile(r"\b(?:crawler_\w+|up)\b(?!\s*[=!]~?)")
"""The name of a metric in an expression: no label, which a comparison follows."""


def names_of(expression):
    """Return the metrics that an expression of PromQL names."""
    without = re.sub(r'"[^"]*"|\b(?:by|on|without) ?\([^)]*\)', "", expression)
    return set(METRIC.findall(without))


def told_names(desk):
    """Return the names under which figures are told, and those of parts of histograms."""
    names = set()
    for family in text_string_to_metric_families(exposition(desk).decode()):
        ends = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",)}
        names |= {family.name + end for end in ends.get(family.type, ("",))}
    return names
