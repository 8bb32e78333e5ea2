"""Who leads: what a lease says of it, and in which term."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

Term = NewType("Term", int)
"""Grows with each take-over, from 1 on. The store refuses what an older term still wants to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRecord:
    """A lease as it was read or is to be written, in the words of `coordination.k8s.io`."""

    holder: str
    """The identity of the process that leads; empty where nobody does."""
    transitions: int
    """How often it was taken after the first time, also by whoever had had it before."""
    seconds: int
    """How long after its last renewal nobody else may take it."""
    acquired_at: datetime
    renewed_at: datetime
    """Both by the holder's clock, and for people to read: nothing is decided by them."""
    version: str = ""
    """The resourceVersion, which changes with each write; empty in what is to be created."""

    @property
    def term(self) -> Term:
        """The term of its holder."""
        return Term(self.transitions + 1)
