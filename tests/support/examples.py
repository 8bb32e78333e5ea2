"""How many examples the property tests look at, and which.

Usually the same ones each time: what is judged is the change, and not the luck of a run. `make search` looks
at new ones, many times as many; what it finds becomes a test of its own.
"""

from __future__ import annotations

import os

from hypothesis import settings

SEARCHES = os.environ.get("PODBOT_TEST_EXAMPLES") == "search"

_TIMES_AS_MANY = int(os.environ.get("PODBOT_SEARCH_TIMES", "50"))
_USUALLY = 100


def examples(usual: int) -> int:
    """How many examples a test looks at that usually looks at so many."""
    return usual * _TIMES_AS_MANY if SEARCHES else usual


def load_profile() -> None:
    """Have hypothesis know it. No deadline: a machine may stall, and that says nothing about an example."""
    settings.register_profile("usual", deadline=None, derandomize=True)
    settings.register_profile("search", deadline=None, max_examples=examples(_USUALLY), print_blob=True)
    settings.load_profile("search" if SEARCHES else "usual")
