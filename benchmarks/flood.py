"""Whether podbot with SQLite takes 1,000 deaths a second for a minute, and what it costs. Prints only.

Run it from the repository's root: `python -m benchmarks.flood`, or with other numbers
`python -m benchmarks.flood 500 20` (a second, seconds). The cluster and Slack are simulated on this machine,
and take their share of it.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.flood import flood


def main() -> None:
    """One flood, told while it lasts."""
    per_second, seconds = (int(each) for each in sys.argv[1:3] or ("1000", "60"))
    with TemporaryDirectory(prefix="podbot-flood-") as folder:
        came = asyncio.run(flood(Path(folder), per_second=per_second, seconds=seconds, say=_say))
    _say(f"{came.deaths} deaths in {came.lasted:.1f} s, {came.deaths / came.lasted:.0f} a second")
    _say(f"at most {came.longest_lag:.2f} s behind, {came.lag_at_end:.2f} s at the end")
    _say(f"{came.cpu / came.deaths * 1e3:.2f} ms of CPU for a death, {came.memory / 2**20:.0f} MiB at most")


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - printing is what a benchmark is for


if __name__ == "__main__":
    main()
