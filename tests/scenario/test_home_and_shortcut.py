"""The Home tab and the message shortcut, as people use them in the demo's workspace."""

from __future__ import annotations

from tests.scenario.bots import Bot, Json, a_bot
from tests.support.people import as_text, view_as_text


async def _breaks(bot: Bot) -> str:
    """A pod of the shop's web crashes again and again; gives its name."""
    name = bot.pods_of("web")[0]
    await bot.cluster.play("crash-loop", namespace="shop", name=name)

    async def look() -> bool | None:
        shown = view_as_text(await bot.alice.home())
        return (name in shown) or None

    await bot.alice.until(look)
    return name


async def _home(bot: Bot, wanted: str) -> Json:
    return await bot.alice.home(wanted)


class TestHome:
    async def test_what_is_broken_and_what_one_may_do(self, bot: Bot) -> None:
        """Broken pods first, then one's rules, then the bot's own health."""
        quiet = view_as_text(await _home(bot, "Nothing that you may see is broken"))
        assert "role on-call: " in quiet
        assert "Watch: in step with the cluster" in quiet
        assert "Slack: connected" in quiet

        name = await _breaks(bot)

        shown = view_as_text(await _home(bot, name))
        assert "1 pod broken" in shown
        assert shown.index(name) < shown.index("What you may do") < shown.index("podbot itself")

    async def test_a_press_is_answered_in_a_window(self, bot: Bot) -> None:
        """There is no channel to answer in; what is pressed inside the window is answered inside it."""
        name = await _breaks(bot)
        home = await _home(bot, name)

        await bot.alice.clicks(home, "Describe")
        window = await bot.alice.sees_view(name)
        assert "[ Logs ]" in view_as_text(window)

        await bot.alice.clicks(window, "Logs")
        assert "[ Describe ]" in view_as_text(await bot.alice.sees_view("current run"))

    async def test_who_may_nothing_sees_nothing(self, bot: Bot) -> None:
        """Neither pods nor their number."""
        name = await _breaks(bot)
        shown = view_as_text(await bot.sam.home("podbot itself"))
        assert name not in shown
        assert "you may list none of them" in shown.replace("`", "")
        assert "No rule of the policy holds for you" in shown

    async def test_ones_own_commands(self, bot: Bot) -> None:
        """One's own only, newest first, and reading ones can be asked again."""
        await bot.alice.types("#incidents", "/pods list -n payments")
        await bot.alice.sees("#incidents", "payments")
        await bot.bob.types("#incidents", "/pods list -n batch")
        await bot.bob.sees("#incidents", "batch")

        home = await _home(bot, "What you asked lately")

        assert "/pods list -n payments" in view_as_text(home)
        assert "batch" not in view_as_text(home).split("What you may do")[0]
        await bot.alice.chooses(home, "Ask again", "list -n payments")
        await bot.alice.sees_view("ledger-0")

    async def test_refresh(self, bot: Bot) -> None:
        """The tab is published anew."""
        home = await _home(bot, "Nothing that you may see is broken")
        await bot.alice.types("#incidents", "/pods list -n payments")
        await bot.alice.sees("#incidents", "payments")
        await bot.alice.clicks(home, "Refresh")

        async def look() -> bool | None:
            return "list -n payments" in view_as_text(bot.alice.home_view or {}) or None

        await bot.alice.until(look)

    async def test_many_broken_pods_fit(self, bot: Bot) -> None:
        """All of a lost node's pods at once stay within Slack's limits; the rest is a button away."""
        for name in [pod["metadata"]["name"] for pod in bot.cluster.pods()]:
            pod = next(each for each in bot.cluster.pods() if each["metadata"]["name"] == name)
            if pod["status"]["phase"] == "Running":
                await bot.cluster.play("crash-loop", namespace=pod["metadata"]["namespace"], name=name)

        async def look() -> Json | None:
            home = await bot.alice.home()
            return home if "more" in view_as_text(home) else None

        home = await bot.alice.until(look)
        assert len(home["blocks"]) <= 100
        assert sum(each["type"] == "actions" for each in home["blocks"]) >= 15


class TestShortcut:
    async def test_an_alert_is_asked_about_in_its_thread(self, bot: Bot) -> None:
        """The dialog begins with what the alert's own buttons know; the answer is the asker's alone."""
        await bot.cluster.play("oom-kill", namespace="payments", name="ledger-1")
        alert = await bot.sees_alert("OOMKilled", "ledger")
        await bot.bob.types("#alerts", "again?", thread=alert)
        await bot.alice.sees("#alerts", "again?")

        await bot.alice.shortcut(alert, "Ask podbot")
        dialog = await bot.alice.sees_view("Ask podbot")
        begun = dialog["blocks"][0]["element"]["initial_value"]
        assert begun.startswith("logs ledger-1 -n payments")

        await bot.alice.fills({"Command": "describe ledger-1 -n payments"})
        assert await bot.alice.submits() == {}
        answer = await bot.alice.sees("#alerts", lambda each: "postgres" in as_text(each) and _private(each))
        assert answer["thread_ts"] == alert["ts"]
        await bot.alice.sees_no_view()

    async def test_a_name_in_anybodys_message(self, bot: Bot) -> None:
        """A pod that the asker may list is known by its name, with its namespace.

        Nobody has replied: in the message's thread Slack would show the answer to nobody.
        """
        name = bot.pods_of("web")[1]
        sent = await bot.bob.types("#incidents", f"why is {name} slow?")
        message = await bot.alice.sees("#incidents", "slow?")
        assert sent["ok"]

        await bot.alice.shortcut(message, "Ask podbot")
        dialog = await bot.alice.sees_view("Ask podbot")
        begun = dialog["blocks"][0]["element"]["initial_value"]
        assert begun == f"logs {name} -n shop"
        await bot.alice.fills({"Command": begun})
        await bot.alice.submits()
        answer = await bot.alice.sees("#incidents", lambda each: "read" in as_text(each) and _private(each))
        assert "thread_ts" not in answer

    async def test_a_mistake_stays_in_the_dialog(self, bot: Bot) -> None:
        """What is no command is said beside the input."""
        await bot.bob.types("#incidents", "hello")
        message = await bot.alice.sees("#incidents", "hello")
        await bot.alice.shortcut(message, "Ask podbot")
        dialog = await bot.alice.sees_view("Ask podbot")
        assert "initial_value" not in dialog["blocks"][0]["element"]
        await bot.alice.fills({"Command": "lsit"})
        (mistake,) = (await bot.alice.submits()).values()
        assert "Did you mean list?" in mistake

    async def test_permissions_hold_there_too(self, bot: Bot) -> None:
        """The shortcut gives nobody more than the command would."""
        await bot.bob.types("#incidents", "ledger-0 again")
        message = await bot.sam.sees("#incidents", "ledger-0 again")
        await bot.sam.shortcut(message, "Ask podbot")
        dialog = await bot.sam.sees_view("Ask podbot")
        assert "initial_value" not in dialog["blocks"][0]["element"]
        await bot.sam.fills({"Command": "logs ledger-0 -n payments"})
        await bot.sam.submits()
        await bot.sam.sees("#incidents", "You may not read `logs` in `payments`")

    async def test_where_podbot_is_no_member(self, bot: Bot) -> None:
        """The answer comes by the address that Slack gave with the shortcut."""
        await bot.bob.types("#general", "hello")
        message = await bot.alice.sees("#general", "hello")
        await bot.alice.shortcut(message, "Ask podbot")
        await bot.alice.sees_view("Ask podbot")
        await bot.alice.fills({"Command": "whoami"})
        await bot.alice.submits()
        answer = await bot.alice.sees("#general", "You are")
        assert "thread_ts" not in answer


class TestMentions:
    async def test_in_a_thread(self, bot: Bot) -> None:
        """Slash commands do not work in threads; mentions do, labelled or not."""
        await bot.bob.types("#incidents", "look at this")
        root = await bot.alice.sees("#incidents", "look at this")
        await bot.alice.types("#incidents", "@podbot list -n payments", thread=root)
        answer = await bot.alice.sees("#incidents", "ledger-0")
        assert answer["thread_ts"] == root["ts"]

    async def test_words_before_it_are_a_greeting(self, bot: Bot) -> None:
        """What counts stands behind the mention."""
        await bot.alice.types("#incidents", "hey @podbot whoami")
        await bot.alice.sees("#incidents", "You are")


def _private(message: Json) -> bool:
    return bool(message.get("ephemeral"))


async def test_home_without_a_cluster() -> None:
    """The tab says so, and is there all the same."""
    async with a_bot(cluster={"PODBOT_KUBE_API_URL": "http://127.0.0.1:9"}, started=False) as bot:
        await bot.starts()
        await bot.alice.sees_bot(connected=True)
        shown = view_as_text(await bot.alice.home("podbot itself"))
        assert "This may be old" in shown
        assert "Watch: in step" not in shown
