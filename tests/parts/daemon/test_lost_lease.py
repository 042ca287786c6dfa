"""A lost lease is no trouble of a URL's: another process has its host by now, and this one ends."""

import time

import gevent
import pytest

from crawler.config import Job
from crawler.daemon.services import Service, Services
from crawler.errors import LeaseLostError
from crawler.model import Task
from crawler.worker.visit import Visits

URL = "http://h.example/"


def lost(*_: object, **__: object) -> None:
    raise LeaseLostError("taken for dead")


def test_a_visit_that_finds_its_lease_lost_has_no_outcome():
    job = Job(name="j", urls=(URL,))
    visits = Visits({"j": job}, lost, 1, None)
    with pytest.raises(LeaseLostError):
        visits.visit(Task(1, "j", URL, URL, "h.example:80", 1, 1, 1), time.monotonic() + 60)


def test_a_service_or_worker_that_dies_of_a_lost_lease_is_not_started_again(capsys):
    greenlet = gevent.spawn(lost)
    greenlet.join()
    with pytest.raises(LeaseLostError):
        Services(print, None).died(Service("worker", lost), greenlet)
