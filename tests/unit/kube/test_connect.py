"""With what credentials a cluster is spoken to, and what is said when they are refused or missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from aiohttp import web

from bot.errors import ClusterRefused
from bot.kube.connect import connect
from bot.kube.targets import InCluster, targets
from tests.unit.kube.kubeconfigs import IN_CLUSTER, Write, a_kubeconfig
from tests.unit.kube.servers import QUICK, http_server, pod_list, refusal


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
            cluster = connect(*targets(kubeconfig=write(a_kubeconfig(url, {"token": "t1"})), environ={}))
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
            cluster = connect(*targets(kubeconfig=write(a_kubeconfig(url, {"token": "old"})), environ={}))
            await cluster.list_pods("shop")
            gate.token = "new"
            write(a_kubeconfig(url, {"token": "new"}))
            await cluster.list_pods("shop")
            await cluster.close()
        assert gate.given == ["Bearer old", "Bearer old", "Bearer new"]

    async def test_a_server_that_refuses_everything(self, write: Write) -> None:
        """Credentials that were read a moment ago are not read again."""
        gate = Gate("none")
        async with http_server(gate) as url:
            cluster = connect(*targets(kubeconfig=write(a_kubeconfig(url, {"token": "t"})), environ={}))
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
            cluster = connect(*targets(kubeconfig=write(a_kubeconfig(url, {"exec": plugin})), environ={}))
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
        config = write(a_kubeconfig("http://127.0.0.1:1", {"exec": plugin}))
        cluster = connect(*targets(kubeconfig=config, environ={}))
        with pytest.raises(ClusterRefused, match="the exec plugin of user bot failed"):
            await cluster.list_pods("shop")
        await cluster.close()

    async def test_a_kubeconfig_that_was_emptied(self, write: Write) -> None:
        """What was good at start-up and is not any more is an answer to the command, not a crash."""
        cluster = connect(*targets(kubeconfig=write(a_kubeconfig()), environ={}), timings=QUICK)
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
        config = a_kubeconfig(
            "https://127.0.0.1:1", {"client-certificate-data": "bm9uZQ==", "client-key-data": "eA=="}
        )
        cluster = connect(*targets(kubeconfig=write(json.dumps(config)), environ={}))
        with pytest.raises(ClusterRefused, match="no credentials for prod"):
            await cluster.list_pods("shop")
        await cluster.close()
