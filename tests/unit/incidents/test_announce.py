"""What a tired person reads on a phone. The whole messages are in tests/golden/incidents."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.incidents import advice, announce, engine
from bot.model.containers import ContainerKind
from bot.model.deaths import Cause, Death
from bot.model.incidents import Ending, Evidence, Incident, IncidentId, IncidentState
from bot.model.messages import Message, Paragraph, Preformatted
from bot.model.pods import Owner
from tests.support.deaths import a_death, a_pods_death
from tests.support.golden import assert_golden
from tests.support.pods import at
from tests.support.reading import as_read

LOG = ("loading catalogue (3.1M rows)", "warn: heap at 96 %")
HOSTILE = "<!channel> `rm -rf` *now* \x1b[31mred\x1b[0m \u202egnp.exe @here & <https://evil.example|safe>"


def of(*deaths: Death, log: tuple[str, ...] | None = None, missing: str = "") -> Incident:
    incident = engine.opened(IncidentId("1F3K"), deaths[0])
    for death in deaths[1:]:
        incident = engine.with_death(incident, death)
    if log is not None or missing:
        evidence = Evidence(death=incident.latest, log_tail=log or (), missing=missing)
        incident = engine.with_evidence(incident, evidence)
    return incident


OOM = a_death(
    Cause.OOM_KILLED, exit_code=137, reason="OOMKilled", memory_limit="256Mi", cpu_limit="500m", restarts=1
)

CASES = {
    "oom-once": of(OOM, log=LOG),
    "oom-storm": of(
        OOM,
        *(
            replace(
                OOM,
                id=replace(OOM.id, restart=number),
                pod=f"web-7d4b9c-{number % 3}",
                node=f"node-{number % 5}",
                finished_at=at(10 + 41 * number),
                restarts=number,
                crash_looping=True,
            )
            for number in range(1, 7)
        ),
        log=LOG,
    ),
    "error-without-evidence-yet": of(a_death()),
    "error-that-wrote-nothing": of(a_death(), log=()),
    "error-whose-log-is-missing": of(a_death(), missing="the cluster did not give it within 3 s."),
    "crash-loop-for-the-first-time": of(
        a_death(exit_code=127, crash_looping=True, restarts=1), log=("sh: x",)
    ),
    "segfault": of(a_death(exit_code=139), log=("Segmentation fault",)),
    "killed-by-nobody-knows-whom": of(a_death(exit_code=137), log=()),
    "lost-from-sight": of(
        a_death(
            exit_code=137, reason="ContainerStatusUnknown", message="could not be located", finished_at=None
        )
    ),
    "sidecar-ended-well": of(
        a_death(Cause.UNEXPECTED_EXIT, exit_code=0, reason="Completed", kind=ContainerKind.SIDECAR), log=()
    ),
    "init-out-of-memory": of(
        a_death(Cause.INIT_FAILED, exit_code=137, reason="OOMKilled", kind=ContainerKind.INIT), log=LOG
    ),
    "evicted": of(
        a_pods_death(
            Cause.EVICTED,
            reason="Evicted",
            message="The node was low on resource: memory. Threshold quantity: 100Mi, available: 88Mi.",
        )
    ),
    "node-lost-with-many": of(
        *(a_pods_death(Cause.NODE_LOST, uid=f"uid-{n}", seconds=10 + n, node="node-3") for n in range(4))
    ),
    "image-not-found": of(
        a_death(
            Cause.IMAGE_PULL,
            reason="ErrImagePull",
            message='rpc error: code = NotFound desc = failed to pull "registry.example/web:1.5": not found',
        )
    ),
    "several-without-their-image": of(
        *(a_death(Cause.IMAGE_PULL, uid=f"uid-{n}", seconds=60 + 10 * n, node=f"n{n}") for n in range(5))
    ),
    "unschedulable-before-the-first-look": of(
        a_pods_death(
            Cause.UNSCHEDULABLE,
            node="",
            message="0/5 nodes are available: 3 Insufficient memory, 2 node(s) had untolerated taint.",
            since_before_first_look=True,
        )
    ),
    "stuck-terminating": of(a_pods_death(Cause.STUCK_TERMINATING)),
    "not-ready": of(a_death(Cause.NOT_READY, message="containers with unready status: [app]")),
    "hostile-text": of(
        a_death(exit_code=1, reason=HOSTILE, message=f"line one\n{HOSTILE}\n" + "x" * 600, image=HOSTILE),
        log=(HOSTILE, "y" * 3_000),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_incident_reads_as_it_was_found_right(name: str) -> None:
    """The whole message, line by line."""
    assert_golden(f"incidents/{name}.txt", as_read(announce.message(CASES[name])))


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_has_words(cause: Cause) -> None:
    """No cause falls through to its bare name, and each says what to look at next."""
    death = a_death(cause) if cause.is_container_exit else a_pods_death(cause)
    happened, step = advice.happened(death), advice.next_step(death)
    assert happened != cause.value
    assert step.endswith(".")
    assert "!" not in happened + step


@pytest.mark.parametrize("incident", CASES.values(), ids=CASES)
def test_the_notification_says_what_where_and_how_bad(incident: Incident) -> None:
    """It is all that a locked phone shows."""
    text = announce.message(incident).text
    key = incident.key
    for word in (key.cause.value, key.owner.name, key.namespace, key.cluster, f"{len(incident.pods)} pod"):
        assert word in text
    assert "\n" not in text


@pytest.mark.parametrize("incident", CASES.values(), ids=CASES)
def test_no_message_is_too_long_to_be_drawn(incident: Incident) -> None:
    """Slack's section takes 3,000 characters, and nobody reads more."""
    for block in announce.message(incident).blocks:
        if isinstance(block, Paragraph | Preformatted):
            assert len(as_read(Message(text="", blocks=(block,)))) < 3_000


def test_an_image_that_cannot_be_pulled_is_named_once() -> None:
    """The registry's reason is in plain words; its own only where podbot has none for them."""
    raw = 'rpc error: code = NotFound desc = failed to pull "web:1.5": web:1.5: not found'
    known = a_death(Cause.IMAGE_PULL, reason="ErrImagePull", message=raw, image="web:1.5")
    unknown = replace(known, message='rpc error: desc = the moon is full over "web:1.5"')
    assert as_read(announce.message(of(known))).count("web:1.5") == 1
    assert "the moon is full" in as_read(announce.message(of(unknown)))


def test_the_end_of_the_log_is_what_is_shown() -> None:
    """A few lines, so that what to do next is still in sight on a phone."""
    log = tuple(f"{number} " + "z" * 300 for number in range(20))
    shown = next(
        block.text for block in announce.message(of(OOM, log=log)).blocks if isinstance(block, Preformatted)
    )
    assert tuple(shown.splitlines()) == log[-5:], "whole lines only"


def test_without_words_of_its_own_an_incident_still_says_what_it_is() -> None:
    """The last resort."""
    bare = announce.bare(of(OOM))
    assert bare.text.startswith("OOMKilled · web · shop · prod-eu · incident 1F3K")
    assert bare.metadata == announce.message(of(OOM)).metadata


def test_what_is_over_is_told_without_what_is_not_so_any_more() -> None:
    """Nothing recreates a bare pod by itself; somebody has."""
    deleted = of(a_pods_death(Cause.DELETED, owner=Owner(kind="Pod", name="toolbox"), pod="toolbox"))
    ending = Ending(since=at(60), words="1 of 1 Ready")
    over = replace(deleted, state=IncidentState.RECOVERED, ending=ending)
    assert advice.ended(deleted) == "deleted, and not through podbot; nothing will recreate it"
    assert advice.ended(over) == "deleted, and not through podbot"
