"""Whatever of a pod's life the watch lets through, each death is counted once, and no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.model.containers import Terminated
from bot.model.deaths import Death
from bot.model.memory import Counted
from bot.model.pods import ClusterName, Pod
from bot.watch.classifier import baseline, deaths
from tests.support.examples import examples
from tests.support.pods import Built, a_pod, at, crashed, ended, lost, running, terminated, waiting

CLUSTER = ClusterName("prod-eu")

EXITS = st.sampled_from([(1, ""), (0, ""), (137, "OOMKilled"), (137, ""), (127, ""), (2, "")])


@dataclass(slots=True)
class Life:
    """A container that lives and dies as a kubelet tells it; `states` are what it writes, in order."""

    name: str
    ids: bool
    clock: float = 0.0
    count: int = 0
    died: int = 0
    last: Terminated | None = None
    states: list[tuple[Built, int]] = field(default_factory=list)
    """Each with how many deaths had been died by then."""

    def begin(self) -> None:
        self._write(running(self.name, restarts=self.count, since=self.clock, last=self.last))

    def die(self, exit_code: int, reason: str, *, seen: bool, pauses: bool, made_first: bool) -> None:
        """End the run and start the next, by any of the ways in which a kubelet shows it."""
        self.clock += 3
        self.died += 1
        if not seen:
            self.count += 1
            self.last = lost()
            self._write(terminated(self.name, self.last, restarts=self.count))
        else:
            run = f"{self.name}-{self.died}" if self.ids else ""
            end = ended(exit_code, at=self.clock, ran=2, reason=reason, run=run)
            self._write(terminated(self.name, end, restarts=self.count, last=self.last))
            self.last = end
            if pauses:
                self._write(waiting(self.name, restarts=self.count, last=end))
            self.count += 1
            if made_first:
                self._write(waiting(self.name, "", restarts=self.count, last=end))
        self.clock += 1
        self.begin()

    def _write(self, built: Built) -> None:
        self.states.append((built, self.died))


@st.composite
def lives(draw: st.DrawFn, name: str) -> Life:
    life = Life(name=name, ids=draw(st.booleans()))
    life.begin()
    for _ in range(draw(st.integers(0, 6))):
        exit_code, reason = draw(EXITS)
        life.die(
            exit_code,
            reason,
            seen=draw(st.integers(0, 9)) > 0,
            pauses=draw(st.booleans()),
            made_first=draw(st.booleans()),
        )
    return life


@st.composite
def watched(draw: st.DrawFn) -> tuple[list[tuple[Pod, int, int]], bool]:
    """What arrives of a pod with two containers: some states left out, some twice, in order."""
    first, second = draw(lives("app")), draw(lives("proxy"))
    steps: list[tuple[int, int]] = [(0, 0)]
    while steps[-1] != (len(first.states) - 1, len(second.states) - 1):
        one, two = steps[-1]
        forward = draw(st.booleans())
        if forward and one < len(first.states) - 1:
            steps.append((one + 1, two))
        elif two < len(second.states) - 1:
            steps.append((one, two + 1))
        else:
            steps.append((one + 1, two))
    arrive = [step for step in steps[:-1] for _ in range(draw(st.integers(0, 2)))] + [steps[-1]]
    pods = [
        (
            a_pod(first.states[one][0], second.states[two][0]),
            first.states[one][1],
            second.states[two][1],
        )
        for one, two in arrive
    ]
    return pods, draw(st.booleans())


def told(looks: list[Pod], *, first_listing: bool) -> Iterator[Death]:
    counted: dict[str, Counted] = {}
    for number, pod in enumerate(looks):
        now = at(10_000 + number)
        if number == 0 and first_listing:
            counted = baseline(pod, now)
            continue
        found, counted = deaths(CLUSTER, pod, counted, now)
        yield from found


@settings(max_examples=examples(300))
@given(watched())
def test_every_death_is_counted_once(seen: tuple[list[tuple[Pod, int, int]], bool]) -> None:
    """Coalesced, repeated, first seen late or listed before the first look: the sum is the truth."""
    looks, first_listing = seen
    found = list(told([pod for pod, _, _ in looks], first_listing=first_listing))
    identities = Counter(death.id for death in found)
    assert set(identities.values()) <= {1}, "no identity twice"
    _, app_before, proxy_before = looks[0]
    _, app, proxy = looks[-1]
    expected = {
        "app": app - (app_before if first_listing else 0),
        "proxy": proxy - (proxy_before if first_listing else 0),
    }
    for name, count in expected.items():
        assert sum(1 + death.unseen_before for death in found if death.id.container == name) == count


@settings(max_examples=examples(200))
@given(
    exit_code=st.sampled_from([0, 1, 137, 143]),
    asked_at=st.integers(10, 50),
    lasts=st.integers(0, 60),
    init_runs=st.integers(0, 3),
    job=st.booleans(),
    arrive=st.lists(st.integers(0, 2), min_size=4, max_size=4),
)
def test_a_life_without_a_death_is_silent(
    *, exit_code: int, asked_at: int, lasts: int, init_runs: int, job: bool, arrive: list[int]
) -> None:
    """Starts, does its init work, runs, and ends because it was asked to or because it was done."""
    init = [crashed(f"init-{number}", 0, at=number) for number in range(init_runs)]
    policy = "OnFailure" if job else "Always"
    end = ended(0 if job else exit_code, at=asked_at + lasts)
    when = None if job else float(asked_at)
    life = [
        a_pod(waiting("app", "ContainerCreating"), phase="Pending", restart_policy=policy),
        a_pod(running(), init=init, restart_policy=policy),
        a_pod(running(), init=init, restart_policy=policy, deleted=when),
        a_pod(terminated("app", end), init=init, restart_policy=policy, deleted=when),
    ]
    looks = [pod for pod, times in zip(life, arrive, strict=True) for _ in range(times)]
    assert list(told(looks, first_listing=False)) == []
