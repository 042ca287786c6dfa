"""Options that hands know from curl and wget do what they do there, or the page says why not."""

import pytest

from tests.hand_table import COMMAND, PAGE, ROWS, Hand, cells
from tests.real import needs


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.option)
def test_an_option_does_what_the_page_says_of_it_beside_curl_and_wget(row):
    needs("curl")
    needs("wget")
    with Hand() as hand:
        found = f"| {' | '.join(cells(row, hand.did(row)))} |"
    assert found in PAGE.read_text().splitlines(), f"{PAGE} is out of date; run `{COMMAND}`"
