"""Paths of the API: what may be read, and every spelling of what may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.api_path import ApiPath, Unreadable, is_pattern, matches, parse

NS = "/api/v1/namespaces/shop"


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        pytest.param("/api", "", id="root"),
        pytest.param("/api/v1", "", id="discovery"),
        pytest.param("/apis/apps/v1/deployments", "", id="everywhere"),
        pytest.param("/api/v1/nodes/node-1", "", id="cluster-scoped"),
        pytest.param(f"{NS}/configmaps", "shop", id="namespaced"),
        pytest.param(f"{NS}/configmaps/web", "shop", id="named"),
        pytest.param(f"{NS}/configmaps/secret-looking-name", "shop", id="name-says-secret"),
        pytest.param("/api/v1/namespaces/secrets/pods", "secrets", id="namespace-called-secrets"),
        pytest.param(NS, "shop", id="namespace-itself"),
        pytest.param(f"{NS}/status", "shop", id="status-of-namespace"),
        pytest.param("/apis/apps/v1/namespaces/shop/deployments/web/scale", "shop", id="scale"),
        pytest.param("/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node", "", id="colon-in-a-name"),
    ],
)
def test_what_may_be_read(text: str, namespace: str) -> None:
    """Path and namespace as the API server understands them."""
    assert parse(text) == ApiPath(path=text, namespace=namespace)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{NS}/secrets", id="secrets"),
        pytest.param(f"{NS}/secrets/db", id="one-secret"),
        pytest.param("/api/v1/secrets", id="secrets-everywhere"),
        pytest.param(f"{NS}/Secrets", id="capitals"),
        pytest.param(f"{NS}/%73ecrets", id="encoded"),
        pytest.param(f"{NS}/secret%73", id="encoded-at-the-end"),
        pytest.param(f"{NS}/configmaps/../secrets", id="dots"),
        pytest.param(f"{NS}/configmaps/%2e%2e/secrets", id="encoded-dots"),
        pytest.param(f"{NS}/./secrets", id="one-dot"),
        pytest.param(f"{NS}//secrets", id="double-slash"),
        pytest.param("//api/v1/secrets", id="double-slash-first"),
        pytest.param(f"{NS}/secrets/", id="slash-at-the-end"),
        pytest.param(f"{NS}/configmaps/", id="slash-behind-a-good-path"),
        pytest.param(f"{NS}\\secrets", id="back-slash"),
        pytest.param(f"{NS}/configmaps;a=b", id="semicolon"),
        pytest.param(f"{NS}/configmaps#x", id="fragment"),
        pytest.param(f"{NS}/configmaps\n", id="line-end"),
        pytest.param(f"{NS}/\uff53ecrets", id="wide-letter"),
        pytest.param("/apis/bitnami.com/v1alpha1/namespaces/shop/sealedsecrets", id="sealed-secrets"),
        pytest.param("/apis/oauth.openshift.io/v1/oauthaccesstokens", id="tokens"),
        pytest.param(f"{NS}/serviceaccounts/default/token", id="token-of-an-account"),
        pytest.param("/api/v1/watch/namespaces/shop/secrets", id="old-watch"),
        pytest.param("/api/v1/watch/pods", id="old-watch-of-pods"),
        pytest.param("/api/v1/proxy/nodes/node-1", id="old-proxy"),
        pytest.param(f"{NS}/services/web/proxy", id="service-proxy"),
        pytest.param(f"{NS}/services/web:80/proxy/admin", id="behind-a-proxy"),
        pytest.param("/api/v1/nodes/node-1/proxy/pods", id="kubelet-behind-a-node"),
        pytest.param(f"{NS}/pods/web/exec", id="exec"),
        pytest.param(f"{NS}/pods/web/attach", id="attach"),
        pytest.param(f"{NS}/pods/web/portforward", id="portforward"),
        pytest.param(f"{NS}/pods/web/log", id="log-has-a-verb-of-its-own"),
        pytest.param(f"{NS}/pods?watch=true", id="watch"),
        pytest.param(f"{NS}/pods?limit=1&watch=1", id="watch-behind-another"),
        pytest.param(f"{NS}/pods?%77atch=1", id="encoded-watch"),
        pytest.param("/version", id="elsewhere"),
        pytest.param("/logs/kube-apiserver.log", id="logs"),
        pytest.param("/metrics", id="metrics"),
        pytest.param("/apisecret", id="alike"),
        pytest.param("api/v1/pods", id="no-slash"),
        pytest.param("http://other/api/v1/pods", id="another-server"),
        pytest.param("", id="empty"),
        pytest.param(f"{NS}/configmaps/{'a' * 1000}", id="long"),
    ],
)
def test_what_is_never_read(text: str) -> None:
    """Refused with a sentence, whatever the policy says."""
    with pytest.raises(Unreadable, match=r"\.$"):
        parse(text)


def test_a_query_is_passed_on_decoded_once() -> None:
    """Selectors may be written plainly or encoded."""
    read = parse(f"{NS}/pods?labelSelector=app=web&fieldSelector=status.phase%3DFailed&limit=5")
    assert read.query == (
        ("labelSelector", "app=web"),
        ("fieldSelector", "status.phase=Failed"),
        ("limit", "5"),
    )


@pytest.mark.parametrize(
    ("path", "pattern", "fits"),
    [
        pytest.param(f"{NS}/configmaps", "/api/v1/namespaces/*/configmaps", True, id="one-part"),
        pytest.param(f"{NS}/configmaps/web", "/api/v1/namespaces/*/configmaps", False, id="no-deeper"),
        pytest.param(f"{NS}/configmaps/web", "/api/v1/namespaces/shop/configmaps/*", True, id="names"),
        pytest.param("/api/v1/pods", "/api/v1/*", True, id="last-part"),
        pytest.param(NS, "/api/v1/*", False, id="never-over-a-slash"),
    ],
)
def test_patterns(path: str, pattern: str, *, fits: bool) -> None:
    """A star is one part of a path."""
    assert is_pattern(pattern)
    assert matches(path, pattern) is fits


@pytest.mark.parametrize("text", ["/version", "*", "/api/v1/[a-z]", "/api//v1", "/api/v1/", "/api/%2e"])
def test_what_is_no_pattern(text: str) -> None:
    """A policy with it would never mean what it seems to."""
    assert not is_pattern(text)


@given(st.text(alphabet="/apisv1ecrtnm%.2*?&=watch:-\\", max_size=60))
def test_no_text_gets_to_a_secret(text: str) -> None:
    """Whatever is accepted is plain, below the two roots, and names no secret as its resource."""
    for start in ("/api/v1", "/apis/g/v1", ""):
        try:
            read = parse(start + text)
        except Unreadable:
            continue
        parts = read.path.split("/")
        assert parts[1] in {"api", "apis"}
        assert "" not in parts[1:]
        assert not {".", ".."} & {*parts}
        assert "%" not in read.path
        assert all(name != "watch" for name, _ in read.query)
