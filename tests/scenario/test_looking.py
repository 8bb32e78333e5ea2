"""Finding pods, files of them, events, use: what people type and see. And when the cluster hangs."""

from __future__ import annotations

import asyncio
import json

import yaml

from tests.scenario.bots import Bot, Json
from tests.scenario.test_reading import table
from tests.support.people import WITHIN, as_text
from tests.support.waiting import eventually

ACKNOWLEDGED_WITHIN = 0.3
ANSWERED_WITHIN = 10.0


async def asks(bot: Bot, typed: str, wanted: str) -> Json:
    await bot.alice.types("#incidents", typed)
    return await bot.alice.sees("#incidents", wanted)


async def file_of(bot: Bot) -> str:
    sent = await bot.alice.sees("@podbot", lambda each: bool(each.get("files")))
    return (await bot.alice.reads_file(sent["files"][0])).decode()


class TestFinding:
    async def test_by_fields_sorted_and_by_name(self, bot: Bot) -> None:
        """The API server chooses, podbot sorts, names may be several."""
        answer = await asks(bot, "/kubectl get pods -A --field-selector=status.phase=Succeeded", "2 pods")
        assert {row[3] for row in table(answer)[1:]} == {"Completed"}
        answer = await asks(bot, "/pods list --sort-by=restarts -o wide", "by restarts")
        assert table(answer)[1][3].startswith("1 (")
        answer = await asks(bot, "/pods get deploy/cart pod/nothing -n shop", "Not found")
        assert "2 pods" in as_text(answer)

    async def test_by_text(self, bot: Bot) -> None:
        """An image, wherever it runs."""
        answer = await asks(bot, "/pods find payments/api:3.8.2", "2 pods with")
        assert {row[0] for row in table(answer)[1:]} == {"payments"}

    async def test_by_address_now_and_after_the_pods_end(self, bot: Bot) -> None:
        """The address in a stack trace still finds its pod when it is gone."""
        pod = bot.cluster.pods("shop", app="web")[0]
        name, address = pod["metadata"]["name"], pod["status"]["podIP"]
        answer = await asks(bot, f"/pods list --ip {address}", "1 pod now")
        assert table(answer)[1][1] == name
        await bot.cluster.play("delete", namespace="shop", name=name)
        await eventually(lambda: name not in bot.pods_of("web"))
        gone = await asks_again(
            bot, f"/pods list --ip {address}", f"`{name}` (shop) of deployment/web had it"
        )
        assert "until" in as_text(gone)

    async def test_what_is_broken_with_its_last_exit(self, bot: Bot) -> None:
        """And how often it restarted in the last hour."""
        await bot.cluster.play("crash-loop")
        await bot.sees_alert("Error", "web")
        answer = await asks_again(bot, "/pods list --broken", "CrashLoopBackOff")
        heading, first, *_ = table(answer)
        assert heading[4:6] == ["LAST HOUR", "LAST EXIT"]
        assert int(first[4]) >= 1
        assert first[5].split()[0].isdigit()


async def asks_again(bot: Bot, typed: str, wanted: str, *, within: float = WITHIN) -> Json:
    """Ask until the answer says it, where it takes the cluster a moment."""
    async with asyncio.timeout(within):
        while True:
            before = len(await bot.alice.messages("#incidents"))
            await bot.alice.types("#incidents", typed)
            await eventually_more(bot, before)
            last = (await bot.alice.messages("#incidents"))[-1]
            if wanted in as_text(last):
                return last


async def eventually_more(bot: Bot, than: int) -> None:
    async def look() -> bool | None:
        return True if len(await bot.alice.messages("#incidents")) > than else None

    await bot.alice.until(look)


class TestFiles:
    async def test_a_manifest_without_secrets(self, bot: Bot) -> None:
        """As YAML it comes to the asker alone, in a file."""
        name = bot.pods_of("web")[0]
        await asks(bot, f"/kubectl get pod {name} -o yaml", "as YAML")
        pod = yaml.safe_load(await file_of(bot))
        assert (pod["kind"], pod["metadata"]["name"]) == ("Pod", name)
        assert "managedFields" not in pod["metadata"]

    async def test_a_list_as_json(self, bot: Bot) -> None:
        """Several pods are a List."""
        await asks(bot, "/kubectl get pods -n payments -o json", "5 pods as JSON")
        assert len(json.loads(await file_of(bot))["items"]) == 5


class TestEventsAndUse:
    async def test_events_of_a_namespace_and_of_a_pod(self, bot: Bot) -> None:
        """Newest first, warnings in bold, narrowed by a button."""
        await bot.cluster.play("crash-loop")
        await bot.sees_alert("Error", "web")
        answer = await asks_again(bot, "/pods events -n shop", "BackOff")
        await bot.alice.clicks(answer, "Warnings only")
        await bot.alice.sees(
            "#incidents", lambda each: "[ All ]" in as_text(each) and "BackOff" in as_text(each)
        )
        await asks(bot, "/kubectl get events -n shop", "BackOff")

    async def test_use(self, bot: Bot) -> None:
        """`top` prints what `kubectl top` prints, and `describe` says how near it is to the limit."""
        answer = await asks(bot, "/kubectl top pods -n shop --sort-by=memory --sum", "10 pods")
        heading, *rows, last = table(answer)
        assert heading == ["NAME", "CPU(cores)", "MEMORY(bytes)"]
        sizes = [int(row[2].removesuffix("Mi")) for row in rows]
        assert sizes == sorted(sizes, reverse=True)
        assert last[0] == "Total"
        name = bot.pods_of("web")[0]
        described = as_text(await asks(bot, f"/pods describe {name}", "of its limit"))
        assert "readiness: GET" in described
        assert "`cache` (emptyDir) goes with it" in described
        assert "revision 1" in described

    async def test_a_cluster_that_measures_nothing(self, bot: Bot) -> None:
        """It is said, and describe goes on without."""
        bot.cluster.faults.without_metrics = True
        await asks(bot, "/pods top", "does not serve metrics.k8s.io (the metrics server)")
        name = bot.pods_of("web")[0]
        described = as_text(await asks(bot, f"/pods describe {name}", "`deployment/web` will start another."))
        assert "of its limit" not in described


HANGING = (
    "list",
    "list -A --broken",
    "describe web",
    "events -n shop",
    "top",
    "find web",
    "get pods -o yaml",
)


async def test_a_hanging_cluster(bot: Bot) -> None:
    """Commands are acknowledged at once all the same, and answered with what failed within ten seconds."""
    bot.cluster.faults.hanging = True
    began = asyncio.get_running_loop().time()
    for typed in HANGING:
        asked = asyncio.get_running_loop().time()
        await bot.alice.types("#incidents", f"/pods {typed}")  # returns when Slack has the acknowledgement
        assert asyncio.get_running_loop().time() - asked < ACKNOWLEDGED_WITHIN

    async def all_answered() -> list[str] | None:
        answers = [as_text(each) for each in await bot.alice.messages("#incidents")]
        return answers if len(answers) == len(HANGING) else None

    answers = await bot.alice.until(all_answered, within=ANSWERED_WITHIN)
    assert asyncio.get_running_loop().time() - began < ANSWERED_WITHIN
    bot.cluster.faults.hanging = False
    for answer in answers:
        assert "does not answer (timed out after 8 s). Nothing was changed." in answer
