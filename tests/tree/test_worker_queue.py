"""The tests themselves: a worker of xdist takes its tests from a queue that wakes it."""

from tests.worker_queue import WorkerQueue


def test_a_worker_takes_its_tests_from_our_queue(request):
    plugins = request.config.pluginmanager.get_plugins()
    workers = [one for one in plugins if type(one).__name__ == "WorkerInteractor"]
    assert bool(workers) == hasattr(request.config, "workerinput")
    assert all(isinstance(one.torun, WorkerQueue) for one in workers)


def test_what_is_put_is_taken_in_order():
    queue = WorkerQueue()
    queue.put(1)
    queue.put(2)
    assert [queue.get(), queue.get()] == [1, 2]
    queue.put(3)
    with queue.lock() as waiting:
        assert list(waiting) == [3]
    queue.replace([4])
    assert queue.get() == 4
