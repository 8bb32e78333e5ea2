"""The policy allows what a rule allows, and nothing else; every refusal says what is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.commands import Verb
from bot.model.people import Asker, ChannelId, Person, UsergroupId, UserId
from bot.model.pods import ALL_NAMESPACES
from bot.pods.policy import NOTHING_ALLOWED, Approval, Binding, Grant, Policy
from bot.pods.policy_file import parse
from tests.support.policies import ALICE, DESIGN, INCIDENTS, RANDOM, STRANGER, asker

DESIGN_POLICY = parse(DESIGN)
BOB_THERE, BOB_ELSEWHERE = asker("U02BOB"), asker("U02BOB", channel=RANDOM)
GUEST = asker("U08GUEST", full_member=False, groups=("S01ONCALL",))
ON_CALL = asker("U05CAROL", channel=RANDOM, groups=("S01ONCALL",))


@pytest.mark.parametrize(
    ("who", "verb", "namespace", "allowed"),
    [
        pytest.param(STRANGER, Verb.LIST, "shop", True, id="everyone lists"),
        pytest.param(STRANGER, Verb.LIST, ALL_NAMESPACES, True, id="everyone lists everything"),
        pytest.param(STRANGER, Verb.LOGS, "shop", False, id="not everyone reads logs"),
        pytest.param(ALICE, Verb.LOGS, "shop", True, id="named user"),
        pytest.param(ALICE, Verb.LOGS, "kube-system", False, id="except"),
        pytest.param(
            ALICE, Verb.LIST, "kube-system", True, id="an exception of one role leaves the other's rule"
        ),
        pytest.param(ALICE, Verb.LOGS, ALL_NAMESPACES, False, id="all is more than all but one"),
        pytest.param(ALICE, Verb.INCIDENTS, "shop", True, id="verb of the design"),
        pytest.param(ON_CALL, Verb.DELETE, "shop", True, id="member of a user group, anywhere"),
        pytest.param(BOB_THERE, Verb.DELETE, "shop", True, id="in the channel"),
        pytest.param(BOB_ELSEWHERE, Verb.DELETE, "shop", False, id="in another channel"),
        pytest.param(GUEST, Verb.LIST, "shop", False, id="guest is not everyone and in no group"),
        pytest.param(asker(full_member=False), Verb.LOGS, "shop", True, id="guest by name"),
        pytest.param(ALICE, Verb.DELETE, "prod-eu", False, id="approval needed"),
        pytest.param(ALICE, Verb.LOGS, "prod-eu", True, id="approval for another verb"),
        pytest.param(ALICE, Verb.DELETE, "preprod-eu", True, id="approval pattern is of the whole name"),
    ],
)
def test_the_designs_example_decides(who: Asker, verb: Verb, namespace: str, allowed: bool) -> None:
    """Each line of the example policy, from both of its sides."""
    assert DESIGN_POLICY.decide(who, verb, namespace).allowed is allowed


@pytest.mark.parametrize(
    ("who", "verb", "namespace", "why"),
    [
        pytest.param(
            ALICE,
            Verb.DELETE,
            "kube-system",
            "Role on-call would allow it, outside kube-system.",
            id="exception",
        ),
        pytest.param(
            ALICE,
            Verb.DELETE,
            ALL_NAMESPACES,
            "Role on-call would allow it, outside kube-system.",
            id="all of them",
        ),
        pytest.param(
            BOB_ELSEWHERE,
            Verb.LOGS,
            "shop",
            "Role on-call would allow it, but only when you ask in channel C01INCIDENTS.",
            id="channel",
        ),
        pytest.param(
            STRANGER,
            Verb.DELETE,
            "shop",
            "It takes the role on-call, which the policy file does not give you.",
            id="role",
        ),
        pytest.param(
            GUEST,
            Verb.LIST,
            "kube-system",
            "Role viewer would allow it, but only to full members of this workspace, "
            "and podbot does not see you as one.",
            id="guest",
        ),
        pytest.param(
            ALICE,
            Verb.DELETE,
            "prod-eu",
            "Role on-call would allow it, but in prod-* it takes a second person of role on-call to approve, "
            "and podbot cannot ask for approvals yet.",
            id="approval",
        ),
    ],
)
def test_a_refusal_names_the_rule_that_is_missing(who: Asker, verb: Verb, namespace: str, why: str) -> None:
    """Who is refused learns whom or what to ask for."""
    assert DESIGN_POLICY.decide(who, verb, namespace).why == why


@pytest.mark.parametrize(
    ("who", "groups", "people"),
    [
        pytest.param(asker("U08"), ("S01PAY",), ("U07",), id="those-of-the-role"),
        pytest.param(asker("U07", channel="C09"), (), (), id="nobody-where-one-has-it-elsewhere"),
    ],
)
def test_a_refusal_says_whom_to_ask(who: Asker, groups: tuple[str, ...], people: tuple[str, ...]) -> None:
    """The groups and people that hold a role which allows it here; not those of another namespace."""
    roles: dict[str, tuple[Grant, ...]] = {
        each: (Grant(verbs=frozenset({Verb.DELETE}), namespaces=(each,)),) for each in ("payments", "shop")
    }
    bindings = (
        Binding(role="payments", usergroups=frozenset({UsergroupId("S01PAY")})),
        Binding(role="payments", users=frozenset({UserId("U07")}), channels=frozenset({ChannelId("C01")})),
        Binding(role="shop", users=frozenset({UserId("U09")})),
    )
    decision = Policy(roles=roles, bindings=bindings).decide(who, Verb.DELETE, "payments")
    assert (decision.groups, decision.people) == (groups, people)


def test_a_role_for_other_namespaces_says_which() -> None:
    """Rules that name namespaces say where they end."""
    grants = (Grant(verbs=frozenset({Verb.DELETE}), namespaces=("shop", "cart-*", "web")),)
    policy = Policy(roles={"on-call": grants}, bindings=(Binding(role="on-call", everyone=True),))
    for namespace in ("payments", ALL_NAMESPACES):
        refused = policy.decide(ALICE, Verb.DELETE, namespace)
        assert refused.why == "Role on-call would allow it, in shop, cart-* or web only."


def test_nothing_is_allowed_without_a_policy() -> None:
    """Deny by default, and say that no rule is there at all."""
    for verb in Verb:
        decision = NOTHING_ALLOWED.decide(ALICE, verb, "shop")
        assert not decision.allowed
        assert "would have to be added" in decision.why


def test_rules_are_told_once_and_only_those_that_hold_here() -> None:
    """`whoami` lists what holds in this place."""
    assert [rule.role for rule in DESIGN_POLICY.rules_for(BOB_THERE)] == ["viewer", "on-call"]
    assert [rule.role for rule in DESIGN_POLICY.rules_for(BOB_ELSEWHERE)] == ["viewer"]
    assert DESIGN_POLICY.rules_for(GUEST) == ()
    twice = replace(DESIGN_POLICY, bindings=DESIGN_POLICY.bindings * 2)
    assert twice.rules_for(ALICE) == DESIGN_POLICY.rules_for(ALICE)


NAMESPACES = st.sampled_from(["shop", "shop-2", "kube-system", "prod-eu", "payments", ALL_NAMESPACES])
PATTERNS = st.sampled_from(["*", "shop", "shop*", "prod-*", "kube-system", "?hop"])
VERBS = st.frozensets(st.sampled_from(Verb), min_size=1)
USERS = st.sampled_from([UserId("U1"), UserId("U2")])
GROUPS = st.sampled_from([UsergroupId("S1"), UsergroupId("S2")])
CHANNELS = st.sampled_from([INCIDENTS, RANDOM, ChannelId("G3")])
ROLES = ["viewer", "on-call", "admin"]

grants = st.builds(
    Grant,
    verbs=VERBS,
    namespaces=st.lists(PATTERNS, min_size=1, max_size=3).map(tuple),
    exceptions=st.lists(PATTERNS, max_size=2).map(tuple),
)
bindings = st.builds(
    Binding,
    role=st.sampled_from(ROLES),
    everyone=st.booleans(),
    users=st.frozensets(USERS),
    usergroups=st.frozensets(GROUPS),
    channels=st.frozensets(CHANNELS),
)
approvals = st.builds(
    Approval,
    verbs=VERBS,
    namespaces=st.lists(PATTERNS, min_size=1, max_size=2).map(tuple),
    role=st.sampled_from(ROLES),
)
policies = st.builds(
    Policy,
    roles=st.fixed_dictionaries({role: st.lists(grants, max_size=3).map(tuple) for role in ROLES}),
    bindings=st.lists(bindings, max_size=4).map(tuple),
    approvals=st.lists(approvals, max_size=1).map(tuple),
)
people = st.builds(
    Person, id=USERS, name=st.just("someone"), full_member=st.booleans(), usergroups=st.frozensets(GROUPS)
)
askers = st.builds(Asker, person=people, channel=CHANNELS, request=st.just("r"))


@given(policies, askers, st.sampled_from(Verb), NAMESPACES)
def test_a_decision_always_tells_its_reason(policy: Policy, who: Asker, verb: Verb, namespace: str) -> None:
    """Allowed has a rule that the asker holds; refused has none, and a sentence."""
    decision = policy.decide(who, verb, namespace)
    assert (decision.rule is not None) == decision.allowed
    assert decision.rule is None or decision.rule in policy.rules_for(who)
    assert decision.why.endswith(".")
    assert decision.why[0].isupper()


@given(policies, bindings, askers, st.sampled_from(Verb), NAMESPACES)
def test_a_further_binding_never_takes_a_right_away(
    policy: Policy, binding: Binding, who: Asker, verb: Verb, namespace: str
) -> None:
    """Bindings only add."""
    more = replace(policy, bindings=(*policy.bindings, binding))
    assert more.decide(who, verb, namespace).allowed >= policy.decide(who, verb, namespace).allowed


@given(policies, askers, st.sampled_from(Verb), NAMESPACES)
def test_nobody_has_a_right_without_a_binding(policy: Policy, who: Asker, verb: Verb, namespace: str) -> None:
    """Roles alone give nothing; neither do bindings that name others."""
    others = tuple(each for each in policy.bindings if not each.names(who))
    assert not replace(policy, bindings=others).decide(who, verb, namespace).allowed


@given(policies, askers, st.sampled_from(Verb), NAMESPACES)
def test_losing_membership_never_adds_a_right(policy: Policy, who: Asker, verb: Verb, namespace: str) -> None:
    """What a directory that does not answer leaves is less, never more."""
    unknown = replace(who, person=replace(who.person, full_member=False, usergroups=frozenset()))
    assert policy.decide(unknown, verb, namespace).allowed <= policy.decide(who, verb, namespace).allowed


@given(policies, askers, st.sampled_from(Verb))
def test_a_right_to_all_namespaces_is_one_to_each(policy: Policy, who: Asker, verb: Verb) -> None:
    """Asking for all at once is no way around an exception or an approval."""
    if policy.decide(who, verb, ALL_NAMESPACES).allowed:
        assert all(policy.decide(who, verb, each).allowed for each in ("shop", "kube-system", "prod-eu"))
        assert policy.rule_somewhere(who, verb) is not None
