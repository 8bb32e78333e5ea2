"""The process: how it starts, what it says when it cannot, and how it ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import ClientSession
from structlog.testing import capture_logs

from bot.clock import SystemClock
from bot.playground import workspace as slack
from tests.scenario.bots import STOPS_WITHIN, a_bot, lacks, ready
from tests.scenario.processes import a_process
from tests.support.envtest import free_port
from tests.support.hurried_clock import HurriedClock
from tests.support.people import as_text, person
from tests.support.postgres import Postgres, need_programs
from tests.support.waiting import eventually

WRONG_POLICY = """\
version: 1
roles:
  viewer:
    - {verbs: [lsit], namespaces: ["*"]}
"""


async def refused(environment: dict[str, str], folder: Path) -> list[str]:
    """The last words of a bot that ends with exit code 2, without their beginning."""
    async with a_process(environment, folder) as process:
        assert await process.ends() == 2
    return [line.removeprefix("podbot: ") for line in process.said()]


class TestWrongSettings:
    async def test_everything_that_is_wrong_is_told_at_once(self, tmp_path: Path) -> None:
        """Settings, kubeconfig and policy file: one line for each mistake, exit code 2."""
        policy = tmp_path / "policy.yaml"
        policy.write_text(WRONG_POLICY, "utf-8")
        said = await refused(
            {
                "SLACK_BOT_TOKEN": "xapp-swapped",
                "PODBOT_HTTP_ADDR": "8080",
                "KUBECONFIG": str(tmp_path / "none"),
                "PODBOT_POLICY": str(policy),
            },
            tmp_path,
        )
        assert said[:5] == [
            "SLACK_BOT_TOKEN: a bot token begins with xoxb-",
            "PODBOT_ALERT_CHANNEL: is not set, and podbot cannot run without it",
            "PODBOT_HTTP_ADDR: write it as HOST:PORT, for example 127.0.0.1:8080",
            "SLACK_APP_TOKEN: set it (Socket Mode), or set SLACK_SIGNING_SECRET (HTTP mode)",
            f"KUBECONFIG: No kubeconfig at {tmp_path / 'none'}. "
            "Set KUBECONFIG to one, or PODBOT_KUBE_API_URL to what `kubectl proxy` prints.",
        ]
        assert said[5].startswith(f"PODBOT_POLICY: {policy}: line 4")
        assert "lsit" in said[5]

    async def test_a_token_that_slack_refuses(self, tmp_path: Path) -> None:
        """The line names the variable and Slack's own word for it."""
        async with a_bot(started=False) as bot:
            said = await refused(bot.environment | {"SLACK_BOT_TOKEN": "xoxb-wrong"}, tmp_path)
            assert said == ["SLACK_BOT_TOKEN is refused by Slack: invalid_auth"]
            said = await refused(bot.environment | {"SLACK_APP_TOKEN": "xapp-wrong"}, tmp_path)
            assert said == ["SLACK_APP_TOKEN is refused by Slack: invalid_auth"]

    async def test_scopes_that_are_missing(self, tmp_path: Path) -> None:
        """Without them nothing would work, so it does not start."""
        async with a_bot(started=False) as bot:
            bot.slack.workspace.scopes -= {"chat:write"}
            assert await refused(bot.environment, tmp_path) == ["SLACK_BOT_TOKEN lacks the scopes chat:write"]

    async def test_a_dotenv_that_is_no_text(self, tmp_path: Path) -> None:
        """It is told by its name, not by a traceback."""
        (tmp_path / ".env").write_bytes(b"SLACK_BOT_TOKEN=\xff\xfe\n")
        (said,) = await refused({}, tmp_path)
        assert said.startswith(".env: cannot be read:")

    async def test_an_address_that_is_taken(self, tmp_path: Path) -> None:
        """That is not the settings' fault: exit code 1, and which address it is."""
        async with a_bot() as bot:
            taken = bot.environment | {
                "PODBOT_HTTP_ADDR": f"127.0.0.1:{bot.port}",
                "PODBOT_DATABASE_URL": "sqlite:///another.db",
            }
            async with a_process(taken, tmp_path) as process:
                assert await process.ends() == 1
            assert process.said()[0].startswith(
                f"podbot: PODBOT_HTTP_ADDR: cannot listen at 127.0.0.1:{bot.port}"
            )


class TestStarting:
    async def test_by_a_dotenv_file(self, tmp_path: Path) -> None:
        """`.env` beside it is enough; a variable of the environment wins over it."""
        async with a_bot(started=False) as bot:
            lines = [f"{name}={value}" for name, value in bot.environment.items()]
            (tmp_path / ".env").write_text("\n".join([*lines, "PODBOT_LOG_LEVEL=error"]), "utf-8")
            async with a_process({"PODBOT_LOG_LEVEL": "info"}, tmp_path) as process:
                await ready(await process.port())
                await process.stops()

    async def test_health(self, tmp_path: Path) -> None:
        """`/healthz` as long as it lives; `/readyz` once Slack and the cluster are there."""
        async with a_bot(started=False) as bot:
            await bot.served.stop()
            async with a_process(bot.environment, tmp_path) as process:
                port = await process.port()
                async with (
                    ClientSession() as session,
                    session.get(f"http://127.0.0.1:{port}/healthz") as said,
                ):
                    assert (said.status, await said.text()) == (200, "ok")
                await bot.alice.sees_bot(connected=True)
                await lacks(port, "watch")
                await bot.served.start()
                await ready(port)

    async def test_slack_is_unreachable_at_the_start(self, tmp_path: Path) -> None:
        """It watches all the same, connects when Slack is there, and tells what it has seen."""
        port = free_port()
        async with a_bot(started=False) as bot:
            own = bot.environment | {"SLACK_API_URL": f"http://127.0.0.1:{port}/api/"}
            async with a_process(own, tmp_path) as process:
                await process.logs("watch_in_sync")
                await process.logs("slack_unreachable")
                await lacks(await process.port(), "slack")
                await bot.cluster.play("oom-kill")
                await process.logs("death", cause="OOMKilled")
                workspace = slack.Workspace(slack.demo_settings())
                async with slack.serve(workspace, port=port) as late, person(late.url, "U01ALICE") as alice:
                    await alice.sees("#alerts", "OOMKilled")
                    await ready(await process.port())
                    await process.stops()


@pytest.mark.postgres
class TestStoreIsAway:
    async def test_it_is_waited_for(self, tmp_path: Path) -> None:
        """The bot lives and says what it waits for; it begins when the server is there, on the same port."""
        programs, port = need_programs(), free_port()
        async with a_bot(started=False) as bot:
            with Postgres(programs) as server:
                own = bot.environment | {
                    "PODBOT_DATABASE_URL": server.new_database(),
                    "PODBOT_HTTP_ADDR": f"127.0.0.1:{port}",
                }
                server.stop()
                async with a_process(own, tmp_path) as process:
                    assert "Connect call failed" in (await process.logs("store_awaited"))["problem"]
                    await lacks(port, "store")
                    await asyncio.to_thread(server.start)
                    assert await process.port() == port
                    await ready(port)
                    await bot.alice.types("#incidents", "/pods list -n payments")
                    await bot.alice.sees("#incidents", "5 pods")
                    await process.stops()

    async def test_people_are_told_when_it_lasts(self) -> None:
        """Nobody watches meanwhile: the channel knows, and knows when it is over."""
        programs = need_programs()
        async with a_bot(started=False) as bot:
            with Postgres(programs) as server:
                bot.environment["PODBOT_DATABASE_URL"] = server.new_database()
                server.stop()
                starting = asyncio.create_task(bot.starts(clock=HurriedClock(speed=40.0)))
                told = await bot.alice.sees("#alerts", "it has been waiting for its store", within=30.0)
                await asyncio.to_thread(server.start)
                await starting
                over = await bot.alice.sees("#alerts", "it waited for its store", within=30.0)
                assert over["ts"] == told["ts"]
                await bot.stops()

    async def test_it_ends_cleanly_while_it_waits(self, tmp_path: Path) -> None:
        """A database that never comes keeps nobody from stopping the bot."""
        async with a_bot(started=False) as bot:
            own = bot.environment | {
                "PODBOT_DATABASE_URL": f"postgresql://nobody@127.0.0.1:{free_port()}/none"
            }
            async with a_process(own, tmp_path) as process:
                await process.logs("store_awaited")
                await process.stops()


class TestRunning:
    async def test_every_request_is_one_line_of_audit(self, tmp_path: Path) -> None:
        """Who, where, verb, object, decision, rule, outcome; allowed or refused, whatever the log's level."""
        async with a_bot(started=False) as bot:
            own = bot.environment | {"PODBOT_LOG_LEVEL": "error"}
            async with a_process(own, tmp_path) as process:
                await bot.alice.sees_bot(connected=True)
                await bot.alice.types("#incidents", "/pods list -n payments")
                await bot.alice.sees("#incidents", "5 pods")
                await bot.sam.types("#incidents", "/pods logs ledger-0 -n payments")
                await bot.sam.sees("#incidents", "You may not")
                allowed = await process.logs("audit", user="U01ALICE")
                refused = await process.logs("audit", user="U03SAM")
                await process.stops()
        audits = [line for line in process.logged() if line["event"] == "audit"]
        assert len(audits) == 2
        assert (allowed["channel"], allowed["verb"], allowed["namespace"], allowed["object"]) == (
            *("C01INCIDENTS", "list"),
            *("payments", "pods"),
        )
        assert (allowed["allowed"], allowed["outcome"]) == (True, "done")
        assert allowed["rule"].startswith("role on-call:")
        assert (refused["allowed"], refused["outcome"], refused["object"]) == (
            False,
            "refused",
            "pod/ledger-0",
        )

    async def test_a_mistake_in_the_policy_file_is_logged_with_its_line(self, tmp_path: Path) -> None:
        """The old one stays in force."""
        async with a_bot(started=False) as bot, a_process(bot.environment, tmp_path) as process:
            await ready(await process.port())
            bot.policy.write_text(WRONG_POLICY, "utf-8")
            line = await process.logs("policy file has mistakes")
            assert line["mistake"].startswith("line 4")
            assert line["effect"] == "the previous policy stays in force"
            await bot.bob.types("#incidents", "/pods list -n batch")
            await bot.bob.sees("#incidents", "2 pods")
            await process.stops()


class TestStopping:
    async def test_at_once_when_nothing_is_under_way(self, tmp_path: Path) -> None:
        """SIGTERM, exit code 0, and Slack sees the connection closed."""
        async with a_bot(started=False) as bot, a_process(bot.environment, tmp_path) as process:
            await ready(await process.port())
            await process.stops()
            await bot.alice.sees_bot(connected=False)

    @pytest.mark.parametrize(
        ("hangs", "within"),
        [pytest.param(False, 3.0, id="idle"), pytest.param(True, STOPS_WITHIN, id="busy")],
    )
    async def test_in_time(self, *, hangs: bool, within: float) -> None:
        """On the machine's own clock, also while somebody waits for an answer. Work does not count."""
        async with a_bot(started=False) as bot:
            await bot.starts(clock=SystemClock())
            await bot.ready()
            bot.cluster.faults.hanging = hangs
            await bot.alice.types("#incidents", "/pods list")
            assert await bot.stops() < within
            bot.cluster.faults.hanging = False
            await bot.alice.sees("#incidents", "did not finish" if hangs else "10 pods")

    async def test_a_command_under_way_is_answered(self, tmp_path: Path) -> None:
        """The cluster does not answer: the person is told that podbot was stopped, not left waiting."""
        async with a_bot(started=False) as bot, a_process(bot.environment, tmp_path) as process:
            await ready(await process.port())
            bot.cluster.faults.hanging = True
            await bot.alice.types("#incidents", "/pods list")
            await process.stops()
            bot.cluster.faults.hanging = False
            await bot.alice.sees("#incidents", "podbot is being restarted and did not finish this.")

    @pytest.mark.parametrize("hangs", [False, True], ids=["that-succeeds", "that-hangs"])
    async def test_a_deletion_under_way(self, *, hangs: bool) -> None:
        """Either it is done and said to all, or the person hears that they must look."""
        async with a_bot(started=False) as bot:
            await bot.starts(clock=SystemClock())
            await bot.ready()
            name = bot.pods_of("web")[0]
            await bot.alice.types("#incidents", f"/pods delete {name}")
            await bot.alice.sees_view("Reason")
            bot.cluster.faults.hanging = hangs
            await bot.alice.submits()
            await bot.stops()
            bot.cluster.faults.hanging = False
            if hangs:
                told = await bot.alice.sees("#incidents", "If you were deleting, look first")
                assert "did not finish" in as_text(told)
            else:
                await bot.bob.sees("#incidents", f"deleted `{name}`")
                await eventually(lambda: name not in bot.pods_of("web"))

    async def test_an_announcement_under_way_is_made(self) -> None:
        """A death that was seen is told before the bot goes."""
        async with a_bot(started=False) as bot:
            await bot.starts(clock=SystemClock())
            await bot.ready()
            with capture_logs() as lines:
                await bot.cluster.play("oom-kill")
                await bot.cluster.play("one-of-two")
                await eventually(
                    lambda: (
                        {"OOMKilled", "Error"}
                        <= {each["cause"] for each in lines if each["event"] == "death"}
                    )
                )
            await bot.stops()
            assert {each["text"].split(" · ")[0] for each in await bot.alerts()} == {"OOMKilled", "Error"}


async def test_the_demo(tmp_path: Path) -> None:
    """`podbot demo` is the bot in its playground, with nothing set at all."""
    async with a_process({}, tmp_path, "demo", "--port", str(port := free_port())) as process:
        url = f"http://127.0.0.1:{port}/"
        await served(url)
        async with person(url, "U01ALICE") as alice:
            await alice.sees_bot(connected=True)
            await alice.types("#incidents", "/pods list")
            await alice.sees("#incidents", "10 pods")
            panel = (await alice.state())["panel_url"]
            async with (
                ClientSession() as session,
                session.post(f"{panel}/panel/scenarios/oom-kill") as answer,
            ):
                assert (await answer.json())["ok"]
            await alice.sees("#alerts", "OOMKilled")
        await process.stops()
        assert [line for line in process.lines if "audit" not in line] == []  # nothing to warn of


async def served(url: str) -> None:
    """Wait until somebody serves this address."""
    async with asyncio.timeout(60.0), ClientSession() as session:
        while True:
            try:
                async with session.get(url):
                    return
            except OSError:
                await asyncio.sleep(0.05)
