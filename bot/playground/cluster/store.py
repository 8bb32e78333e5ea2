"""What etcd and the watch cache are to a real API server: the objects, their versions, a bounded history, and
watches.

Every write gets the next resource version and is kept in the history until `compact`, or until the history is
full; a list at an older version is answered by undoing the history, and a watch from one by replaying it.
`api` serves it to clients; `controllers` and `kubelet` write to it and are told of each change through
`on_change`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bot.playground.cluster import errors
from bot.playground.cluster.objects import Json, copied, name_of, namespace_of, resource_of
from bot.playground.cluster.resources import Resource

Key = tuple[str, str]
"""Namespace (empty for cluster-wide objects) and name."""

Matches = Callable[[Json], bool]

HISTORY_LIMIT = 5_000
WATCHER_LIMIT = 1_000
"""Events that may wait for one watcher; a slower reader is cut off and must list again, as a real server
does.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write: ADDED, MODIFIED or DELETED, with the object after it and before it."""

    version: int
    type: str
    resource: Resource
    object: Json
    previous: Json | None


class Watcher:
    """One open watch: a bounded queue of changes, ended by `cut`."""

    def __init__(self, resource: Resource, namespace: str, matches: Matches, limit: int) -> None:
        self.resource = resource
        self._namespace = namespace
        self._matches = matches
        self._queue: asyncio.Queue[tuple[str, Json]] = asyncio.Queue(limit)
        self._cut = asyncio.Event()
        self.overflowed = False

    def cut(self) -> None:
        """End the watch; what has not been read is lost."""
        self._cut.set()

    def offer(self, change: Change) -> None:
        """Queue what this watcher sees of a change, if anything; a full queue ends the watch."""
        if change.resource is not self.resource:
            return
        if self._namespace and namespace_of(change.object) != self._namespace:
            return
        seen = self._seen_as(change)
        if seen is None:
            return
        try:
            self._queue.put_nowait(seen)
        except asyncio.QueueFull:
            self.overflowed = True
            self.cut()

    def _seen_as(self, change: Change) -> tuple[str, Json] | None:
        """Return the event for a selector's eyes: an object that stops matching is DELETED in its former
        shape.
        """
        before = change.previous is not None and self._matches(change.previous)
        after = change.type != "DELETED" and self._matches(change.object)
        if after:
            return ("MODIFIED" if before else "ADDED"), change.object
        if not before or change.previous is None:
            return None
        if change.type == "DELETED":
            return "DELETED", change.object
        gone = copied(change.previous)
        gone["metadata"]["resourceVersion"] = str(change.version)
        return "DELETED", gone

    async def next(self, wait: float) -> tuple[str, Json] | None:
        """Return the next event; None when there was none within `wait` seconds.

        Raises:
            WatchCut: the watch was ended.
        """
        if self._cut.is_set():
            raise WatchCut
        if not self._queue.empty():
            return self._queue.get_nowait()
        getting = asyncio.ensure_future(self._queue.get())
        cutting = asyncio.ensure_future(self._cut.wait())
        try:
            await asyncio.wait({getting, cutting}, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
            if getting.done():
                return getting.result()
            if self._cut.is_set():
                raise WatchCut
            return None
        finally:
            getting.cancel()
            cutting.cancel()


class WatchCut(Exception):
    """The watch was ended from the server's side."""


class Store:
    """The objects of the cluster and their history."""

    def __init__(self, *, history_limit: int = HISTORY_LIMIT, watcher_limit: int = WATCHER_LIMIT) -> None:
        self._objects: dict[str, dict[Key, Json]] = {}
        self._version = 100
        self._compacted = 100
        self._history: deque[Change] = deque()
        self._history_limit = history_limit
        self._watcher_limit = watcher_limit
        self._watchers: set[Watcher] = set()
        self._listeners: list[Callable[[Change], None]] = []

    @property
    def version(self) -> int:
        """The resource version of the last write."""
        return self._version

    @property
    def compacted(self) -> int:
        """The version up to which the history is gone."""
        return self._compacted

    @property
    def open_watches(self) -> int:
        """How many watches are open."""
        return len(self._watchers)

    def on_change(self, listener: Callable[[Change], None]) -> None:
        """Have `listener` called after each write; it must not write itself but may schedule."""
        self._listeners.append(listener)

    def find(self, resource: Resource, namespace: str, name: str) -> Json | None:
        """Return a copy of an object, or None."""
        found = self._of(resource).get((namespace, name))
        return None if found is None else copied(found)

    def get(self, resource: Resource, namespace: str, name: str) -> Json:
        """Return a copy of an object.

        Raises:
            Refusal: it is not there (404).
        """
        found = self.find(resource, namespace, name)
        if found is None:
            raise errors.not_found(resource, name)
        return found

    def all(self, resource: Resource, namespace: str = "") -> list[Json]:
        """Return the objects of a type in order. They are the store's own: read, never change them."""
        kept = self._of(resource)
        return [kept[key] for key in sorted(kept) if not namespace or key[0] == namespace]

    def all_at(self, resource: Resource, namespace: str, version: int) -> list[Json]:
        """Return the objects as they stood at a version, by undoing what was written since.

        Raises:
            Refusal: the version is compacted (410).
        """
        if version < self._compacted:
            raise errors.expired("The resourceVersion for the provided list is too old.")
        objects = dict(self._of(resource))
        for change in reversed(self._history):
            if change.version <= version:
                break
            if change.resource is resource:
                key = (namespace_of(change.object), name_of(change.object))
                if change.previous is None:
                    objects.pop(key, None)
                else:
                    objects[key] = change.previous
        return [objects[key] for key in sorted(objects) if not namespace or key[0] == namespace]

    def create(self, obj: Json) -> Json:
        """Add an object and return it with its version.

        Raises:
            Refusal: the name is taken (409).
        """
        resource = resource_of(obj)
        key = (namespace_of(obj), name_of(obj))
        if key in self._of(resource):
            raise errors.already_exists(resource, key[1])
        return self._write("ADDED", resource, key, copied(obj), None)

    def update(self, obj: Json) -> Json:
        """Replace an object by another of its name and UID; writing what is already there is no change."""
        resource = resource_of(obj)
        key = (namespace_of(obj), name_of(obj))
        previous = self._of(resource).get(key)
        if previous is None or previous["metadata"]["uid"] != obj["metadata"]["uid"]:
            raise errors.not_found(resource, key[1])
        fresh = copied(obj)
        fresh["metadata"]["resourceVersion"] = previous["metadata"]["resourceVersion"]
        if fresh == previous:
            return fresh
        return self._write("MODIFIED", resource, key, fresh, previous)

    def remove(self, obj: Json) -> Json:
        """Take an object out and return its last shape, versioned by its removal."""
        resource = resource_of(obj)
        key = (namespace_of(obj), name_of(obj))
        previous = self._of(resource).get(key)
        if previous is None or previous["metadata"]["uid"] != obj["metadata"]["uid"]:
            raise errors.not_found(resource, key[1])
        return self._write("DELETED", resource, key, copied(obj), previous)

    def compact(self) -> None:
        """Forget the history, as etcd's compaction does every five minutes."""
        self._history.clear()
        self._compacted = self._version

    def cut_watches(self) -> None:
        """End every open watch."""
        for watcher in self._watchers:
            watcher.cut()

    @contextmanager
    def watch(
        self, resource: Resource, namespace: str, matches: Matches, since: int | None
    ) -> Iterator[Watcher]:
        """Open a watch: from the present state (None: each object comes as ADDED) or from after a version.

        Raises:
            Refusal: the history since that version is gone (410).
        """
        if since is not None and since < self._compacted:
            raise errors.expired(f"too old resource version: {since} ({self._version})")
        backlog = (
            self._present(resource) if since is None else [c for c in self._history if c.version > since]
        )
        watcher = Watcher(resource, namespace, matches, len(backlog) + self._watcher_limit)
        for change in backlog:
            watcher.offer(change)
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    def _present(self, resource: Resource) -> list[Change]:
        return [
            Change(version=self._version, type="ADDED", resource=resource, object=obj, previous=None)
            for obj in self.all(resource)
        ]

    def _of(self, resource: Resource) -> dict[Key, Json]:
        return self._objects.setdefault(resource.plural, {})

    def _write(self, kind: str, resource: Resource, key: Key, obj: Json, previous: Json | None) -> Json:
        self._version += 1
        obj["metadata"]["resourceVersion"] = str(self._version)
        if kind == "DELETED":
            del self._of(resource)[key]
        else:
            self._of(resource)[key] = obj
        change = Change(version=self._version, type=kind, resource=resource, object=obj, previous=previous)
        self._history.append(change)
        while len(self._history) > self._history_limit:
            self._compacted = self._history.popleft().version
        for watcher in tuple(self._watchers):
            watcher.offer(change)
        for listener in self._listeners:
            listener(change)
        return copied(obj)
