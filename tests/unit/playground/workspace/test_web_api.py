"""The Web API as Slack's own client sees it: what is answered, what is refused and with which code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.workspace import Running, Workspace
from bot.playground.workspace.people import ChannelKind
from bot.playground.workspace.wire import ChannelId
from tests.support.people import Person
from tests.unit.playground.workspace.conftest import HandClock

Json = dict[str, Any]
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}


async def refusal(client: AsyncWebClient, method: str, **args: Any) -> str:
    """The code the call is refused with."""
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, json=args)
    return str(caught.value.response["error"])


async def test_auth_test_says_who_is_calling(client: AsyncWebClient) -> None:
    """bolt authorizes by this answer and its scopes header."""
    answer = await client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == ("U01PODBOT", "B01PODBOT", "T01PODBOT")
    assert "chat:write" in answer.headers["X-OAuth-Scopes"]


@pytest.mark.parametrize(
    ("token", "code"),
    [
        pytest.param(None, "not_authed", id="no token"),
        pytest.param("xoxb-wrong", "invalid_auth", id="unknown token"),
        pytest.param("xapp-playground-app", "not_allowed_token_type", id="app token"),
    ],
)
async def test_wrong_tokens_are_refused(running: Running, token: str | None, code: str) -> None:
    """Nothing is answered without the right token."""
    client = AsyncWebClient(token=token, base_url=running.api_url)
    assert await refusal(client, "auth.test") == code


async def test_a_revoked_token_is_refused(workspace: Workspace, client: AsyncWebClient) -> None:
    """Uninstalling the app ends its token."""
    workspace.revoked.add(workspace.app.bot_token)
    assert await refusal(client, "auth.test") == "token_revoked"


async def test_unknown_methods_are_refused(client: AsyncWebClient) -> None:
    """A method Slack does not have is named as such."""
    assert await refusal(client, "chat.shout") == "unknown_method"


async def test_a_missing_scope_is_named(workspace: Workspace, client: AsyncWebClient) -> None:
    """The refusal says what is needed and what was granted."""
    workspace.scopes = frozenset({"users:read"})
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="#alerts", text="x")
    answer = caught.value.response
    assert (answer["error"], answer["needed"], answer["provided"]) == (
        "missing_scope",
        "chat:write",
        "users:read",
    )


async def test_json_and_form_bodies_mean_the_same(running: Running, client: AsyncWebClient) -> None:
    """Blocks come as JSON or as JSON text in a form."""
    await client.chat_postMessage(channel="C02ALERTS", text="as json", blocks=[SECTION])
    form = {"token": "xoxb-playground-bot", "channel": "C02ALERTS", "text": "as form", "blocks": "[]"}
    async with (
        ClientSession() as session,
        session.post(f"{running.api_url}chat.postMessage", data=form) as answer,
    ):
        assert (await answer.json())["ok"] is True
    history = await client.conversations_history(channel="C02ALERTS")
    assert [message["text"] for message in history["messages"]] == ["as form", "as json"]


async def test_stored_messages_carry_what_slack_adds(client: AsyncWebClient) -> None:
    """Ids of blocks and defaults of texts are filled in, text is escaped."""
    posted = await client.chat_postMessage(channel="C02ALERTS", text="a < b", blocks=[SECTION])
    message: Json = posted["message"]
    assert message["text"] == "a &lt; b"
    assert message["blocks"][0]["block_id"]
    assert message["blocks"][0]["text"]["verbatim"] is False
    assert message["bot_id"] == "B01PODBOT"


REFUSED_POSTS: dict[str, tuple[Json, str]] = {
    "unknown channel": ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
    "not a member": ({"channel": "C03GENERAL", "text": "x"}, "not_in_channel"),
    "no channel": ({"text": "x"}, "invalid_arguments"),
    "no text": ({"channel": "C02ALERTS"}, "no_text"),
    "wrong blocks": (
        {"channel": "C02ALERTS", "text": "x", "blocks": [{"type": "section"}]},
        "invalid_blocks",
    ),
}


@pytest.mark.parametrize(("args", "code"), REFUSED_POSTS.values(), ids=REFUSED_POSTS.keys())
async def test_posts_are_refused_with_slacks_codes(client: AsyncWebClient, args: Json, code: str) -> None:
    """A post that Slack would refuse is refused alike."""
    assert await refusal(client, "chat.postMessage", **args) == code


async def test_a_reply_to_what_is_gone_stands_in_the_channel(client: AsyncWebClient) -> None:
    """Slack says nothing of it: only the missing thread in its answer tells."""
    parent = await client.chat_postMessage(channel="C02ALERTS", text="parent")
    await client.chat_delete(channel="C02ALERTS", ts=parent["ts"])
    reply = await client.chat_postMessage(channel="C02ALERTS", text="reply", thread_ts=parent["ts"])
    assert "thread_ts" not in reply["message"]
    history = await client.conversations_history(channel="C02ALERTS")
    assert [message["text"] for message in history["messages"]] == ["reply"]


async def test_an_archived_channel_takes_no_posts(workspace: Workspace, client: AsyncWebClient) -> None:
    """Archived channels are closed for writing."""
    workspace.change_channel(replace(workspace.channel("alerts"), is_archived=True))
    assert await refusal(client, "chat.postMessage", channel="C02ALERTS", text="x") == "is_archived"


async def test_a_private_channel_does_not_exist_for_strangers(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    """A private channel the app is not in cannot be found."""
    workspace.change_channel(replace(workspace.channel("general"), kind=ChannelKind.PRIVATE))
    assert await refusal(client, "chat.postMessage", channel="C03GENERAL", text="x") == "channel_not_found"


async def test_wrong_blocks_are_explained(client: AsyncWebClient) -> None:
    """The refusal carries where and what, in both places Slack puts it."""
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C02ALERTS", text="x", blocks=[{"type": "section"}])
    says = "must define either `text` or `fields` [json-pointer:/blocks/0]"
    assert caught.value.response["errors"] == [says]
    assert caught.value.response["response_metadata"]["messages"] == [f"[ERROR] {says}"]


async def test_posting_too_fast_is_answered_429(
    running: Running, client: AsyncWebClient, clock: HandClock
) -> None:
    """After a short burst a channel takes one post a second; Retry-After tells how long to wait."""
    for number in range(4):
        await client.chat_postMessage(channel="C02ALERTS", text=f"{number}")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel="C02ALERTS", text="too fast")
    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    assert caught.value.response.headers["Retry-After"] == "1"
    await client.chat_postMessage(channel="C01INCIDENTS", text="another channel is not held up")
    clock.pass_seconds(1)
    await client.chat_postMessage(channel="C02ALERTS", text="a second later")


async def test_each_method_has_its_allowance(client: AsyncWebClient, clock: HandClock) -> None:
    """A tier 3 method takes fifty calls a minute."""
    posted = await client.chat_postMessage(channel="C02ALERTS", text="0")
    for number in range(50):
        await client.chat_update(channel="C02ALERTS", ts=posted["ts"], text=f"{number}")
    assert (
        await refusal(client, "chat.update", channel="C02ALERTS", ts=posted["ts"], text="x") == "ratelimited"
    )
    clock.pass_seconds(60)
    await client.chat_update(channel="C02ALERTS", ts=posted["ts"], text="a minute later")


async def test_messages_are_updated_in_place(client: AsyncWebClient, alice: Person) -> None:
    """What is not named stays, but for blocks: text without them, or an empty array, takes them away."""
    metadata = {"event_type": "podbot_incident", "event_payload": {"incident": "1F3K", "deaths": 1}}
    posted = await client.chat_postMessage(
        channel="C02ALERTS", text="one", blocks=[SECTION], metadata=metadata
    )
    message = {"channel": "C02ALERTS", "ts": posted["ts"]}
    other = {"event_type": "podbot_incident", "event_payload": {"incident": "1F3K", "deaths": 2}}
    await client.api_call("chat.update", json={**message, "metadata": other})
    kept = await alice.sees("#alerts", lambda m: m["metadata"] == other)
    assert (kept["text"], kept["blocks"][0]["text"]["text"]) == ("one", "hello")
    assert kept["edited"]
    await client.api_call("chat.update", json={**message, "text": "two"})
    bare = await alice.sees("#alerts", lambda m: m["text"] == "two")
    assert "blocks" not in bare
    assert (bare["metadata"], bare["ts"]) == (other, posted["ts"])
    await client.chat_update(**message, text="three", blocks=[SECTION])
    await client.chat_update(**message, text="four", blocks=[])
    assert "blocks" not in await alice.sees("#alerts", lambda m: m["text"] == "four")


async def test_an_update_takes_less_text_than_a_post(client: AsyncWebClient) -> None:
    """Four thousand characters, as Slack sees them; a post may have more."""
    posted = await client.chat_postMessage(channel="C02ALERTS", text="x" * 4_001)
    message = {"channel": "C02ALERTS", "ts": posted["ts"]}
    assert await refusal(client, "chat.update", **message, text="x" * 4_001) == "msg_too_long"
    await client.chat_update(**message, text="x" * 4_000)


async def test_metadata_is_returned_only_when_asked_for(client: AsyncWebClient) -> None:
    """History leaves metadata out unless told otherwise."""
    metadata = {"event_type": "podbot_incident", "event_payload": {"incident": "1F3K"}}
    await client.chat_postMessage(channel="C02ALERTS", text="x", metadata=metadata)
    plain = await client.conversations_history(channel="C02ALERTS")
    full = await client.conversations_history(channel="C02ALERTS", include_all_metadata=True)
    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"] == metadata


async def test_only_own_messages_may_be_changed(client: AsyncWebClient, alice: Person) -> None:
    """People's messages are theirs; what is not there cannot be changed."""
    sent = await alice.types("#alerts", "mine")
    theirs = {"channel": "C02ALERTS", "ts": sent["ts"]}
    gone = {"channel": "C02ALERTS", "ts": "1.000001"}
    assert await refusal(client, "chat.update", **theirs, text="x") == "cant_update_message"
    assert await refusal(client, "chat.delete", **theirs) == "cant_delete_message"
    assert await refusal(client, "chat.update", **gone, text="x") == "message_not_found"
    assert await refusal(client, "chat.delete", **gone) == "message_not_found"


async def test_nobody_sees_what_is_for_one_person_in_a_thread_without_replies(
    client: AsyncWebClient, alice: Person
) -> None:
    """Slack takes it and shows it nowhere; once somebody has replied it is shown there."""
    parent = await client.chat_postMessage(channel="C02ALERTS", text="parent")
    told = {"channel": "C02ALERTS", "user": "U01ALICE", "thread_ts": parent["ts"]}
    assert (await client.chat_postEphemeral(**told, text="unseen"))["message_ts"]
    assert [each["text"] for each in await alice.messages("#alerts")] == ["parent"]
    await client.chat_postMessage(channel="C02ALERTS", text="reply", thread_ts=parent["ts"])
    await client.chat_postEphemeral(**told, text="seen")
    answer = await alice.sees("#alerts", "seen")
    assert (answer["ephemeral"], answer["thread_ts"]) == (True, parent["ts"])
    assert not [each for each in await alice.messages("#alerts") if each["text"] == "unseen"]


async def test_ephemeral_messages_have_one_reader(client: AsyncWebClient, alice: Person, bob: Person) -> None:
    """Nobody else sees them, history has none, and they cannot be updated."""
    answer = await client.chat_postEphemeral(channel="C02ALERTS", user="U01ALICE", text="for alice")
    await alice.sees("#alerts", lambda m: m["text"] == "for alice" and m["ephemeral"])
    assert await bob.messages("#alerts") == []
    assert (await client.conversations_history(channel="C02ALERTS"))["messages"] == []
    changed = {"channel": "C02ALERTS", "ts": answer["message_ts"], "text": "x"}
    assert await refusal(client, "chat.update", **changed) == "message_not_found"


async def test_ephemeral_messages_need_both_in_the_channel(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    """The reader must be a member, and so must the app."""
    alerts = workspace.channel("alerts")
    workspace.change_channel(replace(alerts, members=alerts.members - {"U03SAM"}))
    to_sam = {"channel": "C02ALERTS", "user": "U03SAM", "text": "x"}
    assert await refusal(client, "chat.postEphemeral", **to_sam) == "user_not_in_channel"
    assert (
        await refusal(client, "chat.postEphemeral", **{**to_sam, "channel": "C03GENERAL"}) == "not_in_channel"
    )


async def test_threads_are_kept_apart(client: AsyncWebClient, alice: Person) -> None:
    """Replies are in the thread, not in the history, and counted at their parent."""
    parent = await client.chat_postMessage(channel="C02ALERTS", text="parent")
    reply = await client.chat_postMessage(channel="C02ALERTS", text="reply", thread_ts=parent["ts"])
    history = await client.conversations_history(channel="C02ALERTS")
    thread = await client.conversations_replies(channel="C02ALERTS", ts=parent["ts"])
    assert [message["text"] for message in history["messages"]] == ["parent"]
    assert [message["text"] for message in thread["messages"]] == ["parent", "reply"]
    assert (await alice.sees("#alerts", "parent"))["reply_count"] == 1
    link = await client.chat_getPermalink(channel="C02ALERTS", message_ts=reply["ts"])
    assert f"thread_ts={parent['ts']}" in link["permalink"]
    await client.chat_delete(channel="C02ALERTS", ts=parent["ts"])
    assert (await alice.sees("#alerts", "deleted"))["deleted"] is True


async def test_direct_messages_are_opened_by_user(client: AsyncWebClient, alice: Person, bob: Person) -> None:
    """Posting to the opened channel, or to the user's id, reaches that person alone."""
    opened = await client.conversations_open(users="U01ALICE")
    await client.chat_postMessage(channel=opened["channel"]["id"], text="psst")
    await client.chat_postMessage(channel="U01ALICE", text="again")
    await alice.sees("@podbot", "again")
    names = [channel["id"] for channel in (await bob.state())["channels"]]
    assert opened["channel"]["id"] not in names


async def test_files_are_uploaded_in_three_steps(client: AsyncWebClient, alice: Person) -> None:
    """A file lands in its thread with its bytes, its comment and a preview."""
    parent = await client.chat_postMessage(channel="C02ALERTS", text="parent")
    log = b"line 1\nline 2 <tag>\n"
    await client.files_upload_v2(
        channel="C02ALERTS",
        thread_ts=parent["ts"],
        filename="web-1.log",
        content=log,
        title="The log of web-1",
        initial_comment="The last lines",
    )
    message = await alice.sees("#alerts", "The last lines")
    assert message["thread_ts"] == parent["ts"]
    file = message["files"][0]
    assert (file["title"], file["size"], file["preview"]) == ("The log of web-1", len(log), log.decode())
    assert await alice.reads_file(file) == log


async def test_an_unfinished_upload_is_not_shared(client: AsyncWebClient) -> None:
    """Without bytes there is no file, and not into channels the app is not in."""
    given = await client.files_getUploadURLExternal(filename="a.txt", length=5)
    files = [{"id": given["file_id"], "title": "a"}]
    method = "files.completeUploadExternal"
    assert await refusal(client, method, files=files, channel_id="C02ALERTS") == "file_not_found"
    assert await refusal(client, method, files=files, channel_id="C03GENERAL") == "not_in_channel"


async def test_people_and_groups_can_be_read(workspace: Workspace, client: AsyncWebClient) -> None:
    """Users, groups and channels are what the demo's world says."""
    workspace.scopes = workspace.scopes | {"channels:read"}
    assert (await client.users_info(user="U01ALICE"))["user"]["name"] == "alice"
    assert len((await client.users_list())["members"]) == 4
    assert (await client.usergroups_list())["usergroups"][0]["handle"] == "oncall"
    assert (await client.usergroups_users_list(usergroup="S01ONCALL"))["users"] == ["U01ALICE"]
    assert (await client.conversations_info(channel="C02ALERTS"))["channel"]["is_member"] is True
    assert "U02BOB" in (await client.conversations_members(channel="C02ALERTS"))["members"]
    mine = await client.users_conversations()
    assert {channel["name"] for channel in mine["channels"]} == {"incidents", "alerts"}
    assert (await client.bots_info(bot="B01PODBOT"))["bot"]["user_id"] == "U01PODBOT"
    assert await refusal(client, "users.info", user="U0NOBODY") == "user_not_found"


async def test_long_lists_come_in_pages(workspace: Workspace, client: AsyncWebClient) -> None:
    """Each page names the next one until the end."""
    workspace.scopes = workspace.scopes | {"channels:read"}
    names: list[str] = []
    async for page in await client.conversations_list(limit=2):
        names += [channel["name"] for channel in page["channels"]]
    assert sorted(names) == ["alerts", "general", "incidents"]
    assert await refusal(client, "conversations.list", cursor="!!") == "invalid_cursor"


async def test_history_needs_membership_and_scope(workspace: Workspace, client: AsyncWebClient) -> None:
    """Reading a channel takes the scope of its kind and being in it."""
    assert await refusal(client, "conversations.history", channel="C03GENERAL") == "not_in_channel"
    workspace.scopes = workspace.scopes - {"channels:history"}
    assert await refusal(client, "conversations.history", channel="C02ALERTS") == "missing_scope"


async def test_joining_lets_the_app_post(workspace: Workspace, client: AsyncWebClient) -> None:
    """An app with the scope for it may join a public channel by itself."""
    assert await refusal(client, "conversations.join", channel="C03GENERAL") == "missing_scope"
    workspace.scopes = workspace.scopes | {"channels:join"}
    await client.conversations_join(channel="C03GENERAL")
    await client.chat_postMessage(channel="C03GENERAL", text="hello")
    assert workspace.app.user_id in workspace.channels[ChannelId("C03GENERAL")].members


async def test_reactions_come_and_go(workspace: Workspace, client: AsyncWebClient) -> None:
    """A reaction can be given once and taken back once."""
    workspace.scopes = workspace.scopes | {"reactions:write"}
    posted = await client.chat_postMessage(channel="C02ALERTS", text="x")
    target = {"channel": "C02ALERTS", "timestamp": posted["ts"], "name": "eyes"}
    await client.api_call("reactions.add", json=target)
    assert await refusal(client, "reactions.add", **target) == "already_reacted"
    history = await client.conversations_history(channel="C02ALERTS")
    assert history["messages"][0]["reactions"][0]["count"] == 1
    await client.api_call("reactions.remove", json=target)
    assert await refusal(client, "reactions.remove", **target) == "no_reaction"


async def test_the_home_tab_guards_against_races(client: AsyncWebClient, alice: Person) -> None:
    """A publication with an old hash is refused; what is published is shown."""
    home = {"type": "home", "blocks": [SECTION]}
    first = await client.views_publish(user_id="U01ALICE", view=home)
    old = first["view"]["hash"]
    await client.views_publish(user_id="U01ALICE", view=home, hash=old)
    assert await refusal(client, "views.publish", user_id="U01ALICE", view=home, hash=old) == "hash_conflict"
    await alice.home("hello")


async def test_a_modal_needs_a_fresh_trigger(
    workspace: Workspace, client: AsyncWebClient, clock: HandClock
) -> None:
    """A trigger is good once and for three seconds; a refused view does not use it up."""
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "Hi"}, "blocks": [SECTION]}
    alice_id = workspace.user("U01ALICE").id
    used, old = workspace.triggers.issue(alice_id), workspace.triggers.issue(alice_id)
    assert await refusal(client, "views.open", trigger_id=used, view={"type": "modal"}) == "invalid_arguments"
    opened = await client.views_open(trigger_id=used, view=modal)
    assert await refusal(client, "views.open", trigger_id=used, view=modal) == "exchanged_trigger_id"
    clock.pass_seconds(3.1)
    assert await refusal(client, "views.open", trigger_id=old, view=modal) == "expired_trigger_id"
    assert await refusal(client, "views.open", trigger_id="1.2.x", view=modal) == "invalid_trigger_id"
    view_id, mark = opened["view"]["id"], opened["view"]["hash"]
    await client.views_update(view_id=view_id, view=modal, hash=mark)
    assert await refusal(client, "views.update", view_id=view_id, view=modal, hash=mark) == "hash_conflict"
    assert await refusal(client, "views.update", view_id="V0", view=modal) == "not_found"


async def test_modals_stack_three_high(workspace: Workspace, client: AsyncWebClient) -> None:
    """A fourth modal on top of three is refused."""
    modal = {"type": "modal", "title": {"type": "plain_text", "text": "Hi"}, "blocks": [SECTION]}
    alice_id = workspace.user("U01ALICE").id
    await client.views_open(trigger_id=workspace.triggers.issue(alice_id), view=modal)
    for _ in range(2):
        await client.views_push(trigger_id=workspace.triggers.issue(alice_id), view=modal)
    too_many = {"trigger_id": workspace.triggers.issue(alice_id), "view": modal}
    assert await refusal(client, "views.push", **too_many) == "push_limit_reached"


ODD_CALLS: dict[str, tuple[str, Json, str]] = {
    "text that is an object": (
        "chat.postMessage",
        {"channel": "C02ALERTS", "text": {"a": 1}},
        "invalid_arguments",
    ),
    "channel that is a list": ("chat.postMessage", {"channel": [], "text": "x"}, "invalid_arguments"),
    "limit that is no number": ("conversations.list", {"limit": "many"}, "invalid_arguments"),
    "limit below one": ("conversations.list", {"limit": -1}, "invalid_limit"),
    "unknown type of channel": ("conversations.list", {"types": "secret"}, "invalid_types"),
    "scope of another type": ("conversations.list", {"types": "im"}, "missing_scope"),
    "history from nonsense": (
        "conversations.history",
        {"channel": "C02ALERTS", "oldest": "x"},
        "invalid_ts_oldest",
    ),
    "replies to nothing": (
        "conversations.replies",
        {"channel": "C02ALERTS", "ts": "1.0"},
        "thread_not_found",
    ),
    "open with nobody": ("conversations.open", {}, "invalid_arguments"),
    "open with a bot": ("conversations.open", {"users": "U01PODBOT"}, "cannot_dm_bot"),
    "open with two": (
        "conversations.open",
        {"users": "U01ALICE,U02BOB"},
        "method_not_supported_for_channel_type",
    ),
    "view that is no JSON": ("views.open", {"trigger_id": "x", "view": "{"}, "invalid_arguments"),
    "view missing": ("views.open", {"trigger_id": "x"}, "invalid_arguments"),
    "update of no view": ("views.update", {"view": {}}, "invalid_arguments"),
    "another bot": ("bots.info", {"bot": "B0OTHER"}, "bot_not_found"),
    "unknown group": ("usergroups.users.list", {"usergroup": "S0"}, "no_such_subteam"),
    "permalink of nothing": (
        "chat.getPermalink",
        {"channel": "C02ALERTS", "message_ts": "1.0"},
        "message_not_found",
    ),
    "empty upload": ("files.getUploadURLExternal", {"filename": "a", "length": 0}, "invalid_arguments"),
    "huge upload": (
        "files.getUploadURLExternal",
        {"filename": "a", "length": 10**9},
        "file_upload_size_restricted",
    ),
    "a picture described at length": (
        "files.getUploadURLExternal",
        {"filename": "a.png", "length": 1, "alt_txt": "x" * 1_001},
        "alt_txt_too_large",
    ),
    "no files": ("files.completeUploadExternal", {"files": []}, "invalid_arguments"),
}


@pytest.mark.parametrize(("method", "args", "code"), ODD_CALLS.values(), ids=ODD_CALLS.keys())
async def test_odd_calls_are_refused(
    workspace: Workspace, client: AsyncWebClient, method: str, args: Json, code: str
) -> None:
    """Arguments that make no sense have their codes too."""
    workspace.scopes = workspace.scopes | {"channels:read"}
    assert await refusal(client, method, **args) == code


async def test_bodies_must_be_json_objects(running: Running) -> None:
    """A JSON body that is none is refused before anything else."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer xoxb-playground-bot"}
    async with ClientSession() as session:
        for body, code in (("{", "invalid_json"), ("[]", "json_not_object")):
            async with session.post(f"{running.api_url}auth.test", data=body, headers=headers) as answer:
                assert (await answer.json())["error"] == code


async def test_history_can_be_narrowed(client: AsyncWebClient) -> None:
    """Between two moments, with or without the ends, a page at a time."""
    sent = [(await client.chat_postMessage(channel="C02ALERTS", text=f"{n}"))["ts"] for n in range(4)]
    between = {"channel": "C02ALERTS", "oldest": sent[0], "latest": sent[3]}
    inner = await client.conversations_history(**between)
    outer = await client.conversations_history(**between, inclusive=True)
    first = await client.conversations_history(channel="C02ALERTS", limit=1)
    assert [message["text"] for message in inner["messages"]] == ["2", "1"]
    assert [message["text"] for message in outer["messages"]] == ["3", "2", "1", "0"]
    assert (first["has_more"], bool(first["response_metadata"]["next_cursor"])) == (True, True)


async def test_people_are_found_by_mail(workspace: Workspace, client: AsyncWebClient) -> None:
    """Looking up by mail takes its own scope."""
    assert await refusal(client, "users.lookupByEmail", email="bob@example.com") == "missing_scope"
    workspace.scopes = workspace.scopes | {"users:read.email"}
    assert (await client.users_lookupByEmail(email="bob@example.com"))["user"]["id"] == "U02BOB"
    assert await refusal(client, "users.lookupByEmail", email="x@example.com") == "users_not_found"
