"""Clicks, choices, modals and shortcuts, from a person at the page to a real bolt app and back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.workspace import Running, Workspace
from tests.support.people import Person, Refusal, as_text, person, view_as_text
from tests.unit.playground.workspace.conftest import HandClock, bolt_app, connected

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Json:
    return {"text": plain(value.title()), "value": value}


CONFIRM = {
    "title": plain("Sure?"),
    "text": plain("It will be gone."),
    "confirm": plain("Yes"),
    "deny": plain("No"),
}
DELETE = {
    "type": "button",
    "text": plain("Delete"),
    "action_id": "delete",
    "value": "shop/web-1",
    "style": "danger",
    "confirm": CONFIRM,
}
MENU = {
    "type": "static_select",
    "action_id": "silence",
    "placeholder": plain("Silence"),
    "options": [option("hour"), option("day")],
}
MORE = {"type": "overflow", "action_id": "more", "options": [option("describe"), option("events")]}
BLOCKS: list[Json] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "web-1 died"}, "accessory": MORE},
    {"type": "actions", "block_id": "acts", "elements": [DELETE, MENU]},
]
MODAL = {
    "type": "modal",
    "callback_id": "delete_pod",
    "private_metadata": "uid-1",
    "notify_on_close": True,
    "title": plain("Delete web-1"),
    "submit": plain("Delete"),
    "close": plain("Cancel"),
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": plain("Reason"),
            "element": {"type": "plain_text_input", "action_id": "text", "min_length": 3, "max_length": 40},
        },
        {
            "type": "input",
            "block_id": "grace",
            "optional": True,
            "label": plain("Grace"),
            "element": {**MENU, "action_id": "pick", "placeholder": plain("Default")},
        },
    ],
}


async def test_a_click_carries_all_that_slack_sends(
    running: Running, client: AsyncWebClient, alice: Person
) -> None:
    """Message, container, channel, state and the button's own value arrive; the message is replaced."""
    app, got = bolt_app(running), []

    @app.action("delete")
    async def delete(ack: Any, body: Json, respond: Any) -> None:
        got.append(body)
        await ack()
        await respond(text="deleted", replace_original=True)

    posted = await client.chat_postMessage(channel="C02ALERTS", text="web-1 died", blocks=BLOCKS)
    async with connected(running, app):
        await alice.clicks(await alice.sees("#alerts", "web-1 died"), "Delete")
        replaced = await alice.sees("#alerts", "deleted")
    assert (replaced["ts"], alice.confirmed) == (posted["ts"], ["It will be gone."])
    body = got[0]
    action = body["actions"][0]
    assert (action["value"], action["block_id"], action["type"]) == ("shop/web-1", "acts", "button")
    assert body["message"]["ts"] == body["container"]["message_ts"] == posted["ts"]
    assert body["channel"] == {"id": "C02ALERTS", "name": "alerts"}
    assert body["user"]["id"] == "U01ALICE"
    assert body["state"]["values"]["acts"]["silence"] == {"type": "static_select", "selected_option": None}


async def test_choices_are_whole_options_and_stay_in_the_state(
    running: Running, client: AsyncWebClient, alice: Person
) -> None:
    """A select and an overflow menu send the option; the select's choice is in the next action's state."""
    app, got = bolt_app(running), []

    async def take(ack: Any, body: Json) -> None:
        got.append(body)
        await ack()

    for action_id in ("silence", "more"):
        app.action(action_id)(take)
    await client.chat_postMessage(channel="C02ALERTS", text="x", blocks=BLOCKS)
    async with connected(running, app):
        message = await alice.sees("#alerts", "web-1 died")
        await alice.chooses(message, "Silence", "Hour")
        await alice.chooses(message, "more", "Events")
    assert [body["actions"][0]["selected_option"]["value"] for body in got] == ["hour", "events"]
    assert got[1]["state"]["values"]["acts"]["silence"]["selected_option"]["value"] == "hour"


async def test_answers_to_an_ephemeral_message_replace_it(
    running: Running, alice: Person, bob: Person
) -> None:
    """An ephemeral message is changed only through its response URL, and is not sent along."""
    app, got = bolt_app(running), []

    @app.command("/pods")
    async def pods(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="private", blocks=BLOCKS)

    @app.action("delete")
    async def delete(ack: Any, body: Json, respond: Any) -> None:
        got.append(body)
        await ack()
        await respond(text="gone now", replace_original=True)
        await respond(text="said aloud", response_type="in_channel", replace_original=False)

    async with connected(running, app):
        await alice.types("#incidents", "/pods delete web-1")
        first = await alice.sees("#incidents", "web-1 died")
        await alice.clicks(first, "Delete")
        second = await alice.sees("#incidents", "gone now")
        await bob.sees("#incidents", "said aloud")
    assert (second["ts"], second["ephemeral"]) == (first["ts"], True)
    assert got[0]["container"]["is_ephemeral"] is True
    assert "message" not in got[0]
    assert [as_text(message) for message in await bob.messages("#incidents")] == ["said aloud"]


async def test_a_modal_is_opened_filled_and_submitted(
    running: Running, client: AsyncWebClient, alice: Person
) -> None:
    """Required inputs are asked for, the app's own errors are shown, and the values arrive."""
    app, got = bolt_app(running), []

    @app.action("delete")
    async def delete(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("delete_pod")
    async def submitted(ack: Any, view: Json) -> None:
        reason = view["state"]["values"]["reason"]["text"]["value"]
        got.append(view)
        if reason == "because":
            await ack(response_action="errors", errors={"reason": "Say more."})
        else:
            await ack()

    await client.chat_postMessage(channel="C02ALERTS", text="x", blocks=BLOCKS)
    async with connected(running, app):
        await alice.clicks(await alice.sees("#alerts", "web-1 died"), "Delete")
        view = await alice.sees_view("Delete web-1")
        assert view_as_text(view).splitlines()[-1] == "[ Delete ] [ Cancel ]"
        assert await alice.submits() == {"reason": "Please complete this required field."}
        await alice.fills({"Reason": "no"})
        assert await alice.submits() == {"reason": "Please enter at least 3 characters."}
        await alice.fills({"Reason": "because"})
        assert await alice.submits() == {"reason": "Say more."}
        await alice.fills({"Reason": "stuck on a stale lock", "Grace": "Hour"})
        assert await alice.submits() == {}
        await alice.sees_no_view()
    values = got[-1]["state"]["values"]
    assert values["grace"]["pick"]["selected_option"]["value"] == "hour"
    assert got[-1]["private_metadata"] == "uid-1"


async def test_a_submission_may_change_what_is_open(running: Running, alice: Person) -> None:
    """The app may update the modal, push another, and clear them all; closing is told when asked for."""
    app, closed = bolt_app(running), asyncio.Queue[str]()
    step = {**MODAL, "blocks": [{"type": "section", "text": plain("step")}]}

    @app.shortcut("podbot_ask")
    async def ask(ack: Any, body: Json, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view={**step, "callback_id": "one"})

    @app.view("one")
    async def one(ack: Any) -> None:
        await ack(response_action="update", view={**step, "callback_id": "two", "title": plain("Two")})

    @app.view("two")
    async def two(ack: Any) -> None:
        await ack(response_action="push", view={**step, "callback_id": "three", "title": plain("Three")})

    @app.view("three")
    async def three(ack: Any) -> None:
        await ack(response_action="clear")

    @app.view_closed("three")
    async def view_closed(ack: Any, body: Json) -> None:
        await ack()
        await closed.put(body["view"]["callback_id"])

    async with connected(running, app):
        await alice.types("#incidents", "look at this")
        await alice.shortcut(await alice.sees("#incidents", "look at this"), "Ask podbot")
        await alice.sees_view("Delete web-1")
        await alice.submits()
        await alice.sees_view("Two")
        await alice.submits()
        await alice.sees_view("Three")
        await alice.closes()
        await alice.sees_view("Two")
        assert await asyncio.wait_for(closed.get(), 5) == "three"
        await alice.submits()
        await alice.sees_view("Three")
        await alice.submits()
        await alice.sees_no_view()


async def test_options_are_loaded_while_typing(
    running: Running, client: AsyncWebClient, alice: Person
) -> None:
    """An external select asks the app."""
    app = bolt_app(running)
    menu = {"type": "external_select", "action_id": "pod", "placeholder": plain("Pod"), "min_query_length": 1}

    @app.options("pod")
    async def options(ack: Any, payload: Json) -> None:
        await ack(options=[option(f"{payload['value']}-1"), option(f"{payload['value']}-2")])

    chosen = asyncio.Queue[str]()

    @app.action("pod")
    async def pod(ack: Any, action: Json) -> None:
        await ack()
        await chosen.put(action["selected_option"]["value"])

    await client.chat_postMessage(
        channel="C02ALERTS", text="which", blocks=[{"type": "actions", "elements": [menu]}]
    )
    async with connected(running, app):
        message = await alice.sees("#alerts", "Pod")
        offered = await alice.suggestions(message, "Pod", "web")
        assert [each["value"] for each in offered] == ["web-1", "web-2"]
        await alice.suggestions(message, "Pod", "")
        session_body = {"type": "external_select", "selected_option": offered[1]}
        block = message["blocks"][0]
        await alice.acts(message, block, block["elements"][0], session_body)
        assert await asyncio.wait_for(chosen.get(), 5) == "web-2"


async def test_the_home_tab_is_published_when_opened(running: Running, alice: Person) -> None:
    """Opening the Home tab tells the app, whose view is then shown, buttons and all."""
    app, pressed = bolt_app(running), asyncio.Queue[Json]()

    @app.event("app_home_opened")
    async def opened(event: Json, client: Any) -> None:
        button = {"type": "button", "text": plain("Refresh"), "action_id": "refresh"}
        blocks = [{"type": "header", "text": plain("All is well")}, {"type": "actions", "elements": [button]}]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    @app.action("refresh")
    async def refresh(ack: Any, body: Json) -> None:
        await ack()
        await pressed.put(body)

    async with connected(running, app):
        home = await alice.home("All is well")
        await alice.clicks(home, "Refresh")
        body = await asyncio.wait_for(pressed.get(), 5)
    assert (body["container"]["type"], body["view"]["type"]) == ("view", "home")


async def test_controls_that_are_gone_are_refused(
    workspace: Workspace, client: AsyncWebClient, alice: Person
) -> None:
    """A click on what was replaced meanwhile, or on another's message, does not reach the app."""
    posted = await client.chat_postMessage(channel="C02ALERTS", text="web-1 died", blocks=BLOCKS)
    message = await alice.sees("#alerts", "web-1 died")
    await client.chat_update(channel="C02ALERTS", ts=posted["ts"], text="fine", blocks=[])
    with pytest.raises(Refusal, match="element_not_found"):
        await alice.clicks(message, "Delete")
    await client.chat_delete(channel="C02ALERTS", ts=posted["ts"])
    with pytest.raises(Refusal, match="message_not_found"):
        await alice.clicks(message, "Delete")


async def test_a_choice_that_is_not_offered_is_refused(client: AsyncWebClient, alice: Person) -> None:
    """The page cannot make up options."""
    await client.chat_postMessage(channel="C02ALERTS", text="x", blocks=BLOCKS)
    message = await alice.sees("#alerts", "web-1 died")
    block = message["blocks"][1]
    with pytest.raises(Refusal, match="invalid_option"):
        await alice.acts(message, block, block["elements"][1], {"selected_option": option("year")})


async def test_an_unanswered_click_is_told(client: AsyncWebClient, alice: Person) -> None:
    """With no app there the person learns that nothing happened."""
    await client.chat_postMessage(channel="C02ALERTS", text="x", blocks=BLOCKS)
    await alice.clicks(await alice.sees("#alerts", "web-1 died"), "Delete")
    await alice.sees_notice("dispatch_failed")


async def test_response_urls_wear_out(running: Running, clock: HandClock) -> None:
    """Five answers within thirty minutes; a refused answer costs nothing."""
    app, urls = bolt_app(running), []

    @app.command("/pods")
    async def pods(ack: Any, command: Json) -> None:
        urls.append(command["response_url"])
        await ack()

    async with connected(running, app), person(running.url, "U01ALICE") as alice:
        await alice.types("#general", "/pods list")
        await alice.types("#general", "/pods list")
        async with ClientSession() as session:

            async def answer(url: str, body: Any) -> tuple[int, str]:
                async with session.post(url, json=body) as response:
                    return response.status, await response.text()

            status, text = await answer(urls[0], {"blocks": [{"type": "nope"}]})
            assert (status, "invalid_blocks" in text) == (400, True)
            assert await answer(urls[0], ["x"]) == (400, '{"ok": false, "error": "invalid_payload"}')
            for number in range(5):
                assert await answer(urls[0], {"text": f"answer {number}"}) == (200, "ok")
            assert await answer(urls[0], {"text": "one more"}) == (404, '{"ok": false, "error": "used_url"}')
            clock.pass_seconds(30 * 60 + 1)
            assert await answer(urls[1], {"text": "late"}) == (404, '{"ok": false, "error": "expired_url"}')
            assert (await answer(urls[1] + "x", {"text": "wrong"}))[0] == 404
        # The app is no member of #general: a response URL reaches it all the same.
        assert [message["text"] for message in await alice.messages("#general")] == [
            f"answer {number}" for number in range(5)
        ]


async def test_an_original_can_be_deleted(running: Running, client: AsyncWebClient, alice: Person) -> None:
    """delete_original takes the message acted on away."""
    app = bolt_app(running)

    @app.action("delete")
    async def delete(ack: Any, respond: Any) -> None:
        await ack()
        await respond(delete_original=True)

    await client.chat_postMessage(channel="C02ALERTS", text="x", blocks=BLOCKS)
    async with connected(running, app):
        await alice.clicks(await alice.sees("#alerts", "web-1 died"), "Delete")
        await alice.sees_nothing("#alerts")


async def test_a_late_trigger_is_refused(running: Running, alice: Person, clock: HandClock) -> None:
    """Three seconds after the command its trigger is worth nothing."""
    app, codes = bolt_app(running), asyncio.Queue[str]()

    @app.command("/pods")
    async def pods(ack: Any, command: Json, client: Any) -> None:
        await ack()
        clock.pass_seconds(3.5)
        try:
            await client.views_open(trigger_id=command["trigger_id"], view=MODAL)
        except SlackApiError as error:
            await codes.put(error.response["error"])

    async with connected(running, app):
        await alice.types("#incidents", "/pods delete web-1")
        assert await asyncio.wait_for(codes.get(), 5) == "expired_trigger_id"
