"""Label and field selectors against what the API server says."""

import pytest

from bot.playground.cluster.errors import Refusal
from bot.playground.cluster.objects import Json
from bot.playground.cluster.resources import EVENTS, NODES, PODS
from bot.playground.cluster.selectors import parse_field_selector, parse_label_selector, selector

LABELS = {"app": "web", "tier": "front", "shop.example/track": "stable"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", True, id="empty"),
        pytest.param("app=web", True, id="equal"),
        pytest.param("app==web,tier=front", True, id="both"),
        pytest.param("app=cart", False, id="other-value"),
        pytest.param("app!=cart", True, id="not-equal"),
        pytest.param("missing!=x", True, id="missing-key-is-not-equal"),
        pytest.param("app in (web, cart)", True, id="in"),
        pytest.param("app in (cart)", False, id="not-in-set"),
        pytest.param("app notin (cart)", True, id="notin"),
        pytest.param("missing notin (x)", True, id="missing-key-notin"),
        pytest.param("app", True, id="exists"),
        pytest.param("!app", False, id="exists-not"),
        pytest.param("!missing", True, id="absent"),
        pytest.param("shop.example/track=stable", True, id="prefixed-key"),
        pytest.param("app=,tier", False, id="empty-value"),
        pytest.param("app in (web),tier notin (back),!gone", True, id="combined"),
    ],
)
def test_label_selectors_match_as_in_kubernetes(text: str, *, expected: bool) -> None:
    """Equality, sets and existence, alone and together."""
    assert all(r.matches(LABELS) for r in parse_label_selector(text)) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("!=", "found '!=', expected: !, identifier, or 'end of string'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a,", "found '', expected: identifier after ','"),
    ],
)
def test_malformed_label_selectors_are_refused_in_the_servers_words(text: str, message: str) -> None:
    """The texts are those of a real API server."""
    with pytest.raises(Refusal) as refusal:
        parse_label_selector(text)
    assert (refusal.value.code, refusal.value.message) == (400, message)


@pytest.mark.parametrize("text", ["a=-b", "-a", "a in x", "a=b)"])
def test_other_malformed_label_selectors_are_bad_requests(text: str) -> None:
    """Whatever else cannot be read is 400 too."""
    with pytest.raises(Refusal) as refusal:
        parse_label_selector(text)
    assert refusal.value.code == 400


POD: Json = {
    "metadata": {"name": "web-1", "namespace": "shop", "labels": LABELS},
    "spec": {"nodeName": "worker-1", "restartPolicy": "Always", "hostNetwork": True},
    "status": {"phase": "Running", "podIP": "10.244.1.9"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("metadata.name=web-1", True),
        ("metadata.namespace!=shop", False),
        ("spec.nodeName=worker-1,status.phase==Running", True),
        ("status.podIP=10.244.1.9", True),
        ("spec.restartPolicy=Never", False),
        ("spec.hostNetwork=true", True),
        ("status.nominatedNodeName=", True),
    ],
)
def test_field_selectors_of_pods(text: str, *, expected: bool) -> None:
    """The fields that the API server indexes for pods."""
    assert selector(PODS, "", text)(POD) is expected


def test_field_selectors_of_events_and_nodes() -> None:
    """Events are found by what they are about; nodes by being cordoned."""
    event: Json = {
        "metadata": {"name": "e"},
        "involvedObject": {"uid": "u1", "kind": "Pod"},
        "type": "Warning",
    }
    assert selector(EVENTS, "", "involvedObject.uid=u1,type=Warning")(event)
    assert not selector(EVENTS, "", "involvedObject.uid=u2")(event)
    assert selector(NODES, "", "spec.unschedulable=false")({"metadata": {"name": "n"}, "spec": {}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("spec.foo=1", "field label not supported: spec.foo"),
        ("foo", "invalid selector: 'foo'; can't understand 'foo'"),
    ],
)
def test_unknown_fields_are_refused_in_the_servers_words(text: str, message: str) -> None:
    """The texts are those of a real API server."""
    with pytest.raises(Refusal) as refusal:
        parse_field_selector(PODS, text)
    assert (refusal.value.code, refusal.value.message) == (400, message)
