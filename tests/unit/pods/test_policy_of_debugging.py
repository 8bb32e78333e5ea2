"""What a policy file says of debug containers and of paths, and what follows."""

from __future__ import annotations

import pytest

from bot.files.strict_yaml import FileMistakes
from bot.model.api_path import parse as api_path
from bot.pods.policy_file import parse
from tests.support.policies import ALICE, STRANGER

POLICY = """\
version: 1
debug_images: ["busybox:1.36", "registry.example/tools/*", "nginx:1.*"]
roles:
  on-call:
    - {verbs: [debug], namespaces: [shop]}
    - verbs: [list, raw]
      namespaces: ["*"]
      except: [kube-system]
      paths: ["/api/v1/namespaces/*/configmaps", "/apis/apps/v1/namespaces/*/deployments/*"]
    - {verbs: [raw], namespaces: ["*"], paths: ["/api/v1/nodes"]}
bindings:
  - {role: on-call, users: [U01ALICE]}
"""


@pytest.mark.parametrize(
    ("image", "allowed"),
    [
        pytest.param("busybox:1.36", True, id="exactly"),
        pytest.param("busybox:1.36.1", False, id="another-tag"),
        pytest.param("busybox", False, id="no-tag"),
        pytest.param("registry.example/tools/net", True, id="pattern"),
        pytest.param("registry.example/tools/net:2", True, id="pattern-with-tag"),
        pytest.param("registry.example/tools/a/b", False, id="never-over-a-slash"),
        pytest.param("registry.example/tools/net@sha256:00", False, id="a-digest-overrules-the-tag"),
        pytest.param("nginx:1.5000/evil/image", False, id="a-port-is-no-tag"),
        pytest.param("evil/busybox:1.36", False, id="another-registry"),
        pytest.param("busybox:1.36\n", False, id="line-end"),
        pytest.param("", False, id="empty"),
    ],
)
def test_images(image: str, *, allowed: bool) -> None:
    """Only what the list names, with a star inside one part."""
    assert parse(POLICY).allows_image(image) is allowed


@pytest.mark.parametrize(
    ("path", "allowed", "says"),
    [
        pytest.param("/api/v1/namespaces/shop/configmaps", True, "Role on-call allows it", id="listed"),
        pytest.param(
            "/api/v1/namespaces/kube-system/configmaps", False, "/api/v1/nodes only", id="excepted-namespace"
        ),
        pytest.param("/api/v1/namespaces/shop/pods", False, "Here you may read", id="another-path"),
        pytest.param("/api/v1/nodes", True, "Role on-call allows it", id="of-no-namespace"),
        pytest.param("/api/v1/configmaps", False, "/api/v1/nodes only", id="everywhere-needs-its-own-path"),
    ],
)
def test_paths(path: str, *, allowed: bool, says: str) -> None:
    """The rule has to reach the path and the namespace that it is about."""
    decision = parse(POLICY).decide_path(ALICE, api_path(path))
    assert decision.allowed is allowed
    assert says in decision.why


def test_without_a_rule() -> None:
    """Nobody reads a path by default."""
    decision = parse(POLICY).decide_path(STRANGER, api_path("/api/v1/nodes"))
    assert not decision.allowed
    assert decision.why == "It takes the role on-call, which the policy file does not give you."


def test_the_rule_in_words() -> None:
    """`whoami` says which paths."""
    said = [rule.line for rule in parse(POLICY).rules_for(ALICE)]
    assert said[2] == "role on-call: raw in all namespaces, of paths /api/v1/nodes"


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        pytest.param(
            '{verbs: [raw], namespaces: ["*"]}', "the verb raw and paths go together", id="no-paths"
        ),
        pytest.param(
            '{verbs: [list], namespaces: ["*"], paths: [/api/v1/nodes]}', "go together", id="paths-for-list"
        ),
        pytest.param(
            '{verbs: [raw], namespaces: ["*"], paths: [/version]}', "must be a path such as", id="no-path"
        ),
    ],
)
def test_mistakes(rule: str, says: str) -> None:
    """A rule that cannot mean what it says is a mistake of the file, with its line."""
    with pytest.raises(FileMistakes) as wrong:
        parse(f"version: 1\nroles:\n  a:\n    - {rule}\n")
    assert says in wrong.value.mistakes[0]
    assert wrong.value.mistakes[0].startswith("line 4:")


def test_an_image_that_is_none() -> None:
    """What could match no image is told at once."""
    with pytest.raises(FileMistakes, match=r"line 2: debug_images.0: must be an image"):
        parse("version: 1\ndebug_images: ['busy box']\nroles: {}\n")
