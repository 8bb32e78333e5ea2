"""Buttons, menus, selects, confirmations and modals: what the app is told of them."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.blocks import everything
from tests.browser.panel import FakePanel
from tests.browser.scripted_app import ScriptedApp

INCIDENTS = "C01INCIDENTS"


async def post_everything(app: ScriptedApp, panel: FakePanel) -> None:
    await app.posts(INCIDENTS, "everything", everything(f"{panel.url}/dot.png"))


async def test_a_button_tells_the_app(page: Page, app: ScriptedApp, panel: FakePanel) -> None:
    """A click sends the button's action and value."""
    await post_everything(app, panel)
    await page.get_by_role("button", name="Acknowledge").click()
    action = (await app.next_told())["actions"][0]
    assert (action["action_id"], action["value"]) == ("ack", "1F3K")


async def test_a_confirmation_stands_before_a_dangerous_button(
    page: Page, app: ScriptedApp, panel: FakePanel
) -> None:
    """Nothing is sent until it is confirmed; Escape sends nothing and gives the focus back."""
    await post_everything(app, panel)
    delete = page.locator("article").get_by_role("button", name="Delete")
    await delete.click()
    dialog = page.get_by_role("dialog", name="Delete web-1?")
    await expect(dialog.get_by_role("button", name="Keep")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(delete).to_be_focused()
    await delete.click()
    await dialog.get_by_role("button", name="Delete").click()
    assert (await app.next_told())["actions"][0]["action_id"] == "delete"
    assert app.told.empty()


async def test_a_select_is_chosen_by_typing(page: Page, app: ScriptedApp, panel: FakePanel) -> None:
    """The list filters while one types, Enter picks, and the choice is sent once."""
    await post_everything(app, panel)
    select = page.get_by_role("button", name="Silence")
    await select.click()
    await page.keyboard.type("2 h")
    await expect(page.get_by_role("option")).to_have_text(["2 hours"])
    await page.keyboard.press("Enter")
    action = (await app.next_told())["actions"][0]
    assert action["selected_option"]["value"] == "2 hours"
    await expect(page.get_by_role("button", name="2 hours")).to_be_focused()


async def test_an_overflow_menu_sends_the_item(page: Page, app: ScriptedApp, panel: FakePanel) -> None:
    """Arrow keys move in the menu and Enter takes the item."""
    await post_everything(app, panel)
    await page.locator("article .button.overflow").click()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    assert (await app.next_told())["actions"][0]["selected_option"]["value"] == "mute"


async def test_a_date_is_sent_when_it_is_chosen(page: Page, app: ScriptedApp, panel: FakePanel) -> None:
    """A date picker outside a modal acts at once."""
    await post_everything(app, panel)
    await page.locator("article input[type=date]").fill("2026-12-24")
    assert (await app.next_told())["actions"][0]["selected_date"] == "2026-12-24"


async def open_modal(page: Page) -> None:
    await page.get_by_label("Message #incidents as alice").fill("/pods list")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Details").click()
    await expect(page.get_by_role("dialog", name="Delete a pod")).to_be_visible()


async def test_a_modal_is_filled_in_and_submitted(page: Page, app: ScriptedApp) -> None:
    """What is missing and what the app rejects is said at the field; what is right reaches the app whole."""
    await open_modal(page)
    dialog = page.get_by_role("dialog", name="Delete a pod")
    reason = dialog.get_by_label("Reason")
    await expect(reason).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_text("Please fill in this field.")).to_be_visible()
    await expect(reason).to_have_attribute("aria-invalid", "true")
    await reason.fill("because")
    await dialog.get_by_label("Grace period").fill("30")
    await dialog.get_by_role("button", name="Namespace").click()
    await page.get_by_role("option", name="Payments").click()
    await dialog.get_by_role("button", name="Containers").click()
    await page.get_by_role("option", name="App").click()
    await page.get_by_role("option", name="Proxy").click()
    await page.keyboard.press("Escape")
    await dialog.get_by_role("button", name="Pod:").click()
    await page.keyboard.type("web")
    await page.get_by_role("option", name="web-1").click()
    await dialog.get_by_role("button", name="Second person").click()
    await page.get_by_role("option", name="@bob").click()
    await dialog.get_by_label("Logs").check()
    await dialog.get_by_label("Gently").check()
    await dialog.get_by_label("Not before").fill("2026-12-24")
    await dialog.get_by_label("At (optional)").fill("14:05")
    await dialog.get_by_role("button", name="Delete", exact=True).click()
    await expect(dialog.get_by_text("Say more than that.")).to_be_visible()
    await expect(reason).to_be_focused()
    await reason.fill("stuck on a stale lock")
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    values = (await app.next_told())["state"]["values"]
    assert values["reason"]["text"]["value"] == "stuck on a stale lock"
    assert values["grace"]["n"]["value"] == "30"
    assert values["ns"]["s"]["selected_option"]["value"] == "payments"
    assert [option["value"] for option in values["parts"]["m"]["selected_options"]] == ["app", "proxy"]
    assert values["pod"]["pod"]["selected_option"]["value"] == "web-1"
    assert values["who"]["u"]["selected_user"] == "U02BOB"
    assert [option["value"] for option in values["keep"]["c"]["selected_options"]] == ["logs"]
    assert values["how"]["r"]["selected_option"]["value"] == "gently"
    assert values["day"]["d"]["selected_date"] == "2026-12-24"
    assert values["hour"]["t"]["selected_time"] == "14:05"


async def test_escape_closes_a_modal_and_nothing_else(page: Page, app: ScriptedApp) -> None:
    """Escape first closes a list inside the modal, then the modal; the button has the focus again."""
    await open_modal(page)
    dialog = page.get_by_role("dialog", name="Delete a pod")
    await dialog.get_by_role("button", name="Namespace").click()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("option")).to_have_count(0)
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_role("button", name="Details")).to_be_focused()


async def test_the_focus_stays_in_the_modal(page: Page, app: ScriptedApp) -> None:
    """However often Tab is pressed, the focus never reaches the page behind."""
    await open_modal(page)
    for _ in range(40):
        await page.keyboard.press("Tab")
        behind = "document.activeElement !== document.body && !document.activeElement.closest('dialog')"
        assert not await page.evaluate(behind)
