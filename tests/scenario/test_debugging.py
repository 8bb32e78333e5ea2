"""Debug containers and `get --raw`, from Slack to the cluster and back; also through `kubectl proxy`."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.scenario.bots import Bot, Json, a_bot
from tests.support.envtest import ControlPlane
from tests.support.kubelet import Kubelet
from tests.support.people import as_text

POLICY = """\
version: 1
debug_images: ["busybox:1.36"]
roles:
  on-call:
    - {verbs: [list, get, events, logs, delete, debug], namespaces: ["*"]}
    - verbs: [raw]
      namespaces: ["*"]
      paths: ["/api/v1/namespaces/*/*", "/api/v1/namespaces/*/*/*"]
  reader:
    - {verbs: [list], namespaces: ["*"]}
bindings:
  - {role: on-call, users: [U01ALICE]}
  - {role: reader, users: [U02BOB]}
"""


class TestDebug:
    async def test_a_command_in_a_pod(self, bot: Bot) -> None:
        """The channel learns of the container, the asker gets its output, and it stays in the pod."""
        pod = bot.pods_of("web")[0]
        await bot.alice.types("#incidents", f"/pods debug {pod} --image=busybox:1.36 --target=app -- ps aux")

        public = await bot.bob.sees("#incidents", "in a debug container of")
        assert "busybox:1.36" in as_text(public)
        assert "ps aux" in as_text(public)
        answer = await bot.alice.sees("#incidents", "Exit 0, ended without an error")
        assert "/usr/local/bin/app --listen=:8080" in as_text(answer)
        assert answer["ephemeral"]
        assert not any("/usr/local/bin/app" in as_text(each) for each in await bot.bob.messages("#incidents"))

        await bot.alice.clicks(answer, "Share")
        await bot.bob.sees("#incidents", "/usr/local/bin/app --listen=:8080")

    async def test_what_fails_is_said(self, bot: Bot) -> None:
        """An exit code in words; the default image."""
        pod = bot.pods_of("web")[0]
        await bot.alice.types("#incidents", f"/pods debug {pod} -- tcpdump")
        answer = await bot.alice.sees("#incidents", "Exit 127, its command was not found")
        assert "sh: tcpdump: not found" in as_text(answer)

    @pytest.mark.parametrize(
        ("who", "typed", "says"),
        [
            pytest.param("alice", "--image=evil:1 -- ps", "`evil:1` may not be run", id="image"),
            pytest.param("alice", "--target=nope -- ps", "has no container `nope`", id="target"),
            pytest.param("bob", "-- ps", "You may not `debug` in `shop`", id="no-right"),
        ],
    )
    async def test_what_is_refused(self, bot: Bot, who: str, typed: str, says: str) -> None:
        """Nothing is added to the pod."""
        pod = bot.pods_of("web")[0]
        person = {"alice": bot.alice, "bob": bot.bob}[who]
        await person.types("#incidents", f"/pods debug {pod} {typed}")
        await person.sees("#incidents", says)
        assert "ephemeralContainers" not in bot.cluster.pod("shop", pod)["spec"]


class TestRaw:
    async def test_a_path_is_answered_as_a_file(self, bot: Bot) -> None:
        """What the API server says, without bookkeeping."""
        pod = bot.pods_of("web")[0]
        await bot.alice.types("#incidents", f"/kubectl get --raw /api/v1/namespaces/shop/pods/{pod}")
        await bot.alice.sees("#incidents", "Pod · ")
        found = await _file(bot, f"api-v1-namespaces-shop-pods-{pod}.json")
        assert found["metadata"]["name"] == pod

    @pytest.mark.parametrize(
        ("path", "says"),
        [
            pytest.param("/api/v1/namespaces/shop/secrets", "are never read", id="secrets"),
            pytest.param("/api/v1/namespaces/shop/%73ecrets", "plain spelling", id="encoded"),
            pytest.param("/api/v1/namespaces/shop/pods/x/exec", "Of an object's parts", id="exec"),
            pytest.param("/api/v1/namespaces/shop/configmaps", "Here you may read", id="no-rule"),
        ],
    )
    async def test_what_is_refused(self, bot: Bot, path: str, says: str) -> None:
        """Whatever the policy says, and whatever it does not say."""
        await bot.alice.types("#incidents", f"/pods get --raw {path}")
        await bot.alice.sees("#incidents", says)


@pytest.mark.envtest
async def test_through_kubectl_proxy(proxy_url: str, control_plane: ControlPlane, kubelet: Kubelet) -> None:
    """Reading, deleting, paths, and the clear answer of a cluster without debug containers."""
    namespace = "through-proxy"
    await asyncio.to_thread(control_plane.create_namespace, namespace)
    await asyncio.to_thread(kubelet.create, namespace, "web-1")
    kubelet.log(namespace, "web-1", b"hello from the pod")
    settings = {"PODBOT_NAMESPACES": namespace}
    async with a_bot(cluster={"PODBOT_KUBE_API_URL": proxy_url}, settings=settings, policy=POLICY) as bot:
        alice = bot.alice
        await alice.types("#incidents", "/pods list")
        await alice.sees("#incidents", "web-1")
        await alice.types("#incidents", "/pods describe web-1")
        await alice.sees("#incidents", "app: running since")
        await alice.types("#incidents", "/pods logs web-1")
        await alice.sees("#incidents", "hello from the pod")
        await alice.types("#incidents", "/pods debug web-1 -- ps")
        await alice.sees("#incidents", "has no debug containers")
        await alice.types("#incidents", f"/pods get --raw /api/v1/namespaces/{namespace}/pods")
        await alice.sees("#incidents", "PodList · 1 object")
        assert len((await _file(bot, f"api-v1-namespaces-{namespace}-pods.json"))["items"]) == 1
        await alice.types("#incidents", f"/pods get --raw /api/v1/namespaces/{namespace}/pods/web-1/exec")
        await alice.sees("#incidents", "Of an object's parts")
        await alice.types("#incidents", "/pods delete web-1 --dry-run=server")
        await alice.sees("#incidents", "web-1")


async def _file(bot: Bot, name: str) -> Json:
    """The JSON of a file that podbot sent to Alice."""
    message = await bot.alice.sees(
        "@podbot", lambda each: any(file["name"] == name for file in each.get("files", ()))
    )
    (file,) = message["files"]
    found: Json = json.loads(await bot.alice.reads_file(file))
    return found
