"""Every request about pods, whoever asks: answered or refused, and on record either way."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import ClusterUnreachable, UserError
from bot.model.answers import Decision, Guidance, Health, Identity, PodCard, PodList, PodSummary
from bot.model.commands import (
    CanI,
    Command,
    DeletePod,
    DescribePod,
    GetLogs,
    Help,
    ListPods,
    OpenPod,
    Verb,
    WhoAmI,
)
from bot.model.deletions import DeletionPlan
from bot.model.events import Event, ObjectReference
from bot.model.pods import ALL_NAMESPACES, ObjectMeta, Pod, PodCondition, PodUid
from bot.model.problems import AmbiguousPod, NoSuchPod, PodReplaced, Refused
from bot.pods import describing
from bot.pods.audit import Outcome
from bot.pods.policy import NOTHING_ALLOWED
from tests.support.memory_cluster import CREATED, crash_looping, ended, pod, terminating
from tests.support.policies import ALICE, STRANGER, asker
from tests.unit.pods.conftest import Desk

WEB_1, WEB_2 = pod("web-7d4b9c-x2x9q"), pod("web-7d4b9c-9k2mm")
NAME = WEB_1.name

SHOP_ONLY = """\
version: 1
roles:
  shop: [{verbs: [list, get, logs], namespaces: [shop]}]
  reader: [{verbs: [get, logs, delete], namespaces: ["*"]}]
bindings:
  - {role: shop, users: [U01ALICE]}
  - {role: reader, users: [U02BOB]}
"""
BOB = asker("U02BOB")


def about_one(name: str, namespace: str = "shop") -> dict[str, Command]:
    return {
        "logs": GetLogs(namespace=namespace, pod=name),
        "describe": DescribePod(namespace=namespace, pod=name),
        "open": OpenPod(namespace=namespace, pod=name),
        "delete": DeletePod(namespace=namespace, pod=name),
    }


VERB_OF = {"logs": "logs", "describe": "get", "open": "get", "delete": "delete", "list": "list"}
COMMANDS: dict[str, Command] = {**about_one(NAME), "list": ListPods(namespace="shop")}


@pytest.mark.parametrize("kind", COMMANDS)
async def test_an_allowed_request_is_done_and_audited_in_full(desk: Desk, kind: str) -> None:
    """Who, where, verb, object, decision, rule, outcome."""
    desk.cluster.put(WEB_1)
    await desk.ask(COMMANDS[kind])
    entry = desk.audited
    assert entry.asker is ALICE
    assert (entry.verb, entry.cluster, entry.namespace) == (VERB_OF[kind], "prod-eu", "shop")
    assert entry.object == ("pods" if kind == "list" else f"pod/{NAME}")
    assert entry.allowed
    assert entry.rule.startswith("role ")
    assert entry.outcome is Outcome.DONE


@pytest.mark.parametrize("kind", COMMANDS)
async def test_a_stranger_gets_a_refusal_that_names_the_rule_and_no_data(desk: Desk, kind: str) -> None:
    """The cluster is not even asked; the attempt is on record."""
    desk.rule(SHOP_ONLY)
    desk.cluster.put(WEB_1)
    with pytest.raises(Refused, match=r"You may not (\w+ )?`\w+` in `shop`\. It takes the role ") as refused:
        await desk.ask(COMMANDS[kind], STRANGER)
    assert desk.cluster.calls == []
    assert NAME not in str(refused.value)
    assert (desk.audited.allowed, desk.audited.outcome, desk.audited.rule) == (False, Outcome.REFUSED, "")
    assert desk.audited.detail == refused.value.decision.why


@pytest.mark.parametrize("kind", COMMANDS)
async def test_an_unreachable_cluster_is_an_answer_and_on_record(desk: Desk, kind: str) -> None:
    """The person hears what failed, the audit too."""
    desk.cluster.failure = ClusterUnreachable("prod-eu does not answer (timed out after 8 s).")
    with pytest.raises(ClusterUnreachable, match="does not answer"):
        await desk.ask(COMMANDS[kind])
    assert desk.audited.outcome is Outcome.FAILED
    assert "prod-eu does not answer" in desk.audited.detail


@pytest.mark.parametrize("kind", about_one(""))
async def test_a_miss_offers_the_nearest_names(desk: Desk, kind: str) -> None:
    """In messages.md's own words."""
    desk.cluster.put(WEB_1, WEB_2)
    with pytest.raises(NoSuchPod) as missed:
        await desk.ask(about_one("web-1")[kind])
    assert str(missed.value) == (
        "No pod `web-1` in shop. Did you mean `web-7d4b9c-x2x9q` or `web-7d4b9c-9k2mm`?"
    )
    assert desk.audited.outcome is Outcome.FAILED


@pytest.mark.parametrize("kind", about_one(""))
async def test_who_may_not_list_is_told_no_names(desk: Desk, kind: str) -> None:
    """A miss, and a beginning of a name, must not be a way to list."""
    desk.rule(SHOP_ONLY)
    desk.cluster.put(WEB_1, WEB_2)
    for typed in ("web-1", "web-7d4b9c-"):
        with pytest.raises(UserError) as missed:
            await desk.ask(about_one(typed)[kind], BOB)
        assert "7d4b9c-x" not in str(missed.value)
        assert "9k2mm" not in str(missed.value)


@pytest.mark.parametrize("kind", ["logs", "describe"])
async def test_a_unique_beginning_is_enough_for_reading(desk: Desk, kind: str) -> None:
    """One pod fits."""
    desk.cluster.put(WEB_1, WEB_2)
    answer: Any = await desk.ask(about_one("web-7d4b9c-x")[kind])
    assert NAME in {getattr(answer, "pod", None), getattr(getattr(answer, "row", None), "name", None)}


@pytest.mark.parametrize("kind", ["open", "delete"])
async def test_a_chosen_row_and_a_deletion_take_the_whole_name_only(desk: Desk, kind: str) -> None:
    """Never a guess: `web-1` gone must not become `web-10`."""
    desk.cluster.put(pod("web-10"))
    with pytest.raises(NoSuchPod, match="web-10"):
        await desk.ask(about_one("web-1")[kind])


@pytest.mark.parametrize("kind", ["logs", "describe"])
async def test_an_ambiguous_beginning_offers_the_same_command_for_each(desk: Desk, kind: str) -> None:
    """A picker rather than a guess."""
    desk.cluster.put(WEB_1, WEB_2, *(pod(f"web-{n:03d}") for n in range(40)))
    with pytest.raises(AmbiguousPod, match="42 pods in shop begin with `web-`") as several:
        await desk.ask(about_one("web-")[kind])
    assert len(several.value.choices) == 25
    name, command = several.value.choices[0]
    assert command == about_one(name)[kind]


async def test_a_miss_is_told_even_where_names_cannot_be_listed(desk: Desk) -> None:
    """The hint is worth less than the answer."""
    desk.cluster.failures["list_pods"] = ClusterUnreachable("gone")
    with pytest.raises(NoSuchPod):
        await desk.ask(DeletePod(namespace="shop", pod="web-1"))


async def test_a_list_is_sorted_and_counted(desk: Desk) -> None:
    """Rows by name; the first line's numbers are of all that matched."""
    desk.cluster.put(pod("b"), pod("a", statuses=[crash_looping("app")]), pod("c", phase="Succeeded"))
    desk.cluster.put(pod("elsewhere", namespace="payments"))
    answer = await desk.ask(ListPods(namespace="shop"))
    assert isinstance(answer, PodList)
    assert [row.name for row in answer.rows] == ["a", "b", "c"]
    assert answer.counts == {Health.FAILING: 1, Health.HEALTHY: 1, Health.FINISHED: 1}
    assert not answer.namespaces_left_out


async def test_broken_shows_the_worst_first_and_counts_all(desk: Desk) -> None:
    """Healthy and finished pods are counted, not shown."""
    desk.cluster.put(
        pod("a", phase="Pending", statuses=[]), pod("b"), pod("z", statuses=[crash_looping("app")])
    )
    answer = await desk.ask(ListPods(namespace="shop", broken=True))
    assert isinstance(answer, PodList)
    assert [row.name for row in answer.rows] == ["z", "a"]
    assert sum(answer.counts.values()) == 3


async def test_a_selector_selects(desk: Desk) -> None:
    """It is the API's to judge, and it is in the audit."""
    desk.cluster.put(pod("a", labels={"app": "web"}), pod("b"))
    answer = await desk.ask(ListPods(namespace="shop", selector="app=web"))
    assert isinstance(answer, PodList)
    assert [row.name for row in answer.rows] == ["a"]
    assert desk.audited.detail == "app=web"


async def test_all_namespaces_shows_those_in_which_the_asker_may_list(desk: Desk) -> None:
    """Partial rights give a partial list, which says so; its audit names the rule."""
    desk.rule(SHOP_ONLY)
    desk.cluster.put(pod("a"), pod("secret-project", namespace="payments"))
    answer = await desk.ask(ListPods(namespace=ALL_NAMESPACES))
    assert isinstance(answer, PodList)
    assert [row.name for row in answer.rows] == ["a"]
    assert answer.counts == {Health.HEALTHY: 1}
    assert answer.namespaces_left_out
    assert (desk.audited.namespace, desk.audited.rule) == ("*", "role shop: get, list, logs in shop")


async def test_all_namespaces_with_no_right_anywhere_is_refused(desk: Desk) -> None:
    """A stranger learns nothing by asking for everything."""
    desk.rule(SHOP_ONLY)
    with pytest.raises(Refused, match="You may not `list` in all namespaces"):
        await desk.ask(ListPods(namespace=ALL_NAMESPACES), STRANGER)
    assert desk.cluster.calls == []


async def test_all_namespaces_are_those_that_are_served() -> None:
    """`PODBOT_NAMESPACES` bounds what is asked of the cluster; nothing is left out of it here."""
    desk = Desk(served=("shop", "cart"))
    desk.cluster.put(pod("a"), pod("b", namespace="cart"), pod("c", namespace="payments"))
    answer = await desk.ask(ListPods(namespace=ALL_NAMESPACES))
    assert isinstance(answer, PodList)
    assert [(row.namespace, row.name) for row in answer.rows] == [("cart", "b"), ("shop", "a")]
    assert not answer.namespaces_left_out
    assert sorted(desk.cluster.calls) == ["list_pods cart", "list_pods shop"]


async def test_served_namespaces_that_the_asker_may_not_list_are_not_even_read() -> None:
    """Partial rights among the served ones."""
    desk = Desk(served=("shop", "cart"))
    desk.rule(SHOP_ONLY)
    desk.cluster.put(pod("a"), pod("b", namespace="cart"))
    answer = await desk.ask(ListPods(namespace=ALL_NAMESPACES))
    assert isinstance(answer, PodList)
    assert [row.name for row in answer.rows] == ["a"]
    assert answer.namespaces_left_out
    assert desk.cluster.calls == ["list_pods shop"]


async def test_one_served_namespace_that_fails_fails_the_list() -> None:
    """As itself, not as a group of errors: half a list would look whole."""
    desk = Desk(served=("shop", "cart"))
    desk.cluster.failures["list_pods"] = ClusterUnreachable("prod-eu does not answer.")
    with pytest.raises(ClusterUnreachable):
        await desk.ask(ListPods(namespace=ALL_NAMESPACES))


async def test_a_namespace_that_is_not_served_is_refused_to_those_who_could(desk: Desk) -> None:
    """Who has no right hears of the right first, and not of what is served."""
    desk = Desk(served=("shop",))
    with pytest.raises(Refused, match=r"in `payments`\. podbot serves only shop here\."):
        await desk.ask(ListPods(namespace="payments"))
    with pytest.raises(Refused, match="It takes the role on-call"):
        await desk.ask(GetLogs(namespace="payments", pod="x"), STRANGER)


async def test_without_a_policy_the_refusal_says_so(desk: Desk) -> None:
    """The operator's mistake, told where it is met."""
    desk.keeper.policy = NOTHING_ALLOWED
    desk.keeper.problem = "The policy file has mistakes, so nothing is allowed."
    with pytest.raises(Refused, match="policy file has mistakes"):
        await desk.ask(ListPods(namespace="shop"))


async def test_help_whoami_and_can_i_are_for_everybody_and_audited(desk: Desk) -> None:
    """The three that need no right."""
    desk.rule(SHOP_ONLY)
    desk.keeper.problem = "The policy file has mistakes, so the previous policy stays in force."
    assert await desk.ask(Help(topic="logs"), STRANGER) == Guidance(topic="logs")
    who = await desk.ask(WhoAmI(), STRANGER)
    assert isinstance(who, Identity)
    assert (who.person, who.rules) == (STRANGER.person, ())
    assert who.policy_problem == desk.keeper.problem
    may = await desk.ask(CanI(verb=Verb.DELETE, namespace="shop"), STRANGER)
    assert isinstance(may, Decision)
    assert not may.allowed
    recorded = [(each.verb, each.namespace, each.object) for each in desk.trail.entries]
    assert recorded == [("help", "", ""), ("whoami", "", ""), ("can-i", "shop", "delete")]


async def test_can_i_says_what_would_happen(desk: Desk) -> None:
    """The decision of `can-i` is the decision of the request."""
    for verb in (Verb.LIST, Verb.LOGS):
        for namespace in ("shop", "kube-system"):
            decision = await desk.ask(CanI(verb=verb, namespace=namespace))
            assert isinstance(decision, Decision)
            assert decision.allowed is (verb is Verb.LIST or namespace == "shop")


async def test_a_chosen_row_opens_its_pod(desk: Desk) -> None:
    """With the UID that binds what comes next."""
    desk.cluster.put(WEB_1)
    card = await desk.ask(OpenPod(namespace="shop", pod=NAME))
    assert isinstance(card, PodCard)
    assert (card.row.name, card.uid) == (NAME, WEB_1.uid)


def event(uid: PodUid, message: str, minute: int) -> Event:
    return Event(
        metadata=ObjectMeta(name=f"e{minute}", namespace="shop"),
        involved_object=ObjectReference(uid=uid),
        message=message,
        last_timestamp=CREATED.replace(minute=minute),
    )


def secretive() -> Pod:
    """A pod that has the same secret in every text it can write."""
    return pod(
        NAME,
        message="token=s3cr3t",
        statuses=[crash_looping("app", ended(message="password=s3cr3t"))],
        conditions=[PodCondition(type="Ready", status="False", message="secret: s3cr3t")],
    )


async def test_a_description_masks_every_text_and_tells_events_newest_first(desk: Desk) -> None:
    """Termination messages may be the end of a log, events quote commands."""
    desk.cluster.put(secretive())
    desk.cluster.note(event(WEB_1.uid, "old", 1), event(WEB_1.uid, "pulled with password=s3cr3t", 5))
    desk.cluster.note(event(PodUid("another"), "not ours", 9))
    answer = await desk.ask(DescribePod(namespace="shop", pod=NAME))
    assert isinstance(answer, PodSummary)
    assert "s3cr3t" not in repr(answer)
    assert answer.events is not None
    assert [each.message for each in answer.events] == ["pulled with password=[masked]", "old"]
    assert [each.type for each in answer.failing_conditions] == ["Ready"]


async def test_events_need_their_own_right(desk: Desk) -> None:
    """Not told, and not asked for."""
    desk.rule(SHOP_ONLY)
    desk.cluster.put(WEB_1)
    answer = await desk.ask(DescribePod(namespace="shop", pod=NAME))
    assert isinstance(answer, PodSummary)
    assert answer.events is None
    assert "list_events shop" not in desk.cluster.calls


async def test_a_description_without_its_events_is_still_one(desk: Desk) -> None:
    """Events that cannot be read are said to be missing."""
    desk.cluster.put(WEB_1)
    desk.cluster.failures["list_events"] = ClusterUnreachable("prod-eu does not answer.")
    answer = await desk.ask(DescribePod(namespace="shop", pod=NAME))
    assert isinstance(answer, PodSummary)
    assert (answer.events, answer.events_problem) == (None, "prod-eu does not answer.")
    assert desk.audited.outcome is Outcome.DONE


async def test_events_that_do_not_come_do_not_hold_the_description_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait for them has an end of its own."""
    monkeypatch.setattr(describing, "PATIENCE", 0.01)
    desk.cluster.put(WEB_1)
    desk.cluster.hang.add("list_events")
    answer = await desk.ask(DescribePod(namespace="shop", pod=NAME))
    assert isinstance(answer, PodSummary)
    assert answer.events is None
    assert "did not give them" in answer.events_problem


async def test_conditions_that_are_as_they_should_be_are_not_failing(desk: Desk) -> None:
    """A finished pod is not Ready because it is finished."""
    conditions = [
        PodCondition(type="Ready", status="False", reason="PodCompleted"),
        PodCondition(type="PodScheduled", status="True"),
        PodCondition(type="DisruptionTarget", status="True"),
        PodCondition(type="ContainersReady", status="Unknown"),
    ]
    desk.cluster.put(pod(NAME, conditions=conditions))
    answer = await desk.ask(DescribePod(namespace="shop", pod=NAME))
    assert isinstance(answer, PodSummary)
    assert [each.type for each in answer.failing_conditions] == ["DisruptionTarget", "ContainersReady"]


async def test_a_deletion_is_only_planned(desk: Desk) -> None:
    """What will happen is said; nothing happens."""
    desk.cluster.put(terminating(WEB_1))
    plan = await desk.ask(DeletePod(namespace="shop", pod=NAME))
    assert isinstance(plan, DeletionPlan)
    assert await desk.service.plan_deletion(ALICE, DeletePod(namespace="shop", pod=NAME)) == plan
    assert [(each.name, each.uid) for each in plan.pods] == [(NAME, WEB_1.uid)]
    assert plan.pods[0].terminating_until is not None
    assert [each.detail for each in desk.trail.entries] == ["planned", "planned"]
    assert not any(call.startswith("delete_pod") for call in desk.cluster.calls)


async def test_a_plan_for_a_pod_that_was_replaced_since_it_was_seen_is_refused(desk: Desk) -> None:
    """A button carries the UID of what was on the screen."""
    desk.cluster.put(pod(NAME, uid="new"))
    with pytest.raises(PodReplaced):
        await desk.ask(DeletePod(namespace="shop", pod=NAME, uid=PodUid("old")))
