"""Words that options of verbs choose from, and that the ledger knows too."""

STATES = ("waiting", "leased", "done", "dead", "retired")
"""States of a URL, by their numbers in the ledger."""
HOST_ORDERS = (
    "failing", "rests", "well", "share", "failures", "waiting", "in-flight", "rate", "today",
    "delay", "name",
)  # fmt: skip
"""By what hosts are sorted: since when they fail, until when they rest, when they were last well
(the longest ago first), their share of good visits (the least first), failures in a row, URLs that
wait or are in flight (the most first), visits a second and of today, delay in force, the name."""
