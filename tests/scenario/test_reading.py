"""Looking at pods: what people type and press, and what they see."""

from __future__ import annotations

import pytest

from tests.scenario.bots import Bot, Json, a_bot
from tests.support.people import as_text
from tests.support.waiting import eventually


def table(message: Json) -> list[list[str]]:
    """The cells of a message's table, headings first."""
    (block,) = [each for each in message["blocks"] if each["type"] == "table"]
    return [
        [
            cell["text"]
            if cell["type"] == "raw_text"
            else "".join(leaf["text"] for part in cell["elements"] for leaf in part["elements"])
            for cell in row
        ]
        for row in block["rows"]
    ]


class TestList:
    async def test_the_namespace_of_the_context(self, bot: Bot) -> None:
        """`/pods list` shows the pods of the context's namespace, to the asker alone."""
        await bot.alice.types("#incidents", "/pods list")
        answer = await bot.alice.sees("#incidents", "10 pods")
        assert answer["ephemeral"]
        heading, *rows = table(answer)
        assert heading == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
        assert [row[0] for row in rows] == sorted(pod["metadata"]["name"] for pod in bot.cluster.pods("shop"))
        assert await bot.bob.messages("#incidents") == []

    @pytest.mark.parametrize(
        ("typed", "columns", "rows"),
        [
            pytest.param("list -n payments", "NAME", 5, id="namespace"),
            pytest.param("list -A", "NAMESPACE", 20, id="all-namespaces"),
            pytest.param("get pods -l app=web -n shop", "NAME", 5, id="selector"),
            pytest.param("get po -n shop -l 'app in (web,cart)'", "NAME", 7, id="set-selector"),
            pytest.param("ls --namespace=batch", "NAME", 2, id="long-flag"),
        ],
    )
    async def test_flags(self, bot: Bot, typed: str, columns: str, rows: int) -> None:
        """kubectl's flags choose the pods."""
        await bot.alice.types("#incidents", f"/kubectl {typed}")
        heading, *found = table(await bot.alice.sees("#incidents", f"{rows} pods"))
        assert heading[0] == columns
        assert len(found) == rows

    async def test_wide(self, bot: Bot) -> None:
        """`-o wide` adds address and node, as kubectl names them."""
        await bot.alice.types("#incidents", "/pods get pods -o wide -n payments")
        heading, first, *_ = table(await bot.alice.sees("#incidents", "NOMINATED NODE"))
        assert heading[-4:] == ["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]
        assert first[6].startswith("worker-")

    async def test_broken_only_by_flag_and_by_button(self, bot: Bot) -> None:
        """What is ill comes alone, and the way back is a button; both replace the answer in place."""
        await bot.cluster.play("image-name")
        await bot.sees_alert("ImagePull", "web")
        await eventually(lambda: len(bot.pods_of("web")) == 7)
        await bot.alice.types("#incidents", "/pods list")
        answer = await bot.alice.sees("#incidents", "[ Broken only ]")
        assert len(table(answer)) == 13
        await bot.alice.clicks(answer, "Broken only")
        broken = await bot.alice.sees("#incidents", "not healthy, worst first")
        assert {row[2] for row in table(broken)[1:]} == {"InvalidImageName"}
        await bot.alice.clicks(broken, "All")
        await bot.alice.sees("#incidents", lambda each: len(table(each)) == 13)
        assert len(await bot.alice.messages("#incidents")) == 1

    async def test_wide_by_button(self, bot: Bot) -> None:
        """A press changes the answer in its place."""
        await bot.alice.types("#incidents", "/pods list")
        await bot.alice.clicks(await bot.alice.sees("#incidents", "10 pods"), "Wide")
        wide = await bot.alice.sees("#incidents", "NODE")
        await bot.alice.clicks(wide, "Narrow")
        await bot.alice.sees("#incidents", lambda each: "NODE" not in as_text(each))
        assert len(await bot.alice.messages("#incidents")) == 1

    async def test_paging(self, bot: Bot) -> None:
        """More rows than a page holds are leafed through in place; every pod is on one page."""
        for _ in range(25):
            await bot.cluster.play("bare-done")
        await bot.alice.types("#incidents", "/pods list -A")
        everything = await bot.alice.sees("#incidents", "1-30 of 45")
        assert len(table(everything)) == 31
        await bot.alice.clicks(everything, "Next")
        rest = await bot.alice.sees("#incidents", "31-45 of 45")
        assert len(table(rest)) == 16
        await bot.alice.clicks(rest, "Previous")
        await bot.alice.sees("#incidents", "1-30 of 45")

    async def test_share(self, bot: Bot) -> None:
        """Share says the same to everybody, with who shared it, and without a further Share."""
        await bot.alice.types("#incidents", "/pods list -n payments")
        await bot.alice.clicks(await bot.alice.sees("#incidents", "5 pods"), "Share")
        shared = await bot.bob.sees("#incidents", "<@U01ALICE>")
        assert "ephemeral" not in shared
        assert "ledger-0" in as_text(shared)
        assert "[ Share ]" not in as_text(shared)


class TestOnePod:
    async def test_from_the_list_by_its_menu_to_its_log(self, bot: Bot) -> None:
        """Typing one command is enough: the rest of the way is pressed."""
        name = bot.pods_of("web")[0]
        await bot.alice.types("#incidents", "/pods list")
        await bot.alice.chooses(await bot.alice.sees("#incidents", "10 pods"), "Choose a pod", name)
        card = await bot.alice.sees("#incidents", f"`{name}` · shop · Running")
        await bot.alice.clicks(card, "Logs")
        log = await bot.alice.sees("#incidents", "current run")
        assert log["ephemeral"]
        await bot.alice.clicks(card, "Describe")
        await bot.alice.sees("#incidents", "`deployment/web` will start another.")

    async def test_logs_of_the_previous_run(self, bot: Bot) -> None:
        """`-p` reads the run before; the last words of the dead are in it."""
        await bot.cluster.play("oom-kill")
        await bot.sees_alert("OOMKilled", "web")
        killed = next(
            pod["metadata"]["name"]
            for pod in bot.cluster.pods("shop", app="web")
            if pod["status"]["containerStatuses"][0]["restartCount"] > 0
            and "terminated" in pod["status"]["containerStatuses"][0]["lastState"]
        )
        await bot.alice.types("#incidents", f"/kubectl logs {killed} -c app --previous --tail=3 -n shop")
        answer = await bot.alice.sees("#incidents", "previous run")
        assert "heap" in as_text(answer)
        assert "3 lines" in as_text(answer)

    async def test_a_long_log_is_a_file(self, bot: Bot) -> None:
        """The end is inline; everything is in a file that only the asker gets."""
        await bot.alice.types("#incidents", "/pods logs ledger-0 -n payments --tail=-1")
        answer = await bot.alice.sees("#incidents", "all in the file")
        assert "In full:" in as_text(answer)
        sent = await bot.alice.sees("@podbot", lambda each: bool(each.get("files")))
        whole = (await bot.alice.reads_file(sent["files"][0])).decode()
        assert len(whole.splitlines()) > 25

    async def test_since_and_the_other_container(self, bot: Bot) -> None:
        """A pod of two containers offers the other one in a menu."""
        name = bot.pods_of("api", "payments")[0]
        await bot.alice.types("#incidents", f"/pods logs {name} -n payments --since=1h -c app")
        answer = await bot.alice.sees("#incidents", "in the last 1h")
        await bot.alice.chooses(answer, "Other container", "proxy")
        await bot.alice.sees("#incidents", f"`{name}` · proxy")

    async def test_describe_with_events(self, bot: Bot) -> None:
        """The state, why, and the events of this very pod."""
        await bot.cluster.play("image-name")
        await bot.sees_alert("ImagePull", "web")
        stuck = next(
            pod["metadata"]["name"]
            for pod in bot.cluster.pods("shop", app="web")
            if pod["status"]["phase"] == "Pending"
        )
        await bot.alice.types("#incidents", f"/pods describe {stuck}")
        answer = as_text(await bot.alice.sees("#incidents", "InvalidImageName"))
        assert "invalid reference format" in answer
        assert "InspectFailed" in answer


class TestWaysToAsk:
    async def test_a_mention_in_a_thread(self, bot: Bot) -> None:
        """Slash commands do not work in threads; a mention does, and is answered there."""
        await bot.bob.types("#incidents", "checkout is slow")
        started = await bot.alice.sees("#incidents", "checkout is slow")
        await bot.alice.types("#incidents", "@podbot list -n payments", thread=started)
        answer = await bot.alice.sees("#incidents", "5 pods")
        assert answer["thread_ts"] == started["ts"]
        assert answer["ephemeral"]
        await bot.alice.clicks(answer, "Share")
        shared = await bot.bob.sees("#incidents", "Shared by")
        assert shared["thread_ts"] == started["ts"]

    async def test_a_direct_message(self, bot: Bot) -> None:
        """Between the two of them no mention is needed."""
        await bot.alice.types("@podbot", "whoami")
        await bot.alice.sees("@podbot", "`U01ALICE` · full member · groups S01ONCALL")

    @pytest.mark.parametrize("typed", ["/pods", "/pods help", "/kubectl --help"])
    async def test_help(self, bot: Bot, typed: str) -> None:
        """Help needs no permission."""
        await bot.sam.types("#incidents", typed)
        await bot.sam.sees("#incidents", "`/pods delete`")

    async def test_one_namespace_served(self) -> None:
        """With PODBOT_NAMESPACES the bot serves and watches those alone."""
        async with a_bot(settings={"PODBOT_NAMESPACES": "payments"}) as bot:
            await bot.alice.types("#incidents", "/pods list")
            await bot.alice.sees("#incidents", "5 pods")
            await bot.alice.types("#incidents", "/pods list -n shop")
            await bot.alice.sees("#incidents", "podbot serves only payments here.")
            await bot.cluster.play("oom-kill")
            await bot.cluster.play("one-of-two")
            await bot.sees_alert("Error", "api")
            await bot.stops()
            assert len(await bot.alerts()) == 1
