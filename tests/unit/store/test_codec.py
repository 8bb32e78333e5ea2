"""What is written comes back the same; what cannot be read says so and keeps nothing else from being read."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.incidents.records import KeptIncident
from bot.model.deaths import Death
from bot.model.history import FormerPod
from bot.model.letters import Letter
from bot.model.memory import PodMemory
from bot.model.silences import Silence
from bot.model.stories import StoryEntry
from bot.store import codec
from tests.support.deaths import a_death
from tests.support.examples import examples
from tests.unit.store.made_up import values

KINDS: list[tuple[type, codec.Codec[Any]]] = [
    (Death, codec.death),
    (KeptIncident, codec.incident),
    (Letter, codec.letter),
    (PodMemory, codec.pod_memory),
    (FormerPod, codec.former_pod),
    (Silence, codec.silence),
    (StoryEntry, codec.story_entry),
]


@pytest.mark.parametrize(("kind", "of_kind"), KINDS, ids=[kind.__name__ for kind, _ in KINDS])
@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_value_comes_back_as_it_was(kind: type, of_kind: codec.Codec[Any], data: st.DataObject) -> None:
    """Of each type that is kept, with whichever fields it has by now."""
    value = data.draw(values(kind))
    assert of_kind.read(of_kind.write(value)) == value


def test_what_an_older_version_wrote_is_read() -> None:
    """Fields that were added since have their defaults."""
    fields = msgspec.json.decode(codec.death.write(a_death()))
    for name in ("probe", "controller", "unseen_before"):
        del fields[name]
    assert codec.death.read(msgspec.json.encode(fields).decode()) == a_death()


def test_what_a_newer_version_wrote_is_read() -> None:
    """As after going back to the version before."""
    fields = msgspec.json.decode(codec.death.write(a_death())) | {"invented_later": [1, 2]}
    assert codec.death.read(msgspec.json.encode(fields).decode()) == a_death()


def test_half_a_surrogate_pair_is_replaced() -> None:
    """JSON cannot say it."""
    assert codec.death.read(codec.death.write(a_death(message="a\ud800b"))).message == "a\ufffdb"


def test_one_unreadable_row_does_not_hide_the_rest() -> None:
    """It is told in the log, and passed over."""
    good = codec.death.write(a_death())
    with structlog.testing.capture_logs() as logged:
        read = list(codec.readable(codec.death, [("a", good), ("b", "{}"), ("c", good)], "death"))
    assert read == [a_death(), a_death()]
    assert [(each["event"], each["name"]) for each in logged] == [("row_unreadable", "b")]
