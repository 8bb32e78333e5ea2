"""What people say to podbot and what comes back, over Slack's own protocol."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from bot.errors import ClusterUnreachable
from bot.model.answers import Answer
from bot.model.commands import Command, GetLogs, Help, ListPods
from bot.model.log_answers import LogExcerpt
from bot.playground.workspace import AppSettings, Workspace, demo_settings
from tests.support.clock import START
from tests.support.drawing import as_text
from tests.support.told_deletions import UID
from tests.unit.slack.conftest import ALICE, Bench, podbot_in, until


async def logs(command: Command) -> Answer:
    """A log with enough in it for a file."""
    assert isinstance(command, GetLogs)
    return LogExcerpt(
        asked=command,
        pod="web-1",
        uid=UID,
        container="app",
        other_containers=(),
        previous=False,
        previous_by_itself=False,
        has_previous=False,
        lines=tuple(f"{n} served" for n in range(2_000)),
        masked=0,
        cut=False,
        read_at=START,
    )


async def test_a_slash_command_is_answered_for_the_asker_alone(bench: Bench) -> None:
    """What Alice asks is answered where she asked, and Bob sees none of it."""
    await bench.alice.types("#incidents", "/pods help")
    answer = await bench.alice.sees("#incidents", "logs")
    assert answer["ephemeral"]
    assert await bench.bob.messages("#incidents") == []
    [(asker, command)] = bench.pods.asked
    assert command == Help()
    assert (asker.person.id, asker.person.full_member, asker.channel) == (ALICE, True, "C01INCIDENTS")
    assert asker.person.usergroups == {"S01ONCALL"}


async def test_the_twin_command_does_the_same(bench: Bench) -> None:
    """`/kubectl` speaks the same grammar."""
    await bench.alice.types("#general", "/kubectl get pods -n cart")
    await bench.alice.sees("#general", lambda message: message.get("ephemeral", False))
    assert bench.pods.asked[0][1] == ListPods(namespace="cart")


async def test_a_mention_in_a_thread_is_answered_in_the_thread(bench: Bench) -> None:
    """Incidents live in threads, where slash commands do not work."""
    root = await bench.alice.types("#incidents", "web is down")
    await bench.alice.types("#incidents", "hey @podbot help list", thread=root)
    answer = await bench.alice.sees("#incidents", lambda message: message.get("ephemeral", False))
    assert answer["thread_ts"] == root["ts"]
    assert bench.pods.asked[0][1] == Help(topic="list")


async def test_a_direct_message_needs_no_mention(bench: Bench) -> None:
    """Between the two of us, a command is enough."""
    await bench.alice.types("@podbot", "whoami")
    await bench.alice.sees("@podbot", lambda message: message.get("ephemeral", False))


async def test_what_is_misunderstood_is_explained(bench: Bench) -> None:
    """A typo comes back with what was probably meant."""
    await bench.alice.types("#incidents", "/pods lisst")
    await bench.alice.sees("#incidents", "list")
    assert bench.pods.asked == []


async def test_ten_thousand_characters_are_answered(bench: Bench) -> None:
    """Whatever is pasted into a command gets an answer that Slack takes."""
    await bench.alice.types("#incidents", "/pods " + "x`<!channel>" * 1_000)
    answer = await bench.alice.sees("#incidents", lambda message: message.get("ephemeral", False))
    assert len(as_text(answer)) < 1_000


async def test_an_error_for_people_is_told(bench: Bench) -> None:
    """An unreachable cluster is said in the service's own words."""

    async def unreachable(_: Command) -> Answer:
        raise ClusterUnreachable("prod-eu does not answer (timed out after 8 s).")

    bench.pods.on_run = unreachable
    await bench.alice.types("#incidents", "/pods list")
    await bench.alice.sees("#incidents", "prod-eu does not answer")


async def test_an_error_for_nobody_shows_its_id(bench: Bench) -> None:
    """A mistake of ours shows an id that is in the log with the traceback, and nothing of its text."""

    async def broken(_: Command) -> Answer:
        raise KeyError("secret")

    bench.pods.on_run = broken
    with capture_logs() as lines:
        await bench.alice.types("#incidents", "/pods list")
        answer = await bench.alice.sees("#incidents", "R000")
    assert "secret" not in as_text(answer)
    [line] = [line for line in lines if line["event"] == "request_failed"]
    assert line["request"] == "R000"
    assert isinstance(line["exc_info"], KeyError)


async def test_a_hanging_service_is_acknowledged_at_once_and_answered() -> None:
    """Slack gets its acknowledgement in time, the person an answer when patience ends."""

    async def hang(_: Command) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    async with podbot_in(Workspace(demo_settings()), patience=0.5) as bench:
        bench.pods.on_run = hang
        began = asyncio.get_running_loop().time()
        await bench.alice.types("#incidents", "/pods list")
        assert asyncio.get_running_loop().time() - began < 0.45
        await bench.alice.sees("#incidents", "gave up waiting")


async def test_more_than_enough_requests_are_refused_politely() -> None:
    """Beyond the bound, people are told to come back, and those inside are not disturbed."""
    gate = asyncio.Event()

    async def wait(_: Command) -> Answer:
        await gate.wait()
        raise ClusterUnreachable("it waited")

    async with podbot_in(Workspace(demo_settings()), most_at_once=1) as bench:
        bench.pods.on_run = wait
        await bench.alice.types("#incidents", "/pods list")
        await bench.bob.types("#incidents", "/pods list")
        await bench.bob.sees("#incidents", "busy with 1 requests")
        gate.set()
        await bench.alice.sees("#incidents", "it waited")


async def test_stopping_lets_requests_end_and_answers_the_rest() -> None:
    """What runs when podbot stops may end; what does not end is cut off and said to be."""

    async def hang(_: Command) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    async with podbot_in(Workspace(demo_settings())) as bench:
        bench.pods.on_run = hang
        await bench.alice.types("#incidents", "/pods list")
        await until(lambda: bool(bench.pods.asked))
        await bench.intake.drain(0.1)
        await bench.alice.sees("#incidents", "did not finish")
        await bench.bob.types("#incidents", "/pods list")
        await bench.bob.sees("#incidents", "being restarted. Nothing was changed")


async def test_a_long_answer_comes_as_a_file_in_direct_messages(bench: Bench) -> None:
    """An ephemeral message holds no file: it links to the one in the direct messages."""
    bench.pods.on_run = logs
    await bench.alice.types("#incidents", "/pods logs web-1")
    answer = await bench.alice.sees("#incidents", "In full")
    assert answer["ephemeral"]
    sent = await bench.alice.sees("@podbot", lambda message: bool(message.get("files")))
    content = await bench.alice.reads_file(sent["files"][0])
    assert b"0 served" in content
    assert b"1999 served" in content


async def test_a_missing_scope_for_files_is_said() -> None:
    """Without `files:write` the answer comes all the same and says what it lacks."""
    scopes = AppSettings().scopes - {"files:write"}
    podbot = demo_settings().app
    settings = demo_settings(app=AppSettings(user_id=podbot.user_id, commands=podbot.commands, scopes=scopes))
    async with podbot_in(Workspace(settings)) as bench:
        bench.pods.on_run = logs
        await bench.alice.types("#incidents", "/pods logs web-1")
        await bench.alice.sees("#incidents", "files:write")
        assert bench.identity.missing_scopes <= {"files:write"}


async def test_share_shows_the_answer_to_all(bench: Bench) -> None:
    """Share asks again, with the permissions of the one who pressed, and says who it was."""
    bench.pods.on_run = logs
    await bench.alice.types("#incidents", "/pods logs web-1")
    await bench.alice.clicks(await bench.alice.sees("#incidents", "served"), "Share")
    shared = await bench.bob.sees("#incidents", "Shared by")
    assert "Share ]" not in as_text(shared)
    await bench.bob.sees("#incidents", lambda message: bool(message.get("files")))
    assert [asker.person.id for asker, _ in bench.pods.asked] == [ALICE, ALICE]


async def test_share_works_where_podbot_is_no_member(bench: Bench) -> None:
    """In a channel without podbot, the answer goes by the address that came with the click."""
    bench.pods.on_run = logs
    await bench.alice.types("#general", "/pods logs web-1")
    await bench.alice.clicks(await bench.alice.sees("#general", "served"), "Share")
    shared = await bench.bob.sees("#general", "Shared by")
    assert "The file is not here" in as_text(shared)


async def test_a_button_of_another_version_is_answered(bench: Bench) -> None:
    """An old message's button says what to do instead of nothing."""
    posted = await bench.client.chat_postMessage(
        channel="C01INCIDENTS",
        text="old",
        blocks=[
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Old"},
                        "action_id": "reboot:0",
                        "value": "{}",
                    }
                ],
            }
        ],
    )
    message = await bench.alice.sees("#incidents", lambda message: message["ts"] == posted["ts"])
    await bench.alice.clicks(message, "Old")
    answer = await bench.alice.sees("#incidents", "another version")
    assert answer["ephemeral"]
