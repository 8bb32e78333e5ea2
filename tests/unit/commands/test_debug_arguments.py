"""`debug` and `get --raw`, as kubectl spells them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.grammar import Misunderstood, parse
from bot.commands.spelling import spell
from bot.model.commands import DebugPod, ReadRaw

PATH = "/api/v1/namespaces/shop/configmaps"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        pytest.param(
            "debug web-1 --image=busybox:1.36 --target=app -- ps aux",
            DebugPod(
                namespace="default", pod="web-1", image="busybox:1.36", target="app", command=("ps", "aux")
            ),
            id="kubectl",
        ),
        pytest.param(
            "kubectl debug pod/web-1 -n shop --image busybox -c look -- sh -c 'ls /proc | wc -l'",
            DebugPod(
                namespace="shop",
                pod="web-1",
                image="busybox",
                container="look",
                command=("sh", "-c", "ls /proc | wc -l"),
            ),
            id="a-shell-line",
        ),
        pytest.param(
            "debug web-1 -- kubectl get pods -n kube-system --help",
            DebugPod(
                namespace="default",
                pod="web-1",
                command=("kubectl", "get", "pods", "-n", "kube-system", "--help"),
            ),
            id="flags-behind-the-dashes-are-the-commands",
        ),
        pytest.param("debug web-1", DebugPod(namespace="default", pod="web-1"), id="by-default"),
        pytest.param(
            "debug web-1 \u2014 ps",
            DebugPod(namespace="default", pod="web-1", command=("ps",)),
            id="a-phones-dash",
        ),
        pytest.param(f"get --raw {PATH}", ReadRaw(path=PATH), id="raw"),
        pytest.param(f"get --raw={PATH}?limit=1", ReadRaw(path=f"{PATH}?limit=1"), id="raw-with-query"),
        pytest.param(
            f"get --raw '{PATH}?labelSelector=a%3Db&amp;limit=1'",
            ReadRaw(path=f"{PATH}?labelSelector=a%3Db&limit=1"),
            id="raw-through-slack",
        ),
    ],
)
def test_what_is_typed(text: str, command: DebugPod | ReadRaw) -> None:
    """Each spelling is that command, and the command's own spelling is read back as it."""
    assert parse(text, default_namespace="default") == command
    assert parse(spell(command), default_namespace="elsewhere") == command


@given(
    st.builds(
        DebugPod,
        namespace=st.sampled_from(["shop", "a"]),
        pod=st.sampled_from(["web-1", "pods", "secrets", "a.b"]),
        image=st.sampled_from(["", "busybox:1.36", "registry.example:5000/a/b@sha256:00"]),
        target=st.sampled_from(["", "app"]),
        container=st.sampled_from(["", "look"]),
        command=st.lists(st.from_regex(r"[!-~][ -~]{0,20}", fullmatch=True), max_size=4).map(tuple),
    )
)
def test_what_is_spelled_is_read_back(command: DebugPod) -> None:
    """Whatever the command in the container is; signs that Slack or phones make of others are not kept."""
    kept = tuple(word for word in command.command if not {*"`<>&"} & {*word})
    command = msgspec.structs.replace(command, command=kept)
    assert parse(spell(command), default_namespace="elsewhere") == command


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("debug", "`debug` needs a pod's name", id="no-pod"),
        pytest.param("debug -- ps", "`debug` needs a pod's name", id="only-a-command"),
        pytest.param("debug web-1 ps", "one pod at a time", id="command-without-dashes"),
        pytest.param("debug pod/web-1 ps aux", "stands behind `--`", id="command-behind-a-path"),
        pytest.param("debug web-1 -it --image=busybox", "there is no terminal here", id="terminal"),
        pytest.param("debug web-1 --copy-to=x", "never a copy", id="copy"),
        pytest.param("debug web-1 --profile=sysadmin", "no rights beyond", id="profile"),
        pytest.param("debug node/node-1", "podbot knows pods", id="node"),
        pytest.param("debug web-1 --image='busy box'", "is no image", id="no-image"),
        pytest.param("debug web-1 -A", "has no flag", id="everywhere"),
        pytest.param("debug Web-1", "cannot be a pod's name", id="no-name"),
        pytest.param(f"get pods --raw {PATH}", "takes nothing beside the path", id="raw-and-kind"),
        pytest.param(f"get --raw {PATH} -n shop", "`--namespace` stands there", id="raw-and-namespace"),
        pytest.param("get --raw api/v1/pods", "takes a path of the API", id="no-path"),
        pytest.param("get --raw", "needs PATH behind it", id="nothing"),
        pytest.param(f"list --raw {PATH}", "`get --raw` reads a path", id="list"),
    ],
)
def test_what_is_not_understood(text: str, says: str) -> None:
    """Each mistake is told with what to write instead."""
    with pytest.raises(Misunderstood) as error:
        parse(text, default_namespace="default")
    assert says in str(error.value)
