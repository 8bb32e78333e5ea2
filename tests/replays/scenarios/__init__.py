"""The scenarios, by what they are about."""

from __future__ import annotations

import importlib

MODULES = (
    "exits",
    "counting",
    "other_containers",
    "whole_pods",
    "never_born",
    "silence",
    "watching",
    "owners",
    "peers",
    "peers_kwatch",
)


def load() -> None:
    """Bring them all into `script.ALL`."""
    for each in MODULES:
        importlib.import_module(f"{__name__}.{each}")
