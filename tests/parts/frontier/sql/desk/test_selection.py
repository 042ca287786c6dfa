"""Many URLs, a page of them at a time, while others write."""

from crawler.frontier import Wanted, open_ledger, pages
from crawler.frontier.sql.desk.selection import PAGE_ROWS
from tests.parts.frontiers import NOW, seeds
from tests.parts.ledgers import execute


def test_an_export_reads_every_url_once_and_in_pages(big):
    file, urls = big
    sizes, seen, last = [], 0, 0
    with open_ledger(file) as desk:
        for page in pages(desk, Wanted()):
            sizes.append(len(page))
            seen += len(page)
            ids = [one.id for one in page]
            assert ids == sorted(ids)
            assert min(ids, default=urls + 1) > last, "the last page may be empty"
            last = max(ids, default=urls)
        found = sum(len(page) for page in pages(desk, Wanted(kinds=("timeout",), job="one")))
    assert seen == urls
    assert max(sizes) == PAGE_ROWS
    assert found == sum(1 for n in range(1, urls + 1) if n % 4 == 2 and n % 2 == 0)


def test_an_export_never_holds_up_a_checkpoint(file, frontier):
    frontier.add("job", seeds("a", each=2 * PAGE_ROWS + 1), NOW)
    with open_ledger(file) as desk:
        read = pages(desk, Wanted())
        for each in (PAGE_ROWS, PAGE_ROWS, 2):  # what came meanwhile is on the last
            assert len(next(read)) == each
            frontier.add("job", seeds("more"), NOW)
            ((busy, *_),) = execute(file, "PRAGMA wal_checkpoint(TRUNCATE)")
            assert not busy


def test_what_was_forgotten_makes_no_page(file, frontier):
    frontier.add("job", seeds("a"), NOW)
    execute(file, "UPDATE task SET id = ?", 1_000 * PAGE_ROWS)
    frontier.add("job", seeds("b"), NOW)
    with open_ledger(file) as desk:
        assert [[one.host for one in page] for page in pages(desk, Wanted())] == [["a:80", "b:80"]]


def test_a_page_of_few_rows_leaves_none_out(file, frontier):
    frontier.add("job", seeds("a", "b", each=5), NOW)
    execute(
        file, "INSERT INTO visited (task, kind) SELECT id, 'timeout' FROM task WHERE id % 3 = 0"
    )
    with open_ledger(file) as desk:
        all_ = [one.id for page in pages(desk, Wanted()) for one in page]
        for most in (1, 2, 3, 9, 10, 11):
            read = [*pages(desk, Wanted(most=most))]
            assert max(map(len, read)) <= most
            assert [one.id for page in read for one in page] == all_
        chosen = [*pages(desk, Wanted(kinds=("timeout",), most=2))]
        assert [one.id for page in chosen for one in page] == [one for one in all_ if not one % 3]
