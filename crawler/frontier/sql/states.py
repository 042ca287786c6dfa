"""Numbers and words that stand in the rows of a ledger."""

WAITING, LEASED, DONE, DEAD, RETIRED = range(5)
STARTING, PAUSED, GUEST = "starting", "paused", "guest"
RANKS = URGENT, USUAL, LATER = range(3)
"""Of the URLs of a job on a host that are due, those of the lowest rank go first."""
ROBOTS_JOB = 0
"""Number of the job that has the visits to robots.txt; no configured job has it."""
