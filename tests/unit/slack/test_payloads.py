"""Slack's payloads, read: which messages speak to the bot, and what a chosen message holds."""

from __future__ import annotations

from typing import Any

import pytest

from bot.model.people import ChannelId, MessageTs, UserId
from bot.slack import payloads, picked
from bot.slack.place import Place

BOT = UserId("U01PODBOT")


def event(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "app_mention", "channel": "C01", "ts": "1.2", "user": "U01ALICE", "text": text, **more}


@pytest.mark.parametrize(
    ("text", "command"),
    [
        pytest.param("<@U01PODBOT> list", " list", id="at-the-start"),
        pytest.param("<@U01PODBOT|podbot> list", " list", id="labelled"),
        pytest.param("hey <@U01PODBOT>: list", ": list", id="behind-a-greeting"),
        pytest.param("<@U02BOB> and <@U01PODBOT> list", " list", id="not-the-first-mention"),
        pytest.param("list", "list", id="no-mention-in-direct-messages"),
    ],
)
def test_what_is_said_to_the_bot(text: str, command: str) -> None:
    """What stands behind the mention."""
    said = payloads.message(event(text, thread_ts="1.0"), BOT)
    assert said is not None
    assert said.text == command
    assert said.place == Place(user=UserId("U01ALICE"), channel=ChannelId("C01"), thread=MessageTs("1.0"))


@pytest.mark.parametrize("subtype", ["thread_broadcast", "file_share", "me_message"])
def test_however_a_person_says_it(subtype: str) -> None:
    """A reply that the channel sees as well, or a message with a file, is a command like any other."""
    said = payloads.message(event("<@U01PODBOT> list", subtype=subtype), BOT)
    assert said is not None
    assert said.text == " list"


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"bot_id": "B1"}, id="another-bot"),
        pytest.param({"user": BOT}, id="itself"),
        pytest.param({"subtype": "message_changed"}, id="edit-in-direct-messages"),
        pytest.param({"edited": {"user": "U01ALICE", "ts": "1.3"}}, id="edited-mention"),
        pytest.param({"user": ""}, id="nobody"),
    ],
)
def test_what_is_not(more: dict[str, Any]) -> None:
    """Only people's new messages count: an edit would run its command a second time."""
    assert payloads.message(event("<@U01PODBOT> list", **more), BOT) is None


def test_home() -> None:
    """The messages tab of the same place is no Home."""
    assert payloads.home_opened({"user": "U01ALICE", "tab": "home"}) == "U01ALICE"
    assert payloads.home_opened({"user": "U01ALICE", "tab": "messages"}) is None


@pytest.mark.parametrize(
    ("view", "in_view", "window"),
    [
        pytest.param(None, False, "", id="message"),
        pytest.param({"id": "V1", "type": "home"}, True, "", id="home"),
        pytest.param({"id": "V2", "type": "modal"}, True, "V2", id="modal"),
    ],
)
def test_where_something_was_pressed(view: dict[str, str] | None, *, in_view: bool, window: str) -> None:
    """In a message, on the Home tab, or in a window that can show the answer."""
    body: dict[str, Any] = {"user": {"id": "U1"}, "actions": [{"action_id": "a", "value": "v"}]}
    click = payloads.click(body if view is None else body | {"view": view})
    assert (click.in_view, click.window) == (in_view, window)


def test_a_chosen_message() -> None:
    """All that it says, wherever it says it, and its buttons; the answer belongs into its thread."""
    button = {
        "type": "button",
        "action_id": "logs:0",
        "value": "{}",
        "text": {"type": "plain_text", "text": "Logs"},
    }
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "from a block"}}
    message = {
        "ts": "1.5",
        "text": "plain",
        "blocks": [section, {"type": "actions", "elements": [button]}],
        "attachments": [{"fallback": "from an attachment", "fields": [{"title": "pod", "value": "web-1"}]}],
    }
    body = {
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "message": message,
        "trigger_id": "t",
        "response_url": "https://hooks.example/1",
    }
    chosen = picked.shortcut(body)
    assert chosen.text.split("\n") == [
        "plain",
        "from a block",
        "Logs",
        "from an attachment",
        "pod",
        "web-1",
    ]
    assert chosen.buttons == (("logs:0", "{}"),)
    assert (chosen.place.thread, chosen.place.response_url) == ("1.5", "https://hooks.example/1")


@pytest.mark.parametrize(
    ("message", "thread", "private"),
    [
        pytest.param({}, "1.5", None, id="no thread"),
        pytest.param({"thread_ts": "1.5", "reply_count": 2}, "1.5", "1.5", id="with replies"),
        pytest.param({"thread_ts": "1.5"}, "1.5", "1.5", id="with replies that nobody counted"),
        pytest.param({"thread_ts": "1.5", "reply_count": 0}, "1.5", None, id="whose replies are deleted"),
        pytest.param({"thread_ts": "1.0"}, "1.0", "1.0", id="a reply"),
    ],
)
def test_the_thread_of_a_chosen_message(message: dict[str, Any], thread: str, private: str | None) -> None:
    """Where nobody has replied, Slack shows nothing that is for one person alone."""
    body = {"user": {"id": "U1"}, "channel": {"id": "C1"}, "message": {"ts": "1.5", **message}}
    place = picked.shortcut(body).place
    assert (place.thread, place.private_thread) == (thread, private)
