"""Logs as people see them: of many pods at once, searched, around a death, and followed while written."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientSession

from bot.playground.cluster.kubelet.plans import Ending
from tests.scenario.bots import Bot
from tests.support.people import as_text

Json = dict[str, Any]


def crash(bot: Bot, namespace: str, name: str, container: str = "app", *, exit_code: int = 3) -> None:
    """A container of a pod dies with an error."""
    kubelet = bot.cluster.kubelet
    runtime = kubelet.runtime(bot.cluster.pod(namespace, name)["metadata"]["uid"])
    assert runtime is not None
    ending = Ending(exit_code=exit_code, last_words=("panic: no such lamp",))
    kubelet.runner.end(runtime, runtime.container(container), ending)


class TestManyPods:
    @pytest.mark.parametrize(
        "typed", ["/pods logs deploy/web", "/kubectl logs -l app=web -n shop", "/pods logs deployment web"]
    )
    async def test_a_workload_is_merged_and_told_apart(self, bot: Bot, typed: str) -> None:
        """All its pods' logs come as one, each line with the pod that wrote it."""
        names = bot.pods_of("web")
        await bot.alice.types("#incidents", typed)
        answer = await bot.alice.sees("#incidents", f"{len(names)} containers of {len(names)} pods")
        assert answer["ephemeral"]
        shown = as_text(answer)
        assert any(f"{name.rpartition('-')[2]} │ " in shown for name in names)
        sent = await bot.alice.sees("@podbot", lambda each: bool(each.get("files")))
        whole = (await bot.alice.reads_file(sent["files"][0])).decode()
        assert {line.split(" │ ")[0].strip() for line in whole.splitlines()} == {
            name.rpartition("-")[2] for name in names
        }

    async def test_one_of_them_is_chosen_from_the_menu(self, bot: Bot) -> None:
        """From the merge it is one press to the pod that stands out."""
        name = bot.pods_of("web")[0]
        await bot.alice.types("#incidents", "/pods logs deploy/web --tail=2")
        answer = await bot.alice.sees("#incidents", "containers of")
        await bot.alice.chooses(answer, "One container", f"{name.rpartition('-')[2]}: 2 lines")
        await bot.alice.sees("#incidents", f"`{name}` · app · current run")

    async def test_all_containers_of_a_pod(self, bot: Bot) -> None:
        """`--all-containers` is the same for one pod; the container tells the lines apart."""
        name = bot.pods_of("api", "payments")[0]
        await bot.alice.types("#incidents", f"/pods logs {name} -n payments --all-containers --tail=3")
        answer = as_text(await bot.alice.sees("#incidents", "2 containers of 1 pod"))
        assert "app   │ " in answer
        assert "proxy │ " in answer

    async def test_a_workload_that_is_not_there(self, bot: Bot) -> None:
        """A miss says what there is of that kind."""
        await bot.alice.types("#incidents", "/pods logs deploy/wbe")
        await bot.alice.sees("#incidents", "No Deployment `wbe` in shop. Did you mean `deploy/web`?")

    async def test_who_may_not_read_logs(self, bot: Bot) -> None:
        """A workload is refused as a pod is, and so is following."""
        await bot.sam.types("#incidents", "/pods logs deploy/web")
        await bot.sam.sees("#incidents", "You may not read `logs` in `shop`.")
        await bot.sam.types("#incidents", "/pods logs -f deploy/api -n payments")
        await bot.sam.sees("#incidents", "You may not read `logs` in `payments`.")


class TestSearching:
    async def test_a_text_with_its_surroundings(self, bot: Bot) -> None:
        """`--grep` looks through the whole log, says how much that was, and shows the lines around."""
        name = bot.pods_of("web")[0]
        await bot.alice.types("#incidents", f"/pods logs {name} -c app --grep 'SLOW upstream' -C 1")
        await bot.alice.sees("#incidents", "None of")
        await bot.alice.types("#incidents", f"/pods logs {name} -c app --grep 'slow upstream' -C 1")
        answer = as_text(await bot.alice.sees("#incidents", "with `slow upstream`, and 1 around each"))
        assert 'msg="slow upstream"' in answer

    async def test_timestamps_and_a_moment(self, bot: Bot) -> None:
        """`--timestamps` and `--since-time` are kubectl's."""
        await bot.alice.types(
            "#incidents", "/kubectl logs deploy/web --timestamps --since-time=2020-01-01T00:00:00Z --tail=1"
        )
        answer = as_text(await bot.alice.sees("#incidents", "containers of"))
        assert " │ 20" in answer


class TestAroundADeath:
    async def test_the_minute_before(self, bot: Bot) -> None:
        """`--around-death` finds the run that died, and shows its end."""
        name = bot.pods_of("web")[0]
        crash(bot, "shop", name)
        await bot.sees_alert("Error", "web")
        await bot.alice.types("#incidents", f"/pods logs {name} --around-death")
        answer = as_text(await bot.alice.sees("#incidents", "The minute before it died"))
        assert "exit 3" in answer
        assert "panic: no such lamp" in answer

    async def test_nothing_has_died(self, bot: Bot) -> None:
        """Where nothing has, it says so."""
        await bot.alice.types("#incidents", "/pods logs ledger-0 -n payments --around-death")
        await bot.alice.sees("#incidents", "No container of `pod/ledger-0` has died")


class TestFollowing:
    async def test_from_begin_to_stop(self, bot: Bot) -> None:
        """Lines appear in one message, which only the asker has, until the asker stops it."""
        name = bot.pods_of("web")[0]
        await bot.alice.types("#incidents", f"/kubectl logs -f {name} -c app")
        pointer = await bot.alice.sees("#incidents", "Following these logs in your messages from podbot")
        assert pointer["ephemeral"]
        first = await bot.alice.sees("@podbot", f"Following `{name} · app` in shop")
        grown = await bot.alice.sees(
            "@podbot", lambda each: each["ts"] == first["ts"] and as_text(each) != as_text(first)
        )
        await bot.alice.clicks(grown, "Stop")
        ended = await bot.alice.sees("@podbot", "Stopped by you.")
        assert ended["ts"] == first["ts"]
        assert "[ Stop ]" not in as_text(ended)

    async def test_through_a_restart(self, bot: Bot) -> None:
        """A container that dies and comes back is followed on, and the break is marked."""
        name = bot.pods_of("web")[0]
        await bot.alice.types("@podbot", f"logs -f {name} -c app")
        await bot.alice.sees("@podbot", "Following")
        crash(bot, "shop", name)
        await bot.alice.sees("@podbot", "app restarted (exit 3")
        assert "panic: no such lamp" in as_text((await bot.alice.messages("@podbot"))[-1])

    async def test_to_the_end_of_the_pod(self, bot: Bot) -> None:
        """When the pod is deleted the follow ends by itself, and all lines are in its thread."""
        name = bot.pods_of("web")[0]
        await bot.alice.types("@podbot", f"logs -f {name} -c app --tail=100")
        await bot.alice.sees("@podbot", "Following")
        url = f"{bot.served.url}/api/v1/namespaces/shop/pods/{name}"
        async with ClientSession() as session, session.delete(url) as answer:
            assert answer.status == 200
        ended = await bot.alice.sees("@podbot", "Ended: nothing of it is written any more.")
        assert f"{name} is gone" in as_text(ended)
        sent = await bot.alice.sees("@podbot", lambda each: bool(each.get("files")))
        assert sent["thread_ts"] == ended["ts"]
        whole = (await bot.alice.reads_file(sent["files"][0])).decode()
        assert len(whole.splitlines()) > 100

    async def test_three_at_once_and_no_more(self, bot: Bot) -> None:
        """The fourth is refused politely, and one that was stopped makes room."""
        for name in bot.pods_of("web")[:3]:
            await bot.alice.types("@podbot", f"logs -f {name} -c app")
            await bot.alice.sees("@podbot", f"Following `{name} · app`")
        await bot.alice.types("#incidents", "/pods logs -f ledger-0 -n payments")
        await bot.alice.sees("#incidents", "You follow 3 logs already, which is the most for one person.")
        message = (await bot.alice.messages("@podbot"))[-1]
        await bot.alice.clicks(message, "Stop")
        await bot.alice.sees("@podbot", "Stopped by you.")
        await bot.alice.types("#incidents", "/pods logs -f ledger-0 -n payments")
        await bot.alice.sees("@podbot", "Following `ledger-0 · postgres`")

    async def test_the_bot_is_stopped(self, bot: Bot) -> None:
        """A follow says that podbot is being restarted, and promises nothing."""
        await bot.alice.types("@podbot", "logs -f deploy/web")
        await bot.alice.sees("@podbot", "Following")
        await bot.stops()
        ended = await bot.alice.sees("@podbot", "podbot is being restarted")
        assert "[ Stop ]" not in as_text(ended)


@pytest.mark.parametrize("typed", ["logs deploy/web", "logs -f deploy/web"])
async def test_a_hanging_cluster(bot: Bot, typed: str) -> None:
    """Nobody waits for ever: what failed is said within ten seconds."""
    bot.cluster.faults.hanging = True
    try:
        await bot.alice.types("#incidents", f"/pods {typed}")
        answer = await bot.alice.sees("#incidents", "does not answer", within=10)
        assert "Nothing was changed." in as_text(answer)
    finally:
        bot.cluster.faults.hanging = False
