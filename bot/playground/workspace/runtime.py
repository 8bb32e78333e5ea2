"""What the servers share while the workspace is served: its state, the courier to the app, its own
address.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.playground.workspace.delivery.courier import Courier
from bot.playground.workspace.state import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """A workspace being served.

    Attributes:
        base_url: Where it listens, ending in `/`.
    """

    workspace: Workspace
    courier: Courier
    base_url: str
