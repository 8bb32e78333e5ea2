"""The demo: the workspace, the simulated cluster and the bot, joined. Nothing in the bot knows of it.

Between the bot and each of the two stands a proxy, so that outages can be rehearsed from the panel.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import app
from bot.clock import SystemClock
from bot.errors import PodbotError
from bot.playground import cluster as simulated_cluster
from bot.playground import faults, rehearsal
from bot.playground import workspace as slack
from bot.playground.workspace.demo_world import ALERTS
from bot.settings import load


@dataclass(frozen=True, slots=True, kw_only=True)
class Playground:
    """What is running. `environment` is what a bot needs to join in."""

    page: str
    environment: dict[str, str]
    workspace: slack.Running
    cluster: simulated_cluster.RunningCluster | None


@asynccontextmanager
async def open_playground(*, simulated: bool = True, port: int = 0) -> AsyncIterator[Playground]:
    """The two servers, without a bot, until the block ends.

    `port` is the page's; 0 lets the system choose. Raises `PodbotError` where it cannot be had.
    """
    async with AsyncExitStack() as servers:
        folder = Path(servers.enter_context(TemporaryDirectory(prefix="podbot-")))
        cluster = None
        slack_faults, kube_faults = faults.Rules(), faults.Rules()
        environment: dict[str, str] = {}
        if simulated:
            cluster = await servers.enter_async_context(
                simulated_cluster.serve(
                    simulated_cluster.demo_cluster(), extra=rehearsal.buttons(slack_faults, kube_faults)
                )
            )
            to_cluster = await servers.enter_async_context(faults.serve(cluster.url, rules=kube_faults))
            config = folder / "kubeconfig"
            config.write_text(
                simulated_cluster.kubeconfig(to_cluster.url, context="playground", namespace="shop"), "utf-8"
            )
            environment["KUBECONFIG"] = str(config)
        settings = slack.demo_settings(panel_url=cluster.panel_url if cluster else None)
        try:
            workspace = await servers.enter_async_context(slack.serve(slack.Workspace(settings), port=port))
        except OSError as error:
            raise PodbotError(f"the page cannot be served at port {port}: {error}") from error
        to_slack = await servers.enter_async_context(faults.serve(workspace.api_url, rules=slack_faults))
        policy = folder / "policy.yaml"
        policy.write_text(
            (resources.files("bot.playground") / "demo_policy.yaml").read_text("utf-8"), "utf-8"
        )
        environment |= {
            "SLACK_BOT_TOKEN": settings.app.bot_token,
            "SLACK_APP_TOKEN": settings.app.app_token,
            "SLACK_API_URL": to_slack.url,
            "PODBOT_ALERT_CHANNEL": ALERTS,
            "PODBOT_POLICY": str(policy),
            "PODBOT_HTTP_ADDR": "127.0.0.1:0",
            "PODBOT_DATABASE_URL": f"sqlite:///{folder / 'podbot.db'}",
        }
        yield Playground(page=workspace.url, environment=environment, workspace=workspace, cluster=cluster)


async def run(
    stop: asyncio.Event,
    *,
    environment: Mapping[str, str],
    simulated: bool,
    port: int,
    say: Callable[[str], None],
) -> None:
    """Serve the playground and run the bot in it until `stop` is set.

    `environment` gives the kubeconfig where the cluster is not simulated.
    """
    async with open_playground(simulated=simulated, port=port) as playground:
        for_the_cluster = (
            {} if simulated else {name: environment[name] for name in _KUBE if name in environment}
        )
        settings = load({**for_the_cluster, **playground.environment})
        clock = SystemClock()
        ground = await app.prepare(settings, environment, clock)
        say(_welcome(playground.page, simulated=simulated))
        await app.run(settings, ground, stop, clock=clock)


_KUBE = ("KUBECONFIG", "PODBOT_KUBE_CONTEXTS", "PODBOT_KUBE_API_URL", "PODBOT_NAMESPACES")


def _welcome(page: str, *, simulated: bool) -> str:
    kill = (
        """Press OOM-kill in the cluster's panel and look into #alerts: cause, last words, next step. Then
    /pods list -A --broken        what is not healthy, worst first
    /pods describe web            choose a pod; Delete shows what will happen before it does"""
        if simulated
        else "The cluster is your current kube context's: what you delete there is really deleted."
    )
    return f"""
  podbot's playground is open:  {page}

  Try, as Alice in #incidents:
    /pods list                    the pods of the namespace
    /pods logs deploy/web         the logs of all its pods, merged by time; -f follows them
    {kill}
  Then switch to Sam, who may do nothing, and try again.

  Ctrl-C ends it.
"""
