"""Chunks are taken in by batches of few URLs, so that each is a short transaction."""

import pytest

from crawler.frontier import ReadChunk
from crawler.seeder.admission import BATCH_URLS, Admission, SyncSums
from crawler.seeder.chunks import MAX_LINES
from tests.parts.frontiers import join, seeds


class Counted:
    """A frontier that notes how many URLs each `put` has."""

    def __init__(self, frontier):
        self.frontier, self.urls = frontier, []

    def put(self, owner, read):
        self.urls.append([len(chunk.seeds) for portion in read for chunk in portion.chunks])
        return self.frontier.put(owner, read)


@pytest.mark.parametrize("sizes", [[1, MAX_LINES - 1, 1, 1], [64, 1000, 2000, 2000, MAX_LINES]])
def test_no_transaction_has_more_urls_than_a_batch(frontier, sizes):
    one = frontier.begin_pass(join(frontier), "job", "list")
    counted, sums = Counted(frontier), SyncSums("job")
    admission = Admission(counted, sums, lambda: None)
    for number, size in enumerate(sizes):
        admission.admit(one, ReadChunk(number, number, seeds(f"h{number}", each=size)))
    admission.flush(one)
    assert [size for batch in counted.urls for size in batch] == sizes, "in their order"
    assert max(map(sum, counted.urls)) <= BATCH_URLS
    assert counted.urls[0] == sizes[:1], "the first at once"
    assert sums.added == sum(sizes)
