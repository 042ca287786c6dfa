"""What the tests of hooks share."""

import json

from crawler.config import Job
from crawler.frontier.outbox import Waiting
from crawler.hooks.hook import hooks_of


def hook(**options):
    """The one hook with these options."""
    job = Job.model_validate({"name": "job", "urls": ["http://h/"], "on": {"stored": [options]}})
    (found,) = hooks_of([job])[0].values()
    return found


def waiting(number, lane=None, **event):
    """An event that was taken."""
    event = {"id": f"evt_{number}", "event": "stored", "job": "job"} | event
    return Waiting(number, event["id"], number if lane is None else lane, json.dumps(event), 0, 0.0)
