"""What containers have written: per run, made from its start and end, so that nothing has to be kept or
ticked.

A run's lines are a pure function of the run and the present moment: opening lines, routine lines of its
profile at steady intervals, and, once it has ended, its last words. The kubelet opens and closes runs;
`api.logs` reads them.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

KEPT_LINES = 3_000
"""How far back a log goes: what is older has been rotated away, as a kubelet does by size."""

LogLine = tuple[datetime, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How a kind of container writes: its opening, its routine lines and the seconds between them."""

    opening: tuple[str, ...]
    routine: tuple[str, ...]
    every: float


_HTTP = Profile(
    opening=(
        'level=info msg="starting" version={tag} pid=1',
        'level=info msg="configuration loaded" sources=env,file',
        'level=info msg="listening" addr=:8080',
    ),
    routine=(
        'level=info msg="request" method=GET path=/products/{n} status=200 duration={ms}ms',
        'level=info msg="request" method=GET path=/healthz status=200 duration=1ms',
        'level=info msg="request" method=POST path=/basket/{n}/items status=201 duration={ms}ms',
        'level=info msg="request" method=GET path=/search?q=lamp status=200 duration={ms}ms',
        'level=warn msg="slow upstream" upstream=catalogue duration=1{ms}ms',
        'level=info msg="cache" hits={n} misses=3 entries=20{ms}',
    ),
    every=2.5,
)
_DATABASE = Profile(
    opening=(
        "LOG:  starting database server, version {tag}",
        "LOG:  listening on IPv4 address 0.0.0.0, port 5432",
        "LOG:  database system is ready to accept connections",
    ),
    routine=(
        "LOG:  checkpoint starting: time",
        "LOG:  checkpoint complete: wrote {n} buffers (0.{ms}%); sync=0.003 s, total=4.{ms} s",
        "LOG:  automatic vacuum of table ledger.public.entries: removed {n} dead rows",
        "LOG:  connection authorized: user=ledger database=ledger",
    ),
    every=9.0,
)
_DNS = Profile(
    opening=(
        "[INFO] plugin/reload: Running configuration SHA512 = 591cf328cccc12",
        "CoreDNS-{tag}",
        "linux/amd64",
    ),
    routine=(
        '[INFO] 10.244.1.{n}:41{ms} - {n} "A IN api.payments.svc.cluster.local. udp 56" NOERROR 0.000{ms}s',
    ),
    every=12.0,
)
_BATCH = Profile(
    opening=("INFO  run started", "INFO  reading s3://exports/2026/orders.csv"),
    routine=("INFO  imported {n}000 of 240000 rows", "INFO  batch {n} committed in {ms} ms"),
    every=1.5,
)
_PROXY = Profile(
    opening=("[info] initializing proxy", "[info] all clusters initialized, starting workers"),
    routine=('[info] "GET /v1/charges/{n} HTTP/1.1" 200 - {ms}ms', "[debug] upstream connection reused"),
    every=4.0,
)
_INIT = Profile(
    opening=("migrate: connecting", "migrate: schema is at version 42", "migrate: nothing to do"),
    routine=(),
    every=1,
)
_QUIET = Profile(opening=(), routine=(), every=1)

_PROFILES = (
    ("postgres", _DATABASE),
    ("coredns", _DNS),
    ("import", _BATCH),
    ("report", _BATCH),
    ("backup", _BATCH),
    ("proxy", _PROXY),
    ("shipper", _PROXY),
    ("migrate", _INIT),
)


def profile_of(image: str) -> Profile:
    """Return the profile of a container by its image."""
    return next((profile for word, profile in _PROFILES if word in image), _HTTP)


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of a container, from its start to its end."""

    container_id: str
    image: str
    started: datetime
    finished: datetime | None = None
    last_words: tuple[str, ...] = ()
    quiet: bool = False
    """Whether it writes its last words only, as a command does."""

    def lines(self, now: datetime) -> Iterator[LogLine]:
        """Yield what has been written up to `now`, oldest first."""
        profile = _QUIET if self.quiet else profile_of(self.image)
        tag = self.image.rsplit(":", 1)[-1]
        until = min(now, self.finished) if self.finished else now
        for index, text in enumerate(profile.opening):
            moment = self.started + timedelta(milliseconds=40 + 130 * index)
            if moment <= until:
                yield moment, text.replace("{tag}", tag)
        yield from self._routine(profile, until)
        if self.finished is not None and now >= self.finished:
            # A microsecond past the end each, so that a follower who has read up to it still gets them.
            for index, text in enumerate(self.last_words, start=1):
                yield self.finished + timedelta(microseconds=index), text

    def _routine(self, profile: Profile, until: datetime) -> Iterator[LogLine]:
        if not profile.routine:
            return
        count = int((until - self.started).total_seconds() / profile.every)
        for number in range(max(1, count - KEPT_LINES), count + 1):
            chance = random.Random(f"{self.container_id}/{number}")
            moment = self.started + timedelta(
                seconds=number * profile.every, milliseconds=chance.randrange(900)
            )
            if moment > until:
                return
            text = chance.choice(profile.routine)
            yield (
                moment,
                text.replace("{n}", str(chance.randrange(1, 240))).replace(
                    "{ms}", str(chance.randrange(10, 99))
                ),
            )


class LogBook:
    """The runs whose logs the nodes still hold."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}

    def open(self, container_id: str, image: str, started: datetime, *, quiet: bool = False) -> None:
        """Begin the log of a run."""
        self._runs[container_id] = Run(container_id=container_id, image=image, started=started, quiet=quiet)

    def close(self, container_id: str, finished: datetime, last_words: tuple[str, ...]) -> None:
        """End the log of a run with its last words."""
        run = self._runs.get(container_id)
        if run is not None:
            run.finished = finished
            run.last_words = last_words

    def find(self, container_id: str) -> Run | None:
        """Return a run's log, or None where it is gone."""
        return self._runs.get(container_id)

    def drop(self, container_id: str) -> None:
        """Delete a log: its container was removed from the node."""
        self._runs.pop(container_id, None)
