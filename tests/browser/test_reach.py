"""Everybody can use it: by keyboard alone, on a phone, through a lost connection."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests.browser.blocks import everything
from tests.browser.conftest import Open
from tests.browser.panel import FakePanel
from tests.browser.scripted_app import REPLY, ScriptedApp

INCIDENTS = "C01INCIDENTS"
SIDEWAYS = "document.documentElement.scrollWidth > window.innerWidth"


async def test_the_main_path_by_keyboard_alone(page: Page, app: ScriptedApp) -> None:
    """Command from the list, reply, its button, the modal, another channel and person: no mouse."""
    press, typed = page.keyboard.press, page.keyboard.type
    box = page.locator("#message-box")
    await expect(box).to_be_focused()
    await typed("/")
    await expect(page.get_by_role("option")).to_have_count(2)
    await press("ArrowDown")
    await press("ArrowUp")
    await press("Tab")
    await expect(box).to_have_value("/pods ")
    await expect(page.locator(".usage").first).to_contain_text("Ask about pods, or act on them")
    await typed("list")
    await press("Enter")
    await expect(page.locator("article", has_text=REPLY)).to_be_visible()
    await expect(box).to_have_value("")
    await press("ArrowUp")
    await expect(box).to_have_value("/pods list")
    await press("ArrowDown")
    await press("Shift+Tab")
    await press("Shift+Tab")
    await expect(page.get_by_role("button", name="Details")).to_be_focused()
    await press("Enter")
    await expect(page.get_by_label("Reason")).to_be_focused()
    await typed("stale lock")
    await press("Enter")
    assert (await app.next_told())["callback_id"] == "form"
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await press("Alt+ArrowDown")
    await expect(page.get_by_label("Message #alerts as alice")).to_be_focused()
    await press("Alt+2")
    await expect(page.get_by_label("Message #alerts as bob")).to_be_visible()
    await press("Escape")
    await press("F6")
    await expect(page.locator("#panel input")).to_be_focused()


async def test_messages_are_walked_with_arrow_keys(page: Page, app: ScriptedApp) -> None:
    """The list is one tab stop; arrows move, T opens the thread, Escape comes back."""
    await app.posts(INCIDENTS, "first")
    await app.posts(INCIDENTS, "second")
    await page.locator("article", has_text="second").focus()
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("article", has_text="first")).to_be_focused()
    await page.keyboard.press("t")
    await expect(page.get_by_label("Reply in the thread as alice")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("complementary", name="Thread")).to_have_count(0)


async def test_shift_enter_writes_a_second_line(page: Page) -> None:
    """Enter sends, Shift+Enter does not; both lines arrive in one message."""
    await expect(page.locator("#message-box")).to_be_focused()
    await page.keyboard.type("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two & <three>")
    await page.keyboard.press("Enter")
    message = page.locator("article .message-body")
    assert await message.inner_text() == "one\ntwo & <three>"


async def test_names_are_offered_and_become_mentions(page: Page) -> None:
    """After @ and # the page offers who and where; what is sent mentions them."""
    await expect(page.locator("#message-box")).to_be_focused()
    offered = page.get_by_role("option").first
    await page.keyboard.type("@al")
    await expect(offered).to_be_visible()
    await page.keyboard.press("Enter")
    await page.keyboard.type("see #ale")
    await expect(offered).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("article .mention")).to_have_text(["@alice", "#alerts"])


async def test_the_keys_are_told(page: Page) -> None:
    """The list of keys opens with `?` and closes with Escape."""
    await page.locator("#sidebar [aria-current]").focus()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Channel above or below")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_have_count(0)


async def test_a_new_message_is_announced(page: Page, app: ScriptedApp) -> None:
    """A screen reader hears who said what, politely."""
    await app.posts(INCIDENTS, "OOMKilled: web in shop, 3 of 5 pods")
    await expect(page.locator("#announce-polite")).to_contain_text(
        "podbot: OOMKilled: web in shop, 3 of 5 pods"
    )


async def test_a_phone_never_scrolls_sideways(app: ScriptedApp, open_page: Open, panel: FakePanel) -> None:
    """At 390 px every part is reached, wide tables scroll in their frame, who one is stays visible."""
    await app.posts(INCIDENTS, "everything", everything(f"{panel.url}/dot.png"))
    page = await open_page(width=390, height=844)
    await expect(page.locator("[data-block=table]")).to_be_visible()
    assert not await page.evaluate(SIDEWAYS)
    await page.get_by_role("button", name="You are alice. Change the person").click()
    await page.get_by_role("button", name="sam").click()
    await expect(page.get_by_role("button", name="You are sam. Change the person")).to_be_visible()
    await page.get_by_role("button", name="Cluster").click()
    await expect(page.get_by_role("complementary", name="Cluster")).to_be_visible()
    assert not await page.evaluate(SIDEWAYS)
    tabs = page.get_by_role("tablist", name="What to make happen")
    assert await tabs.evaluate("tabs => tabs.scrollWidth <= tabs.clientWidth")
    await page.get_by_role("button", name="Hide the cluster").click()
    await page.get_by_label("Message #incidents as sam").fill("/pods list")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Details").click()
    await expect(page.get_by_role("dialog", name="Delete a pod")).to_be_visible()
    assert not await page.evaluate(SIDEWAYS)


CONTRASTS = Path(__file__).with_name("contrasts.js").read_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_has_enough_contrast(
    app: ScriptedApp, open_page: Open, panel: FakePanel, scheme: str
) -> None:
    """By day and by night, every text is told from its ground as WCAG AA asks."""
    await app.posts(INCIDENTS, "everything", everything(f"{panel.url}/dot.png"))
    await app.posts(INCIDENTS, "<!here> see <#C02ALERTS> &amp; <@U01ALICE>")
    page = await open_page(scheme=scheme)
    await app.posts("C02ALERTS", "<!channel> unread")
    await page.get_by_role("button", name="web-7d4b9c6f5-x2x9q").click()
    await page.get_by_role("button", name="OOM-kill, in words").click()
    await page.get_by_label("Message #incidents as alice").fill("/nothing")
    await page.keyboard.press("Enter")
    await expect(page.locator(".notice")).to_be_visible()
    await page.keyboard.type("/")
    assert await page.evaluate(CONTRASTS) == []
    await page.get_by_role("button", name="Silence").click()
    assert await page.evaluate(CONTRASTS) == []


async def test_the_bare_address_plays_the_first_person(app: ScriptedApp, open_page: Open) -> None:
    """Who follows the printed address is the on-call engineer; the address then names person and channel."""
    page = await open_page("")
    await expect(page.get_by_label("Message #incidents as alice")).to_be_focused()
    await expect(page).to_have_url(re.compile("#/U01ALICE/C01INCIDENTS$"))


async def test_a_lost_connection_comes_back_with_what_was_missed(app: ScriptedApp, open_page: Open) -> None:
    """After its live connection broke, the page connects again and shows what was said meanwhile."""
    connections: list[WebSocketRoute] = []
    said = asyncio.Event()

    async def carry(socket: WebSocketRoute) -> None:
        connections.append(socket)
        if len(connections) > 1:
            await said.wait()
        socket.connect_to_server()

    page = await open_page(prepare=lambda page: page.route_web_socket("**/page/live*", carry))
    await connections[0].close()
    await expect(page.get_by_text("The workspace does not answer. Trying again…")).to_be_visible()
    await app.posts(INCIDENTS, "said meanwhile")
    said.set()
    await expect(page.locator("article", has_text="said meanwhile")).to_be_visible()
    await expect(page.get_by_text("The workspace does not answer.")).to_have_count(0)
