"""Which cluster is meant and with what credentials, and what is said when that cannot be told."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from aiohttp import web

from bot.errors import ClusterRefused
from bot.kube.connect import (
    ApiUrl,
    InCluster,
    KubeConfigProblem,
    KubeContext,
    cluster_name,
    connect,
    targets,
)
from bot.model.pods import ClusterName
from tests.unit.kube.servers import QUICK, http_server, pod_list, refusal

Config = dict[str, object]
Write = Callable[[Config | str], str]

IN_CLUSTER = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


def _config(server: str = "http://127.0.0.1:1", user: object = None) -> Config:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "prod",
        "clusters": [{"name": "eu", "cluster": {"server": server}}],
        "contexts": [
            {"name": "prod", "context": {"cluster": "eu", "user": "bot", "namespace": "shop"}},
            {"name": "dev", "context": {"cluster": "eu", "user": "bot"}},
            {"name": "broken", "context": {"cluster": "nowhere", "user": "bot"}},
        ],
        "users": [{"name": "bot", "user": user or {}}],
    }


@pytest.fixture
def write(tmp_path: Path) -> Write:
    path = tmp_path / "config"

    def write(config: Config | str) -> str:
        path.write_text(config if isinstance(config, str) else yaml.safe_dump(config))
        return str(path)

    return write


class TestTargets:
    def test_the_current_context(self, write: Write) -> None:
        """Without a word the kubeconfig's current context is meant, with its namespace."""
        path = write(_config())
        assert targets(kubeconfig=path, environ={}) == (
            KubeContext(kubeconfig=path, context="prod", namespace="shop"),
        )

    def test_named_contexts(self, write: Write) -> None:
        """Named contexts are served in their order, each once."""
        found = targets(kubeconfig=write(_config()), contexts=("dev", "prod", "dev"), environ=IN_CLUSTER)
        assert [cluster_name(each) for each in found] == ["dev", "prod"]
        assert connect(found[0]).default_namespace == "default"
        assert connect(found[1]).default_namespace == "shop"

    def test_several_files(self, write: Write, tmp_path: Path) -> None:
        """Files joined as in KUBECONFIG are read together."""
        other = tmp_path / "other"
        config = _config()
        config["contexts"] = [{"name": "third", "context": {"cluster": "eu"}}]
        other.write_text(yaml.safe_dump(config))
        (found,) = targets(kubeconfig=f"{write(_config())}:{other}", contexts=("third",), environ={})
        assert cluster_name(found) == "third"

    def test_inside_a_cluster(self) -> None:
        """Where the kubelet names an API server, that one is meant."""
        (found,) = targets(environ=IN_CLUSTER)
        assert isinstance(found, InCluster)
        assert cluster_name(found) == "in-cluster"

    @pytest.mark.parametrize(
        ("url", "name"),
        [("http://127.0.0.1:8001", "127.0.0.1:8001"), ("https://user@kube.example/x/", "kube.example")],
    )
    def test_a_url(self, url: str, name: str) -> None:
        """A URL stands for itself, named by its host."""
        (found,) = targets(api_url=url, environ=IN_CLUSTER)
        assert isinstance(found, ApiUrl)
        assert cluster_name(found) == ClusterName(name)

    def test_a_name_of_ones_own(self, write: Write) -> None:
        """Where there is one cluster, it is called as it is told; several keep their contexts' names."""
        inside = targets(name="prod-eu", environ=IN_CLUSTER)
        proxied = targets(name="prod-eu", api_url="http://127.0.0.1:8001", environ={})
        alone = targets(name="prod-eu", kubeconfig=write(_config()), environ={})
        assert [cluster_name(*each) for each in (inside, proxied, alone)] == ["prod-eu"] * 3
        assert connect(*inside).name == "prod-eu"
        several = targets(name="x", kubeconfig=write(_config()), contexts=("dev", "prod"), environ={})
        assert [cluster_name(each) for each in several] == ["dev", "prod"]

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            pytest.param(
                {"contexts": ("prdo",)}, "has no context prdo; it has: broken, dev, prod", id="typo"
            ),
            pytest.param(
                {"contexts": ("broken",)}, "context broken .* is not complete: .*nowhere", id="no-cluster"
            ),
            pytest.param({"api_url": "127.0.0.1:8001"}, "no URL of an API server", id="no-scheme"),
            pytest.param({"api_url": "http://:80x"}, "no URL of an API server", id="bad-port"),
            pytest.param({"api_url": "http://h", "contexts": ("prod",)}, "choose one", id="both"),
            pytest.param({"kubeconfig": "/nowhere/config"}, "No kubeconfig at /nowhere/config", id="no-file"),
        ],
    )
    def test_mistakes(self, write: Write, arguments: dict[str, object], problem: str) -> None:
        """A mistake says which file, which context, and what there is instead."""
        with pytest.raises(KubeConfigProblem, match=problem):
            targets(**{"kubeconfig": write(_config()), "environ": {}, **arguments})  # type: ignore[arg-type]

    def test_all_mistakes_at_once(self, write: Write) -> None:
        """Every wrong context is told in one go."""
        with pytest.raises(KubeConfigProblem) as found:
            targets(kubeconfig=write(_config()), contexts=("a", "prod", "b"), environ={})
        assert len(found.value.problems) == 2

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "just words",
            "a: [",
            "contexts: 7",
            "contexts: [{}]",
            "contexts: [7]",
            "clusters: {a: b}",
        ],
    )
    def test_files_that_are_no_kubeconfig(self, write: Write, text: str) -> None:
        """Whatever is in the file, the answer is a sentence about that file."""
        with pytest.raises(KubeConfigProblem, match="kubeconfig"):
            targets(kubeconfig=write(text), environ={})

    def test_no_current_context(self, write: Write) -> None:
        """A kubeconfig without a current context lists those it has."""
        config = _config()
        del config["current-context"]
        with pytest.raises(KubeConfigProblem, match=r"no current context.*prod"):
            targets(kubeconfig=write(config), environ={})


class Gate:
    """A server that lets one token in."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.given: list[str] = []

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.given.append(request.headers.get("Authorization", ""))
        if self.given[-1].lower() == f"bearer {self.token}":
            return pod_list()
        return refusal(401, "Unauthorized", "Unauthorized")


class TestCredentials:
    async def test_a_token(self, write: Write) -> None:
        """The kubeconfig's token goes with every request."""
        gate = Gate("t1")
        async with http_server(gate) as url:
            cluster = connect(*targets(kubeconfig=write(_config(url, {"token": "t1"})), environ={}))
            await cluster.list_pods("shop")
            await cluster.close()
        assert gate.given == ["Bearer t1"]

    async def test_a_kubeconfig_that_was_rewritten(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Credentials that are refused are read again, and the request is sent again with the new ones."""
        monkeypatch.setattr("bot.kube.clients._RENEW_AT_MOST_EVERY", 0.0)
        gate = Gate("old")
        async with http_server(gate) as url:
            cluster = connect(*targets(kubeconfig=write(_config(url, {"token": "old"})), environ={}))
            await cluster.list_pods("shop")
            gate.token = "new"
            write(_config(url, {"token": "new"}))
            await cluster.list_pods("shop")
            await cluster.close()
        assert gate.given == ["Bearer old", "Bearer old", "Bearer new"]

    async def test_a_server_that_refuses_everything(self, write: Write) -> None:
        """Credentials that were read a moment ago are not read again."""
        gate = Gate("none")
        async with http_server(gate) as url:
            cluster = connect(*targets(kubeconfig=write(_config(url, {"token": "t"})), environ={}))
            with pytest.raises(ClusterRefused, match="401"):
                await cluster.list_pods("shop")
            await cluster.close()
        assert len(gate.given) == 1

    async def test_an_exec_plugin(self, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        """A plugin's token is used until it is refused; then the plugin is run again."""
        monkeypatch.setattr("bot.kube.clients._RENEW_AT_MOST_EVERY", 0.0)
        gate = Gate("run-1")
        count = Path(write("")).with_name("count")
        script = (
            "import json, pathlib\n"
            f"at = pathlib.Path({str(count)!r})\n"
            "run = int(at.read_text()) + 1 if at.exists() else 1\n"
            "at.write_text(str(run))\n"
            "print(json.dumps({'apiVersion': 'client.authentication.k8s.io/v1', 'kind': 'ExecCredential',"
            " 'status': {'token': f'run-{run}'}}))"
        )
        plugin = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": ["-c", script],
        }
        async with http_server(gate) as url:
            cluster = connect(*targets(kubeconfig=write(_config(url, {"exec": plugin})), environ={}))
            await cluster.list_pods("shop")
            await cluster.list_pods("shop")
            gate.token = "run-2"
            await cluster.list_pods("shop")
            await cluster.close()
        assert gate.given == ["Bearer run-1"] * 3 + ["Bearer run-2"]

    async def test_a_plugin_that_fails(self, write: Write) -> None:
        """A plugin that yields nothing is told, rather than going on as nobody."""
        plugin = {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": ["-c", "raise SystemExit('please log in')"],
        }
        config = write(_config("http://127.0.0.1:1", {"exec": plugin}))
        cluster = connect(*targets(kubeconfig=config, environ={}))
        with pytest.raises(ClusterRefused, match="the exec plugin of user bot failed"):
            await cluster.list_pods("shop")
        await cluster.close()

    async def test_a_kubeconfig_that_was_emptied(self, write: Write) -> None:
        """What was good at start-up and is not any more is an answer to the command, not a crash."""
        cluster = connect(*targets(kubeconfig=write(_config()), environ={}), timings=QUICK)
        write("")
        with pytest.raises(ClusterRefused, match="no credentials for prod"):
            await cluster.list_pods("shop")
        await cluster.close()

    async def test_a_service_account(self, tmp_path: Path) -> None:
        """In a cluster the account's token and authority are read; without them it is said."""
        (tmp_path / "token").write_text("t")
        target = InCluster(
            namespace="bots",
            token_file=str(tmp_path / "token"),
            ca_file=str(tmp_path / "ca.crt"),
            environ=IN_CLUSTER,
        )
        cluster = connect(target)
        assert cluster.default_namespace == "bots"
        with pytest.raises(ClusterRefused, match="no credentials for in-cluster"):
            await cluster.list_pods("shop")
        await cluster.close()

    async def test_a_certificate_that_is_none(self, write: Write) -> None:
        """Credentials that cannot be loaded are told as credentials."""
        config = _config(
            "https://127.0.0.1:1", {"client-certificate-data": "bm9uZQ==", "client-key-data": "eA=="}
        )
        cluster = connect(*targets(kubeconfig=write(json.dumps(config)), environ={}))
        with pytest.raises(ClusterRefused, match="no credentials for prod"):
            await cluster.list_pods("shop")
        await cluster.close()
