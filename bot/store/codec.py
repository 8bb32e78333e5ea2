"""Values as JSON text, and back. One decoder for each kind of value, made once.

Fields that a later version adds have defaults, and what an older version does not know is passed over: rows
outlive the program that wrote them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

import msgspec

from bot import logs
from bot.incidents.acts import Act, ActResult
from bot.incidents.records import KeptIncident
from bot.model.deaths import Death
from bot.model.history import FormerPod
from bot.model.letters import Letter
from bot.model.memory import PodMemory
from bot.model.silences import Silence
from bot.model.stories import StoryEntry
from bot.store.columns import storable

T = TypeVar("T")

log = logs.get(__name__)


class Unreadable(ValueError):
    """A row is not what this version understands."""


class Codec(Generic[T]):
    """Writes and reads one kind of value."""

    def __init__(self, kind: type[T]) -> None:
        self._decoder = msgspec.json.Decoder(kind)
        self._encoder = msgspec.json.Encoder()

    def write(self, value: T) -> str:
        """As JSON."""
        try:
            return self._encoder.encode(value).decode()
        except UnicodeEncodeError:
            # Half a surrogate pair somewhere in a pod's words: JSON has no way to say it.
            return self._encoder.encode(_storable(msgspec.to_builtins(value))).decode()

    def read(self, text: str) -> T:
        """The value again; raises `Unreadable`."""
        try:
            return self._decoder.decode(text)
        except msgspec.MsgspecError as error:
            raise Unreadable(str(error)) from error


def readable(codec: Codec[T], rows: Iterable[tuple[Any, ...]], what: str) -> Iterator[T]:
    """The values of rows of (name, text). One that cannot be read must not keep the rest from being known."""
    for name, text in rows:
        try:
            yield codec.read(text)
        except Unreadable:
            log.exception("row_unreadable", what=what, name=name)


def _storable(value: object) -> object:
    match value:
        case str():
            return storable(value)
        case dict():
            return {_storable(key): _storable(each) for key, each in value.items()}
        case list() | tuple():
            return [_storable(each) for each in value]
    return value


death: Codec[Death] = Codec(Death)
incident: Codec[KeptIncident] = Codec(KeptIncident)
letter: Codec[Letter] = Codec(Letter)
pod_memory: Codec[PodMemory] = Codec(PodMemory)
silence: Codec[Silence] = Codec(Silence)
story_entry: Codec[StoryEntry] = Codec(StoryEntry)
former_pod: Codec[FormerPod] = Codec(FormerPod)
act: Codec[Act] = Codec(Act)
act_result: Codec[ActResult] = Codec(ActResult)
