"""The shelf: where live incidents are found, by their id and by what their deaths have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.incidents.held import Held
from bot.model.incidents import IncidentId, IncidentKey, Scope


class Shelf:
    """One cluster's live incidents, in the order in which they were last moved.

    The first one is quiet for longest.
    """

    def __init__(self) -> None:
        self._by_id: dict[IncidentId, Held] = {}
        self._by_key: dict[IncidentKey, Held] = {}
        self._groups: dict[IncidentKey, Held] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Held]:
        """As they are now: whoever goes through them may change them."""
        return iter(tuple(self._by_id.values()))

    def get(self, identity: IncidentId | None) -> Held | None:
        """The incident of this id."""
        return self._by_id.get(identity) if identity is not None else None

    def of_key(self, key: IncidentKey) -> Held | None:
        """The incident that what dies under this key belongs to."""
        return self._by_key.get(key)

    def open_groups(self) -> Sequence[IncidentKey]:
        """The keys of groups that are not over."""
        return [key for key, held in self._groups.items() if not held.incident.state.is_over]

    def put(self, held: Held) -> None:
        """Take it in, as the last in line."""
        self._by_id.pop(held.incident.id, None)
        self._by_id[held.incident.id] = held
        self._key(held)

    def forward(self, held: Held) -> None:
        """Make it the last in line."""
        self._by_id[held.incident.id] = self._by_id.pop(held.incident.id)

    def take(self, held: Held) -> bool:
        """Take it out; False where it was out already."""
        self._unkey(held, held.incident.key)
        return self._by_id.pop(held.incident.id, None) is not None

    def rekey(self, held: Held, before: IncidentKey) -> None:
        """Its key has changed."""
        if self._by_key.get(before) is held:
            self._unkey(held, before)
            self._key(held)

    def _key(self, held: Held) -> None:
        self._by_key[held.incident.key] = held
        if held.incident.key.scope in {Scope.NODE, Scope.IMAGE}:
            self._groups[held.incident.key] = held

    def _unkey(self, held: Held, key: IncidentKey) -> None:
        if self._by_key.get(key) is held:
            del self._by_key[key]
            self._groups.pop(key, None)
