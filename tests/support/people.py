"""People for scenario tests: they type, look, click and fill in, over the page's API and nothing else.

    async with person(running.url, "U01ALICE") as alice:
        await alice.types("#incidents", "/pods list")
        answer = await alice.sees("#incidents", "15 pods")
        await alice.clicks(answer, "Delete")

Whatever a person waits for is bounded; what they waited for in vain is said together with what they saw.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

from aiohttp import ClientSession, ClientWebSocketResponse

from tests.support.drawing import as_text, view_as_text

__all__ = ["Person", "Refusal", "as_text", "person", "view_as_text"]

Json = dict[str, Any]
T = TypeVar("T")

WITHIN = 20.0
"""Seconds of waiting after which nothing is expected to come any more."""
_CHOICES = {
    "overflow": "selected_option",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "multi_static_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}


class Refusal(AssertionError):
    """The workspace refused what a person tried; `code` says why."""

    def __init__(self, answer: Json) -> None:
        super().__init__(f"{answer.get('error')}: {answer.get('message')}")
        self.code = str(answer.get("error"))
        self.message = str(answer.get("message"))


@asynccontextmanager
async def person(url: str, user_id: str) -> AsyncIterator[Person]:
    """One person at the page, until the block ends.

    Args:
        url: The page's address, ending in `/`.
        user_id: Such as `U01ALICE`.
    """
    async with ClientSession() as session, session.ws_connect(f"{url}page/live?as={user_id}") as live:
        someone = Person(session, url, user_id)
        following = asyncio.create_task(someone.follow(live), name=f"person {user_id}")
        try:
            yield someone
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following


class Person:
    """What one person can do and what they have been shown.

    Attributes:
        notices: Everything told to this person alone outside messages, such as failed commands.
        view: The modal on top, None when none is open.
        home_view: The Home tab as last shown.
        confirmed: The texts of the confirmation dialogs this person said yes to.
    """

    def __init__(self, session: ClientSession, url: str, user_id: str) -> None:
        self._session = session
        self._url = url
        self.id = user_id
        self.notices: list[str] = []
        self.view: Json | None = None
        self.home_view: Json | None = None
        self.confirmed: list[str] = []
        self._entered: Json = {}
        self._held: dict[str, Json] = {}
        """What selects show, by where they are."""
        self._changed = asyncio.Event()

    async def follow(self, live: ClientWebSocketResponse) -> None:
        """Takes in what happens; runs for as long as the person is there."""
        async for message in live:
            event = message.json()
            match event["type"]:
                case "notice":
                    self.notices.append(event["text"])
                case "view":
                    self.view = event["view"]
                case "home":
                    self.home_view = event["view"]
            self._changed.set()

    # Looking

    async def state(self) -> Json:
        """What the page starts from."""
        return await self._get("page/state")

    async def messages(self, place: str) -> list[Json]:
        """Everything this person sees there, oldest first, each with its `channel`."""
        channel = await self._channel_id(place)
        found = (await self._get(f"page/channels/{channel}/messages"))["messages"]
        return [{**message, "channel": channel} for message in found]

    async def sees(self, place: str, wanted: str | Callable[[Json], bool], *, within: float = WITHIN) -> Json:
        """Waits for a message that contains the text, or fits; the newest one is returned."""

        async def look() -> Json | None:
            for message in reversed(await self.messages(place)):
                if (wanted in as_text(message)) if isinstance(wanted, str) else wanted(message):
                    return message
            return None

        try:
            return await self.until(look, within=within)
        except TimeoutError:
            seen = "\n\n".join(map(as_text, await self.messages(place))) or "nothing"
            raise AssertionError(f"{self.id} did not see {wanted!r} in {place}, but:\n{seen}") from None

    async def sees_view(self, wanted: str = "", *, within: float = WITHIN) -> Json:
        """Waits for a modal that contains the text."""

        async def look() -> Json | None:
            shown = self.view
            return shown if shown is not None and wanted in view_as_text(shown) else None

        try:
            return await self.until(look, within=within)
        except TimeoutError:
            seen = view_as_text(self.view) if self.view else f"none; notices: {self.notices}"
            raise AssertionError(f"{self.id} saw no view with {wanted!r}, but:\n{seen}") from None

    async def sees_nothing(self, place: str, *, within: float = WITHIN) -> None:
        """Waits until the place is empty for this person."""

        async def look() -> bool | None:
            return not await self.messages(place) or None

        await self.until(look, within=within)

    async def sees_no_view(self, *, within: float = WITHIN) -> None:
        """Waits until no modal is open."""

        async def look() -> bool | None:
            return self.view is None or None

        await self.until(look, within=within)

    async def sees_notice(self, wanted: str, *, within: float = WITHIN) -> str:
        """Waits for a notice that contains the text."""

        async def look() -> str | None:
            return next((notice for notice in self.notices if wanted in notice), None)

        try:
            return await self.until(look, within=within)
        except TimeoutError:
            raise AssertionError(f"{self.id} got no notice with {wanted!r}, but: {self.notices}") from None

    async def sees_bot(self, *, connected: bool, within: float = WITHIN) -> None:
        """Waits until the page shows the bot as connected, or as away."""

        async def look() -> bool | None:
            return (await self.state())["bot"]["connected"] is connected or None

        await self.until(look, within=within)

    async def home(self, wanted: str = "", *, within: float = WITHIN) -> Json:
        """Opens the Home tab and waits until it contains the text."""
        answer = await self._post("page/home", {})
        if answer["view"] is not None:
            self.home_view = answer["view"]

        async def look() -> Json | None:
            shown = self.home_view
            return shown if shown is not None and wanted in view_as_text(shown) else None

        return await self.until(look, within=within)

    # Acting

    async def types(self, place: str, text: str, *, thread: Json | None = None) -> Json:
        """Sends a message or a slash command; in a thread when one of its messages is given."""
        body: Json = {"channel": await self._channel_id(place), "text": text}
        if thread is not None:
            body["thread_ts"] = thread.get("thread_ts") or thread["ts"]
        return await self._post("page/send", body)

    async def clicks(self, surface: Json, button: str) -> None:
        """Presses a button, named by its label or action id, of a message or view, and confirms if asked."""
        block, element = _found(surface, button, lambda e: e["type"] == "button" and _label(e) == button)
        await self.acts(surface, block, element, {"value": element.get("value")})

    async def chooses(self, surface: Json, menu: str, *options: str) -> None:
        """Picks options by their labels from a menu named by placeholder or action id.

        Users, dates and times are given as they are: `U02BOB`, `2026-11-22`, `14:05`. What a select shows
        already cannot be chosen in it: Slack sends nothing then.
        """
        block, element = _found(surface, menu, lambda e: _label(e) == menu)
        chosen = await self._chosen(surface, block, element, options)
        if element["type"].endswith("_select"):
            where = str(_place(surface, block, element))
            assert self._held.get(where) != chosen, f"{menu!r} shows {options} already, and sends nothing"
            self._held[where] = chosen
        await self.acts(surface, block, element, chosen)

    async def fills(self, values: dict[str, str | list[str]]) -> None:
        """Enters values into the open modal's inputs, named by their labels."""
        view = await self.sees_view()
        for label, value in values.items():
            block = next((b for b in view["blocks"] if b["type"] == "input" and _label_of(b) == label), None)
            assert block is not None, f"no input {label!r} in:\n{view_as_text(view)}"
            element = block["element"]
            options = (value,) if isinstance(value, str) else tuple(value)
            held = await self._chosen(view, block, element, options)
            self._entered[block["block_id"]] = {element["action_id"]: {"type": element["type"], **held}}

    async def submits(self) -> dict[str, str]:
        """Submits the open modal; returns the errors by block id, none when it went through."""
        view = await self.sees_view()
        answer = await self._post("page/view/submit", {"view_id": view["id"], "values": self._entered})
        errors: dict[str, str] = answer.get("errors", {})
        if not errors:
            self._entered = {}
        return errors

    async def closes(self) -> None:
        """Closes the open modal without submitting it."""
        view = await self.sees_view()
        self._entered = {}
        await self._post("page/view/close", {"view_id": view["id"]})

    async def shortcut(self, message: Json, name: str) -> None:
        """Runs a message shortcut, named as in the menu."""
        shortcuts = (await self.state())["shortcuts"]
        found = next((each for each in shortcuts if each["name"] == name), None)
        assert found is not None, f"no shortcut {name!r} among {shortcuts}"
        body = {"channel": message["channel"], "ts": message["ts"], "callback_id": found["callback_id"]}
        await self._post("page/shortcut", body)

    async def suggestions(self, surface: Json, menu: str, typed: str) -> list[Json]:
        """The options an external menu offers for what is typed into it."""
        block, element = _found(surface, menu, lambda e: _label(e) == menu)
        body = {**_place(surface, block, element), "value": typed}
        answer = await self._post("page/options", body)
        groups = answer.get("option_groups", [])
        return [*answer.get("options", []), *(option for group in groups for option in group["options"])]

    async def reads_file(self, file: Json) -> bytes:
        """The bytes of a file shown in a message."""
        async with self._session.get(self._url + file["url"].removeprefix("/")) as response:
            response.raise_for_status()
            return await response.read()

    async def acts(self, surface: Json, block: Json, element: Json, chosen: Json) -> None:
        """Sends what was done at one element; `clicks` and `chooses` say it in a person's words."""
        if "confirm" in element:
            self.confirmed.append(element["confirm"]["text"]["text"])
        body = {**_place(surface, block, element), "type": element["type"], **chosen}
        await self._post("page/action", body)

    async def _chosen(self, surface: Json, block: Json, element: Json, options: tuple[str, ...]) -> Json:
        key = _CHOICES.get(element["type"], "value")
        if key == "value" or key in ("selected_user", "selected_date", "selected_time"):
            return {key: options[0]}
        offered = _offered(element)
        if element["type"] == "external_select":
            body = {**_place(surface, block, element), "value": options[0]}
            offered = (await self._post("page/options", body))["options"]
        labels = {option["text"]["text"]: option for option in offered}
        for label in options:
            assert label in labels, f"no option {label!r} among {sorted(labels)}"
        picked = [labels[label] for label in options]
        return {key: picked if key == "selected_options" else picked[0]}

    # Over HTTP

    async def _channel_id(self, place: str) -> str:
        for channel in (await self.state())["channels"]:
            if place in (channel["id"], f"#{channel['name']}") or (
                channel["kind"] == "im" and place == f"@{channel['name']}"
            ):
                return str(channel["id"])
        raise AssertionError(f"{self.id} has no channel {place!r}")

    async def _get(self, path: str) -> Json:
        async with self._session.get(f"{self._url}{path}", params={"as": self.id}) as response:
            return _accepted(await response.json())

    async def _post(self, path: str, body: Json) -> Json:
        async with self._session.post(f"{self._url}{path}", json={"as": self.id, **body}) as response:
            return _accepted(await response.json())

    async def until(self, look: Callable[[], Awaitable[T | None]], *, within: float = WITHIN) -> T:
        """What `look` finds, asked again after each change this person is told of."""
        async with asyncio.timeout(within):
            while True:
                self._changed.clear()
                found = await look()
                if found is not None:
                    return found
                await self._changed.wait()


def _accepted(answer: Json) -> Json:
    if not answer.get("ok"):
        raise Refusal(answer)
    return answer


def _place(surface: Json, block: Json, element: Json) -> Json:
    in_message = "ts" in surface
    container = (
        {"channel": surface["channel"], "ts": surface["ts"]} if in_message else {"view_id": surface["id"]}
    )
    return {"container": container, "block_id": block["block_id"], "action_id": element["action_id"]}


def _elements(surface: Json) -> Iterator[tuple[Json, Json]]:
    for block in surface.get("blocks", []):
        inner = [*block.get("elements", []), block.get("accessory", {}), block.get("element", {})]
        yield from ((block, element) for element in inner if "action_id" in element)


def _found(surface: Json, name: str, fits: Callable[[Json], bool]) -> tuple[Json, Json]:
    for block, element in _elements(surface):
        if fits(element) or element["action_id"] == name:
            return block, element
    shown = as_text(surface) if "ts" in surface else view_as_text(surface)
    raise AssertionError(f"no control {name!r} in:\n{shown}")


def _label(element: Json) -> str:
    if element["type"] == "overflow":
        return "⋯"
    shown = element.get("text") or element.get("placeholder") or {}
    return str(shown.get("text", ""))


def _label_of(block: Json) -> str:
    return str(block["label"]["text"])


def _offered(element: Json) -> list[Json]:
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(option for group in groups for option in group["options"])]
