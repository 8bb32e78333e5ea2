"""Rules may name the clusters that they hold on; elsewhere it is as if they were not there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SystemClock
from bot.files.strict_yaml import FileMistakes
from bot.model.commands import Verb
from bot.model.people import Asker
from bot.model.pods import ClusterName
from bot.model.problems import Refused
from bot.pods.gate import Gate
from bot.pods.policy import Grant, Policy
from bot.pods.policy_file import parse
from tests.support.policies import ALICE, STRANGER, HeldPolicy, KeptTrail
from tests.unit.pods.test_policy import NAMESPACES, askers, policies

PROD, STAGING, TEST = ClusterName("prod-eu"), ClusterName("staging"), ClusterName("test")
FILE = """\
version: 1
roles:
  viewer:
    - {verbs: [list], namespaces: ["*"]}
  on-call:
    - {verbs: [delete], namespaces: ["shop"], clusters: [staging, "test*"]}
    - {verbs: [raw], namespaces: ["*"], paths: [/api/v1/nodes], clusters: [staging]}
bindings:
  - {role: viewer, everyone: true}
  - {role: on-call, users: [U01ALICE]}
"""
POLICY = parse(FILE)


@pytest.mark.parametrize(
    ("cluster", "allowed"),
    [
        pytest.param(STAGING, True, id="named"),
        pytest.param(TEST, True, id="pattern"),
        pytest.param(PROD, False, id="another"),
        pytest.param(ClusterName("Staging"), False, id="another-case"),
        pytest.param(None, False, id="none-said"),
    ],
)
def test_a_rule_holds_on_its_clusters(cluster: ClusterName | None, allowed: bool) -> None:
    """On the others, and where no cluster was said, it allows nothing; other rules hold anywhere."""
    policy = replace(POLICY, cluster=cluster)
    assert policy.decide(ALICE, Verb.DELETE, "shop").allowed is allowed
    assert policy.decide(ALICE, Verb.LIST, "shop").allowed
    assert [rule.role for rule in policy.rules_for(ALICE)].count("viewer") == 1


def test_a_refusal_says_on_which_clusters_it_would_be_allowed() -> None:
    """Whoever has the role learns that it was the wrong cluster; nobody else learns of it."""
    prod = POLICY.on(PROD)
    why = "Role on-call would allow it, on clusters staging or test* only."
    assert prod.decide(ALICE, Verb.DELETE, "shop").why == why
    assert "staging" not in prod.decide(STRANGER, Verb.DELETE, "shop").why


def test_a_rule_says_its_clusters() -> None:
    """In `whoami`, on a cluster where it holds."""
    lines = [rule.line for rule in POLICY.on(STAGING).rules_for(ALICE)]
    assert "role on-call: delete in shop, on clusters staging, test*" in lines
    assert all("on-call" not in rule.line for rule in POLICY.on(PROD).rules_for(ALICE))


def test_the_gate_of_a_cluster_asks_about_that_cluster() -> None:
    """The same policy, by the gates of two clusters."""
    clock = SystemClock()
    held, trail = HeldPolicy(POLICY, clock), KeptTrail()
    Gate(STAGING, held, trail).authorise(ALICE, Verb.DELETE, "shop", "web-1")
    with pytest.raises(Refused):
        Gate(PROD, held, trail).authorise(ALICE, Verb.DELETE, "shop", "web-1")


@pytest.mark.parametrize(
    ("clusters", "said"),
    [
        pytest.param("[]", "line 4: roles.viewer.0.clusters: is empty", id="empty"),
        pytest.param("['']", "must be a cluster's name", id="no-name"),
        pytest.param("['prod[12]']", "must be a cluster's name", id="brackets"),
        pytest.param("prod", "must be a list", id="no-list"),
    ],
)
def test_mistakes(clusters: str, said: str) -> None:
    """An empty list is a mistake rather than every cluster, or none."""
    text = f"version: 1\nroles:\n  viewer:\n    - {{verbs: [list], namespaces: [a], clusters: {clusters}}}\n"
    with pytest.raises(FileMistakes) as caught:
        parse(text)
    assert said in caught.value.mistakes[0]


@given(
    policies,
    askers,
    st.sampled_from(Verb),
    NAMESPACES,
    st.lists(st.sampled_from([PROD, STAGING]), min_size=1, unique=True).map(tuple),
)
def test_naming_clusters_only_takes_away(
    policy: Policy, who: Asker, verb: Verb, namespace: str, clusters: tuple[ClusterName, ...]
) -> None:
    """On the named clusters all is as before; on any other nothing is allowed, and the reason is given."""

    def bound(grant: Grant) -> Grant:
        return replace(grant, clusters=clusters)

    roles = {role: tuple(map(bound, grants)) for role, grants in policy.roles.items()}
    there = replace(policy, roles=roles)
    for cluster in (PROD, STAGING, TEST):
        decision = there.on(cluster).decide(who, verb, namespace)
        before = policy.on(cluster).decide(who, verb, namespace)
        assert decision.allowed == (before.allowed and cluster in clusters)
        assert decision.why.endswith(".")
