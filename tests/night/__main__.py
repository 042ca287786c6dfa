"""Types what the page shows of the night, and writes it; or, with `--stay`, lets it stand."""

import sys
import tempfile
from pathlib import Path

from tests.night import PAGE, Night, rewritten
from tests.typed import PORT

with tempfile.TemporaryDirectory() as folder, Night(Path(folder), int(PORT)) as night:
    if "--stay" in sys.argv[1:]:
        input(f"cd {folder}; export CRAWLER_CONFIG=crawler.yaml; Enter ends it ")
    else:
        PAGE.write_text(rewritten(PAGE.read_text(), night))
