"""The last words of the very run that died."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.errors import NOTHING_CHANGED, ClusterRefused, ClusterUnreachable, ObjectNotFound
from bot.incidents import evidence
from bot.incidents.evidence import LINES, gather
from bot.model.deaths import Cause
from bot.model.incidents import Evidence
from bot.pods.redact import mask_lines
from tests.support.deaths import a_death, a_pods_death
from tests.support.pods import at


class Logs:
    """A log source with a current and a previous run; an error in place of lines is raised."""

    def __init__(
        self, current: tuple[str, ...] | Exception = (), previous: tuple[str, ...] | Exception = ()
    ) -> None:
        self._runs = {False: current, True: previous}
        self.asked: list[bool] = []

    async def last_lines(
        self, namespace: str, pod: str, container: str, *, previous: bool, tail: int
    ) -> tuple[str, ...]:
        assert (namespace, pod, container, tail) == ("shop", "web-7d4b9c-uid-1", "app", LINES)
        self.asked.append(previous)
        run = self._runs[previous]
        if isinstance(run, Exception):
            raise run
        return run


def line(seconds: float, text: str, *, zone: str = "Z") -> str:
    moment = at(seconds).replace(tzinfo=None)
    return f"{moment.isoformat(timespec='microseconds')}789{zone} {text}"


async def of(logs: Logs, **changes: Any) -> Evidence:
    return await gather(logs, mask_lines, a_death(**changes))


async def test_a_container_that_has_not_been_restarted_has_its_log_as_the_current_one() -> None:
    """One request is enough."""
    logs = Logs(current=(line(9, "about to fail"), line(10.4, "panic")))
    assert (await of(logs)).log_tail == ("about to fail", "panic")
    assert logs.asked == [False]


async def test_each_line_has_its_time() -> None:
    """Unless a key of several lines became one line, so that they do not go together any more."""
    logs = Logs(current=(line(9, "about to fail"), "bare", line(10, "panic")))
    first, bare, last = (await of(logs)).log_times
    assert first is not None
    assert last is not None
    assert ((last - first).total_seconds(), bare) == (1, None)
    key = ("-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "-----END PRIVATE KEY-----")
    found = await of(Logs(current=tuple(line(9, text) for text in key)))
    assert (len(found.log_tail), found.log_times) == (1, ())


async def test_a_container_that_runs_again_has_it_as_the_previous_one() -> None:
    """One request is enough."""
    logs = Logs(previous=(line(9, "panic"),), current=(line(12, "starting"),))
    assert (await of(logs, restarts=1)).log_tail == ("panic",)
    assert logs.asked == [True]


async def test_what_the_kubelet_says_in_place_of_a_log_is_none() -> None:
    """A process that never began has written nothing; the other run may have what there is."""
    refusal = "unable to retrieve container logs for containerd://4109d8d6"
    found = await of(Logs(current=(refusal,), previous=(refusal,)))
    assert (found.log_tail, found.missing) == ((), "the node has none of this run.")
    assert (await of(Logs(current=(refusal,), previous=(line(9, "panic"),)))).log_tail == ("panic",)


async def test_a_container_that_was_restarted_meanwhile() -> None:
    """By the time the log is read, "current" is the next run: the lines' times tell."""
    logs = Logs(current=(line(12, "starting"),), previous=(line(9, "panic"),))
    assert (await of(logs)).log_tail == ("panic",)
    assert logs.asked == [False, True]


async def test_a_container_that_was_restarted_within_the_second() -> None:
    """What the new run wrote first has the same second; the other log has the last words."""
    logs = Logs(current=(line(10.6, "starting"),), previous=(line(9, "serving"), line(10.2, "panic")))
    assert (await of(logs)).log_tail == ("serving", "panic")


async def test_last_words_in_the_very_second_are_kept_where_there_is_no_other_log() -> None:
    """`finishedAt` has whole seconds, and some lives are as short."""
    logs = Logs(current=(line(10.6, "panic"),), previous=ObjectNotFound("no previous run"))
    assert (await of(logs)).log_tail == ("panic",)


async def test_lines_of_the_run_before_are_left_out() -> None:
    """Some runtimes keep the runs of a container in one file."""
    logs = Logs(current=(line(1, "of the run before"), line(6, "starting"), line(13, "of the next one")))
    assert (await of(logs)).log_tail == ("starting",)


async def test_a_run_that_was_overtaken_twice_has_no_log_any_more() -> None:
    """The kubelet keeps two runs; saying "wrote nothing" would be untrue."""
    found = await of(Logs(current=(line(40, "new"),), previous=(line(20, "newer"),)))
    assert found.log_tail == ()
    assert "only that log is left" in found.missing


async def test_a_run_that_wrote_nothing() -> None:
    """That is no lack of evidence."""
    assert await of(Logs()) == Evidence(death=a_death())


async def test_nodes_keep_their_own_time_zones() -> None:
    """The runtime stamps lines in its node's zone."""
    stamped = (line(3_600 + 9, "panic", zone="+01:00"), line(3_600 + 9, "not ours", zone="Z"))
    assert (await of(Logs(current=stamped))).log_tail == ("panic",)


@pytest.mark.parametrize("text", ["no stamp at all", "", "20261122 a date is no stamp", "2026 neither"])
async def test_a_line_without_a_time_is_kept_whole(text: str) -> None:
    """Better a line too many."""
    assert (await of(Logs(current=(text,)))).log_tail == (text,)


async def test_a_cluster_that_refuses_leaves_a_reason() -> None:
    """The first answer is the one that fits the question."""
    logs = Logs(current=ObjectNotFound("No pod of this name."), previous=ClusterUnreachable("No answer."))
    assert (await of(logs)).missing == "No pod of this name."


async def test_nobody_is_told_that_a_look_changed_nothing() -> None:
    """Whoever reads an alert has asked for no change; what is to be done stays."""
    refused = ClusterRefused(f"prod does not let the bot read it (403). {NOTHING_CHANGED} Grant it.")
    found = await of(Logs(current=refused, previous=refused))
    assert found.missing == "prod does not let the bot read it (403). Grant it."


async def test_one_refusal_does_not_hide_the_other_log() -> None:
    """There is no previous run yet, though it was expected."""
    logs = Logs(previous=ObjectNotFound("no previous run"), current=(line(9, "panic"),))
    assert (await of(logs, restarts=1)).log_tail == ("panic",)


async def test_a_cluster_that_is_slow_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The alert has an end to wait for."""
    monkeypatch.setattr(evidence, "WAIT", 0.01)

    class Slow(Logs):
        async def last_lines(
            self, namespace: str, pod: str, container: str, *, previous: bool, tail: int
        ) -> tuple[str, ...]:
            await asyncio.Event().wait()
            return ()

    assert "did not give it within" in (await of(Slow())).missing


async def test_secrets_are_masked_before_anyone_sees_them() -> None:
    """The log goes to a channel."""
    found = await of(Logs(current=(line(9, "password=hunter2"),)))
    assert found.log_tail == ("password=[masked]",)


@pytest.mark.parametrize("cause", [Cause.EVICTED, Cause.IMAGE_PULL, Cause.STUCK_TERMINATING])
async def test_what_never_ran_costs_no_request(cause: Cause) -> None:
    """There is no log to read."""
    logs = Logs()
    death = a_pods_death(cause)
    assert await gather(logs, mask_lines, death) == Evidence(death=death)
    assert logs.asked == []
