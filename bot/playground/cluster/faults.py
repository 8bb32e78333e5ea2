"""What tests and rehearsals can make go wrong with the API server itself, beside the pods."""

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Faults:
    """Knobs of the API server; change them while it runs.

    `token` is the bearer token that is required, None for none. `forbidden` holds (verb, resource, namespace)
    triples that are answered 403, with `*` for any. `broken` answers every request 500, `hanging` answers
    none until it is cleared. `expired_watch_as_http` answers a watch from compacted history by HTTP 410
    instead of an ERROR event. `without_metrics`: there is no metrics server.
    """

    token: str | None = None
    user: str = "podbot"
    forbidden: set[tuple[str, str, str]] = field(default_factory=set)
    broken: bool = False
    expired_watch_as_http: bool = False
    without_metrics: bool = False
    bookmark_seconds: float = 10.0
    _free: asyncio.Event = field(default_factory=asyncio.Event)
    _hanging: bool = False

    @property
    def hanging(self) -> bool:
        """Whether requests are left without an answer."""
        return self._hanging

    @hanging.setter
    def hanging(self, on: bool) -> None:
        self._hanging = on
        if on:
            self._free.clear()
        else:
            self._free.set()

    async def wait_while_hanging(self) -> None:
        """Return once requests are answered."""
        if self._hanging:
            await self._free.wait()

    def forbids(self, verb: str, resource: str, namespace: str) -> bool:
        """Whether a request is to be answered 403."""
        return any(
            v in {verb, "*"} and r in {resource, "*"} and n in {namespace, "*"} for v, r, n in self.forbidden
        )
