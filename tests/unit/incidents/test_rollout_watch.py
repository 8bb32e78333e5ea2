"""A rollout while an incident is open: told once, by itself, and over restarts; and what it costs to look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from msgspec.structs import replace as replace_pod

from bot.errors import ClusterUnreachable
from bot.incidents import rollout_watch, rollouts
from bot.incidents.keeper import Keeper
from bot.model.deaths import Cause, Death
from bot.model.incidents import IncidentId
from bot.model.letters import Letter
from bot.model.pods import OwnerReference, Pod, PodUid
from bot.model.revisions import Revision
from bot.model.stories import StoryKind
from tests.support.clock import START, HeldClock, settle
from tests.support.deaths import a_death
from tests.support.findings import found
from tests.support.keepers import LastingStore, Said, a_keeper, at_work
from tests.support.pods import READY, SCHEDULED, a_pod, running, waiting
from tests.support.reading import as_read
from tests.support.surroundings import MemorySurroundings, a_revision

GOOD, BAD = a_revision(41, "1.4.1", seconds=-900), a_revision(42, "1.5.0", seconds=-60)
FIXED = a_revision(43, "1.5.1", seconds=100)
BACK = replace(GOOD, number=43, earlier=(41,))
"""The good one, rolled back to."""


class Desk:
    """A keeper, the revisions and pods of web, and what is said; `a_life` is one process of it."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.around = MemorySurroundings()
        self.around.kept = (GOOD, BAD)
        self.pods: list[Pod] = []
        self.store = LastingStore()
        self.outbox = Said()
        self._numbers = count()

    @property
    def letters(self) -> dict[str, Letter]:
        """What was said last under each key."""
        return {each.key: each for each in self.outbox.letters}

    @asynccontextmanager
    async def a_life(self) -> AsyncIterator[Keeper]:
        keeper = a_keeper(
            store=self.store,
            outbox=self.outbox,
            clock=self.clock,
            new_id=lambda: IncidentId(f"I{next(self._numbers)}"),
            surroundings=self.around,
            pods=lambda _, name: next((each for each in self.pods if each.name == name), None),
            every_pod=lambda: self.pods,
        )
        await keeper.begin()
        async with at_work(keeper):
            yield keeper

    def runs(self, of: str, names: str, *, since: float = -600, well: bool = True) -> list[Pod]:
        """Pods of a ReplicaSet of web."""
        return [a_pod_of(of, each, since=since, well=well) for each in names]

    async def breaks(self, keeper: Keeper, pod: str = "x", of: str = "web-42", **changes: object) -> None:
        """A pod dies, and is told with its evidence."""
        await keeper.record(found(dead(pod, of, **changes)))
        await settle(60)
        self.around.asked.clear()

    def told(self, identity: str = "I0") -> list[str]:
        """The revisions that its story tells."""
        rows = [each.entry for (of, _), each in sorted(self.store.stories.items()) if of == identity]
        letters = self.letters
        said = [letters.get(f"incident/{identity}/story/{each.number}") for each in rows]
        return [
            as_read(letter.message).strip().split("\n")[-1] if letter is not None else "kept back"
            for each, letter in zip(rows, said, strict=True)
            if each.kind is StoryKind.CHAPTER
        ]

    def readings(self) -> int:
        """How often revisions were read since this was last asked; owners are read for other reasons, too."""
        asked, self.around.asked = self.around.asked.count("revisions"), []
        return asked


def dead(pod: str = "x", of: str = "web-42", **changes: object) -> Death:
    reference = OwnerReference(kind="ReplicaSet", name=of, controller=True)
    return replace(
        a_death(uid=pod, controller=reference, restarts=1),
        pod=f"{of}-{pod}",
        **changes,  # type: ignore[arg-type]  # fields of `Death`
    )


def a_pod_of(of: str, name: str, *, since: float, well: bool) -> Pod:
    owner = OwnerReference(kind="ReplicaSet", name=of, uid=of, controller=True)
    state = running(restarts=1) if well else waiting(restarts=1)
    pod = a_pod(
        state, name=f"{of}-{name}", uid=name, owner=owner, conditions=[SCHEDULED, *([READY] if well else [])]
    )
    meta = replace_pod(
        pod.metadata,
        uid=PodUid(name),
        creation_timestamp=START + timedelta(seconds=since),
        labels={"pod-template-hash": of.removeprefix("web-")},
    )
    return replace_pod(pod, metadata=meta)


async def rolls(desk: Desk, pods: list[Pod], *kept: Revision, seconds: float = 13) -> None:
    """The cluster is so from now on; and some time passes."""
    desk.pods, desk.around.kept = pods, kept
    await desk.clock.advance(seconds)


FIX = "Revision 43 rolled out: image `web:1.5.0` → `web:1.5.1`"
ROLLBACK = "Revision 43 rolled out, a rollback to revision 41: image `web:1.5.0` → `web:1.4.1`"


@pytest.mark.parametrize(
    ("before", "after", "kept", "told"),
    [
        pytest.param({"web-42": "xyz"}, {"web-42": "xyz", "web-43": "n"}, (BAD, FIXED), FIX, id="a-fix"),
        pytest.param(
            {"web-41": "ab", "web-42": "xy"},
            {"web-41": "abn", "web-42": "xy"},
            (BACK, BAD),
            ROLLBACK,
            id="a-rollback",
        ),
        pytest.param(
            {"web-41": "abc", "web-42": "xy"},
            {"web-41": "abc"},
            (BACK, BAD),
            ROLLBACK,
            id="a-rollback-for-which-no-pod-is-made",
        ),
    ],
)
async def test_a_rollout_is_told_although_nothing_dies_any_more(
    before: dict[str, str], after: dict[str, str], kept: tuple[Revision, ...], told: str
) -> None:
    """One reading, one line of the thread, and the message shows it, too."""
    desk = Desk()
    desk.pods = [pod for of, names in before.items() for pod in desk.runs(of, names)]
    async with desk.a_life() as keeper:
        await desk.breaks(keeper)
        await desk.clock.advance(6)
        assert desk.readings() == 0
        pods = [
            pod
            for of, names in after.items()
            for name in names
            for pod in desk.runs(of, name, since=30 if name == "n" else -600)
        ]
        await rolls(desk, pods, *kept)
        assert desk.told() == [told]
        assert desk.readings() == 1
        await desk.clock.advance(30)
        assert desk.told() == [told]
        assert desk.readings() == 0
        assert told in as_read(desk.letters["incident/I0"].message)
        assert "Or roll back revision 42" not in as_read(desk.letters["incident/I0"].message)


async def test_the_end_says_after_which_revision_it_came() -> None:
    """In the thread, where one reads what mended it."""
    desk = Desk()
    desk.pods = desk.runs("web-42", "xy", well=False)
    async with desk.a_life() as keeper:
        await desk.breaks(keeper)
        await rolls(desk, desk.runs("web-43", "nm", since=100), BAD, FIXED)
        await desk.clock.advance(120)
        (end,) = [each.entry for each in desk.store.stories.values() if each.entry.kind is StoryKind.ENDED]
        assert end.change is not None
        assert end.change.number == 43
        letter = desk.letters[f"incident/I0/story/{end.number}"]
        assert "after revision 43 (image `web:1.5.1`)" in as_read(letter.message)


async def test_two_rollouts_between_two_looks_are_two_lines() -> None:
    """Each new revision has one, in their order."""
    desk = Desk()
    desk.pods = desk.runs("web-42", "xyz")
    async with desk.a_life() as keeper:
        await desk.breaks(keeper)
        await desk.clock.advance(6)
        again = replace(BAD, number=44, earlier=(42,))
        await rolls(desk, desk.runs("web-42", "xyzn", since=30), FIXED, again, GOOD)
        assert [each.split(":")[0] for each in desk.told()] == []
        pods = [*desk.runs("web-42", "xyzn"), *desk.runs("web-43", "m", since=40)]
        await rolls(desk, pods, FIXED, again, GOOD)
        assert [each.split(":")[0] for each in desk.told()] == [
            "Revision 43 rolled out",
            "Revision 44 rolled out, a rollback to revision 42",
        ]


def made_at(seconds: float, *kept: Revision) -> tuple[Revision, ...]:
    """These, of a Deployment that was made then."""
    return tuple(replace(each, deployment_at=START + timedelta(seconds=seconds)) for each in kept)


ANEW = "Revision 1 rolled out, of the Deployment made anew"


async def test_the_rollouts_of_a_deployment_that_is_made_anew_are_told_like_others() -> None:
    """It begins at revision 1 again. Once, also over a restart; and the end says after which one it came."""
    desk = Desk()
    desk.pods, desk.around.kept = desk.runs("web-42", "xy"), made_at(-900, GOOD, BAD)
    first, second = a_revision(1, "1.5.0", seconds=20), a_revision(2, "1.5.1", seconds=60)
    async with desk.a_life() as keeper:
        await desk.breaks(keeper)
        assert "Or roll back revision 42" in as_read(desk.letters["incident/I0"].message)
        await rolls(desk, desk.runs("web-1", "n", since=20), *made_at(19, first))
        assert desk.told() == [ANEW]
        assert "Or roll back revision 42" not in as_read(desk.letters["incident/I0"].message)
    async with desk.a_life():
        await rolls(desk, desk.runs("web-2", "m", since=60), *made_at(19, first, second))
        assert desk.told() == [ANEW, "Revision 2 rolled out: image `web:1.5.0` → `web:1.5.1`"]
        await desk.clock.advance(120)
    (end,) = [each.entry for each in desk.store.stories.values() if each.entry.kind is StoryKind.ENDED]
    assert end.change is not None
    assert end.change.number == 2


async def test_a_deployment_that_is_made_anew_from_the_same_template_is_told() -> None:
    """Its ReplicaSet has the name of the one before; it is another object all the same."""
    desk = Desk()
    desk.pods, desk.around.kept = desk.runs("web-42", "xy"), made_at(-900, GOOD, BAD)
    same = replace(BAD, number=1, replica_set_uid="anew", created_at=START + timedelta(seconds=20))
    controller = OwnerReference(kind="ReplicaSet", name="web-42", uid="anew", controller=True)
    (pod,) = desk.runs("web-42", "n", since=20)
    pod = replace_pod(pod, metadata=replace_pod(pod.metadata, owner_references=(controller,)))
    async with desk.a_life() as keeper:
        await desk.breaks(keeper)
        await rolls(desk, [pod], *made_at(19, same))
        assert desk.told() == [ANEW]


async def test_nothing_is_told_twice_over_a_restart() -> None:
    """The next process knows by the incident what was told; what was rolled out meanwhile is news to it."""
    desk = Desk()
    desk.pods = desk.runs("web-42", "xy")
    async with desk.a_life() as keeper:
        await desk.breaks(keeper)
        await rolls(desk, [*desk.runs("web-42", "x"), *desk.runs("web-43", "n", since=30)], BAD, FIXED)
    assert desk.told() == [FIX]
    async with desk.a_life():
        await desk.clock.advance(20)
    assert desk.told() == [FIX]
    newer = a_revision(44, "1.5.2", seconds=200)
    desk.pods = desk.runs("web-44", "m", since=200)
    desk.around.kept = (FIXED, newer)
    async with desk.a_life():
        await desk.clock.advance(20)
    assert desk.told() == [FIX, "Revision 44 rolled out: image `web:1.5.1` → `web:1.5.2`"]


async def test_only_what_is_broken_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """While no Deployment has an open incident, no pod is touched."""
    desk = Desk()
    passes = count()
    pods_of = rollouts.pods_of

    def counted(*about: object) -> object:
        next(passes)
        return pods_of(*about)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(rollouts, "pods_of", counted)
    desk.pods = desk.runs("web-41", "abc")
    async with desk.a_life():
        await rolls(desk, desk.runs("web-43", "nml", since=10), GOOD, FIXED, seconds=60)
    assert (next(passes), desk.around.asked) == (0, [])


async def test_what_cannot_be_read_is_tried_again_ever_more_rarely() -> None:
    """An API server that is away costs no rollout its line; a missing right costs few requests."""
    desk = Desk()
    desk.pods = desk.runs("web-42", "xy", well=False)
    async with desk.a_life() as keeper:
        await desk.breaks(keeper)
        desk.around.failing, desk.around.failure = {"revisions"}, ClusterUnreachable("No answer.")
        pods = [*desk.runs("web-42", "xy", well=False), *desk.runs("web-43", "n", since=30, well=False)]
        await rolls(desk, pods, BAD, FIXED, seconds=3_600)
        assert desk.told() == []
        assert 10 <= desk.readings() <= 20
        desk.around.failing = set()
        await desk.clock.advance(rollout_watch.LONGEST_PAUSE + 10)
        assert desk.told() == [FIX]


async def test_pods_that_are_replaced_for_other_reasons_cost_few_requests() -> None:
    """In the middle of a rollout the older ReplicaSet loses pods, and makes others for them."""
    desk = Desk()
    desk.pods = [*desk.runs("web-41", "ab"), *desk.runs("web-42", "xy", well=False)]
    async with desk.a_life() as keeper:
        await desk.breaks(keeper)
        for number in range(30):
            names = "abcdefghijklmnopqrstuvwxyzABCDEF"[number : number + 2]
            pods = [*desk.runs("web-41", names, since=30), *desk.runs("web-42", "xy", well=False)]
            await rolls(desk, pods, GOOD, BAD, seconds=2)
        assert desk.told() == []
        assert desk.readings() <= 60 / rollout_watch.READ_EVERY + 1


async def test_every_incident_of_the_workload_is_told_by_one_reading() -> None:
    """Two causes are two incidents; the rollout may mend both."""
    desk = Desk()
    desk.pods = desk.runs("web-42", "xy")
    async with desk.a_life() as keeper:
        await desk.breaks(keeper)
        await desk.breaks(keeper, "y", cause=Cause.OOM_KILLED)
        await rolls(desk, [*desk.runs("web-42", "x"), *desk.runs("web-43", "n", since=30)], BAD, FIXED)
        assert (desk.told("I0"), desk.told("I1")) == ([FIX], [FIX])
        assert desk.readings() == 1


async def test_the_members_of_a_storm_keep_it_in_their_own_stories() -> None:
    """Nobody hears of it: the digest tells of many, and whoever reads one of them finds it there."""
    desk = Desk()
    desk.pods = desk.runs("web-42", "xy")
    async with desk.a_life() as keeper:
        for number in range(12):
            owner = replace_pod(dead().owner, name=f"w{number}")
            await keeper.record(found(dead(f"u{number}", owner=owner)))
        await desk.breaks(keeper)
        storm = max(desk.store.incidents, key=lambda each: int(each[1:]))
        await rolls(desk, [*desk.runs("web-42", "x"), *desk.runs("web-43", "n", since=30)], BAD, FIXED)
        assert desk.told(storm) == ["kept back"]


async def test_a_mistake_of_ours_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keeper goes on, and the next death is told as ever."""

    def stumble(*about: object) -> object:
        raise KeyError(about)

    desk = Desk()
    desk.pods = desk.runs("web-42", "xy")
    async with desk.a_life() as keeper:
        await desk.breaks(keeper)
        monkeypatch.setattr(rollouts, "shows_in", stumble)
        await rolls(desk, desk.runs("web-43", "n", since=30), BAD, FIXED)
        await keeper.record(found(dead("y", restarts=2)))
        await settle(60)
        assert "2 pods died" in desk.letters["incident/I0"].message.text
