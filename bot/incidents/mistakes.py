"""Mistakes of our own: what goes wrong with one incident must not end the telling of all others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot import logs
from bot.errors import Deposed, StoreUnavailable

log = logs.get(__name__)


@contextmanager
def contained(what: str, **about: str) -> Iterator[None]:
    """Leave undone what a mistake of ours stopped, and put it into the log.

    What is nobody's mistake goes on: a store that is away, and that another replica leads.
    """
    try:
        yield
    except (StoreUnavailable, Deposed):
        raise
    except Exception:
        log.exception("mistake", what=what, **about)
