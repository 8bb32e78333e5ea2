"""Interactions: clicks, choices, modals and shortcuts, from the person to the app and its answer back."""

from __future__ import annotations

from dataclasses import dataclass

from bot.playground.workspace.delivery.parcels import Answer, Outcome, ParcelKind
from bot.playground.workspace.inputs import (
    STATE_KEYS,
    acted,
    entered,
    find_element,
    state_values,
    unfinished,
)
from bot.playground.workspace.message_state import MessageState
from bot.playground.workspace.messages import Message
from bot.playground.workspace.payloads import channel_json, envelope, message_json, view_json
from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.response_urls import Origin
from bot.playground.workspace.rules.blocks import Surface
from bot.playground.workspace.rules.views import check_view
from bot.playground.workspace.runtime import Runtime
from bot.playground.workspace.views import View
from bot.playground.workspace.wire import Json, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One element of a surface, as the page names it, with what the person chose there."""

    block_id: str
    action_id: str
    given: Json

    def holds(self, element: Json, choice: Json) -> Json:
        """What the element holds after this choice, in the shape of `state.values`."""
        return {self.block_id: {self.action_id: {"type": element["type"], **choice}}}


class Interactions:
    """Carries what people do on messages and views to the app."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._workspace = runtime.workspace
        self._state = MessageState()

    async def act_on_message(self, user_id: UserId, message: Message, control: Control) -> None:
        """A click or choice in a message: `block_actions` with message, channel, state and response_url."""
        element = find_element(message.blocks, control.block_id, control.action_id)
        choice = acted(element, control.given)
        if element["type"] in STATE_KEYS:
            self._state.record(message, user_id, control.holds(element, choice))
        place = self._message_place(user_id, message)
        values = state_values(message.blocks, self._state.of(message, user_id))
        await self._send_action(user_id, element, control, choice, {**place, "state": {"values": values}})

    def _message_place(self, user_id: UserId, message: Message) -> Json:
        """Where an action on a message happened; an ephemeral message is not sent along, as in Slack."""
        channel = self._workspace.channels[message.channel]
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": message.channel,
            "is_ephemeral": message.ephemeral_to is not None,
        }
        if message.thread_ts is not None:
            container["thread_ts"] = message.thread_ts
        place: Json = {"container": container, "channel": channel_json(channel)}
        if message.ephemeral_to is None:
            place["message"] = message_json(self._workspace, message, base_url=self._runtime.base_url)
        return {**place, "response_url": self._response_url(user_id, message)}

    def _response_url(self, user_id: UserId, message: Message) -> str:
        return self._runtime.base_url + self._workspace.response_urls.issue(
            Origin.ACTION,
            channel=message.channel,
            user=user_id,
            source=message.ts,
            thread_ts=message.thread_ts if message.is_reply else None,
        )

    async def act_on_view(self, user_id: UserId, view: View, control: Control) -> None:
        """A click or choice in a modal or Home tab: `block_actions` with the view and its state."""
        element = find_element(view.definition["blocks"], control.block_id, control.action_id)
        choice = acted(element, control.given)
        if element["type"] in STATE_KEYS:
            view = self._workspace.views.fill(view, control.holds(element, choice))
        container = {"type": "view", "view_id": view.id}
        shown = view_json(self._workspace, view)
        await self._send_action(user_id, element, control, choice, {"container": container, "view": shown})

    async def _send_action(
        self, user_id: UserId, element: Json, control: Control, choice: Json, place: Json
    ) -> None:
        action = {
            "type": element["type"],
            "action_id": control.action_id,
            "block_id": control.block_id,
            "action_ts": self._workspace.messages.new_ts(),
            **choice,
        }
        payload = {**envelope(self._workspace, "block_actions", user_id), **place, "actions": [action]}
        answer = await self._runtime.courier.ask(ParcelKind.INTERACTION, payload)
        self._report(user_id, answer, "The app did not take the click")

    async def suggest(self, user_id: UserId, place: Message | View, control: Control, typed: str) -> Json:
        """The options of an external select for what the person typed: `block_suggestion`."""
        on_message = isinstance(place, Message)
        element = find_element(
            place.blocks if isinstance(place, Message) else place.definition["blocks"],
            control.block_id,
            control.action_id,
        )
        where = (
            self._message_place(user_id, place)
            if isinstance(place, Message)
            else {
                "container": {"type": "view", "view_id": place.id},
                "view": view_json(self._workspace, place),
            }
        )
        if on_message:
            del where["response_url"]
        payload = {
            **envelope(self._workspace, "block_suggestion", user_id),
            **where,
            "action_id": control.action_id,
            "block_id": control.block_id,
            "value": typed,
        }
        del payload["trigger_id"]
        if len(typed) < element.get("min_query_length", 3):
            return {"options": []}
        answer = await self._runtime.courier.ask(ParcelKind.INTERACTION, payload, takes_answer=True)
        self._report(user_id, answer, "The options could not be loaded")
        return {name: answer.body[name] for name in ("options", "option_groups") if name in answer.body}

    async def submit(self, user_id: UserId, view: View, given: Json) -> dict[str, str]:
        """Submits a modal; returns the errors to show at its inputs, none when it went through."""
        blocks = view.definition["blocks"]
        view = self._workspace.views.fill(view, entered(blocks, given))
        errors = unfinished(blocks, state_values(blocks, view.values))
        if errors:
            return errors
        payload = {
            **envelope(self._workspace, "view_submission", user_id),
            "view": view_json(self._workspace, view),
            "response_urls": [],
        }
        answer = await self._runtime.courier.ask(ParcelKind.INTERACTION, payload, takes_answer=True)
        if self._report(user_id, answer, "We had some trouble connecting. Try again?"):
            return {}
        return self._follow(user_id, view, answer.body)

    def _follow(self, user_id: UserId, view: View, body: Json) -> dict[str, str]:
        """Does what the app's `response_action` says; without one the modal closes."""
        action = body.get("response_action")
        views = self._workspace.views
        if action == "errors" and isinstance(body.get("errors"), dict):
            return {str(block): str(text) for block, text in body["errors"].items()}
        try:
            if action in ("update", "push"):
                check_view(body.get("view"), Surface.MODAL)
                if action == "update":
                    views.update(view, body["view"])
                else:
                    views.push(user_id, body["view"])
            elif action == "clear":
                views.clear(user_id)
            elif views.find(view_id=view.id) is not None:
                views.close(view)
        except Refused as refused:
            self._workspace.notify(user_id, f"The app's answer could not be shown ({refused.code})")
        self.show_top(user_id)
        return {}

    async def close(self, user_id: UserId, view: View) -> None:
        """Closes a modal without submitting it; the app hears of it if the view asked for that."""
        cleared = bool(view.definition.get("clear_on_close"))
        if cleared:
            self._workspace.views.clear(user_id)
        else:
            self._workspace.views.close(view)
        self.show_top(user_id)
        if view.definition.get("notify_on_close"):
            payload = {
                **envelope(self._workspace, "view_closed", user_id),
                "view": view_json(self._workspace, view),
                "is_cleared": cleared,
            }
            del payload["trigger_id"]
            await self._runtime.courier.ask(ParcelKind.INTERACTION, payload)

    def show_top(self, user_id: UserId) -> None:
        """Shows the person's topmost modal, or none."""
        view = self._workspace.views.top(user_id)
        shown = None if view is None else view_json(self._workspace, view)
        self._workspace.feed.publish({"type": "view", "view": shown}, frozenset({user_id}))

    async def shortcut(self, user_id: UserId, message: Message, callback_id: str) -> None:
        """A message shortcut: `message_action`.

        Raises:
            Refused: `invalid_shortcut` when the app has no such shortcut or may not have any.
        """
        known = {shortcut.callback_id for shortcut in self._workspace.app.shortcuts}
        if callback_id not in known or "commands" not in self._workspace.scopes:
            raise Refused("invalid_shortcut", message="That shortcut is not available.")
        payload = {
            **envelope(self._workspace, "message_action", user_id),
            "callback_id": callback_id,
            "action_ts": self._workspace.messages.new_ts(),
            "message_ts": message.ts,
            "channel": channel_json(self._workspace.channels[message.channel]),
            "message": message_json(self._workspace, message, base_url=self._runtime.base_url),
            "response_url": self._response_url(user_id, message),
        }
        answer = await self._runtime.courier.ask(ParcelKind.INTERACTION, payload)
        self._report(user_id, answer, "The app did not take the shortcut")

    def _report(self, user_id: UserId, answer: Answer, says: str) -> bool:
        """Tells the person when the app did not acknowledge; True when it was told."""
        if answer.outcome is Outcome.ACKNOWLEDGED:
            return False
        self._workspace.notify(user_id, f"{says} ({answer.outcome.value})")
        return True
