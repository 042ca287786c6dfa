"""How long before a visit its task is leased."""

from crawler.feeder.lead import LOOKAHEAD_S, MAX_LEAD_S, Lead
from tests.policy.feeder.test_host import NOW, host_of, tasks


def test_a_slow_ledger_is_asked_earlier_and_a_quick_one_no_earlier_than_ever():
    lead = Lead()
    lead.took(0.0)
    assert lead.seconds == LOOKAHEAD_S
    lead.took(0.3)
    assert lead.seconds == LOOKAHEAD_S + 0.6, "the lease before may take as long"
    for _ in range(100):
        lead.took(0.001)
    assert lead.seconds < LOOKAHEAD_S + 0.01
    lead.took(60.0)
    assert lead.seconds == MAX_LEAD_S


def test_a_host_whose_visits_are_far_apart_has_its_task_in_time_though_leases_are_slow():
    host = host_of(delay=2.0)
    host.take(tasks(1))
    host.tasks.popleft()
    host.pace.handed_off()
    host.pace.begun(NOW)
    host.pace.finished(NOW)
    ready_at, lease_s = host.pace.ready_at(), 0.4
    assert ready_at == NOW + 2.0
    host.lead.took(lease_s)
    asked_at = host.refill_at(NOW)
    assert asked_at + 2 * lease_s <= ready_at
    assert host.missing_tasks(asked_at) == 1
    assert host.missing_tasks(ready_at - host.lead.seconds - 0.01) == 0
