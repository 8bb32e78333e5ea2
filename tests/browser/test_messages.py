"""What people see of messages: who may see them, every block drawn, threads, files, what is new elsewhere."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.blocks import MARKDOWN, actions, button, everything, preformatted, section, table
from tests.browser.conftest import Open
from tests.browser.panel import FakePanel
from tests.browser.scripted_app import REPLY, ScriptedApp

ALERTS, INCIDENTS = "C02ALERTS", "C01INCIDENTS"

HOSTILE = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
ESCAPED = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


async def test_a_slash_command_shows_its_reply(page: Page) -> None:
    """What is typed reaches the app, and its answer stands in the channel, marked as mine alone."""
    await page.get_by_label("Message #incidents as alice").fill("/pods list -n shop")
    await page.keyboard.press("Enter")
    reply = page.locator("article", has_text=REPLY)
    await expect(reply).to_contain_text("Only visible to you")
    await expect(reply.locator("code").first).to_have_text("list -n shop")


async def test_a_link_to_a_message_opens_its_channel(page: Page, app: ScriptedApp) -> None:
    """As in Slack, a permalink does not leave the page."""
    address = page.url.partition("#")[0]
    await app.posts(INCIDENTS, f"It is told <{address}archives/{ALERTS}/p1763800000000100|over there>")
    await page.get_by_role("link", name="over there").click()
    await expect(page.get_by_label("Message #alerts as alice")).to_be_visible()


async def test_an_ephemeral_is_for_its_reader_alone(page: Page) -> None:
    """After switching to Bob, Alice's private answer is gone; it is there again for Alice."""
    await page.get_by_label("Message #incidents as alice").fill("/pods list")
    await page.keyboard.press("Enter")
    await expect(page.locator("article", has_text=REPLY)).to_be_visible()
    await page.get_by_role("button", name="bob Developer").click()
    await expect(page.get_by_label("Message #incidents as bob")).to_be_visible()
    await expect(page.locator("article", has_text=REPLY)).to_have_count(0)
    await page.get_by_role("button", name="alice On-call engineer").click()
    await expect(page.locator("article", has_text=REPLY)).to_have_count(1)


async def test_every_block_is_drawn(page: Page, app: ScriptedApp, panel: FakePanel) -> None:
    """Each block and element of a message becomes what it is, with nothing left undrawn."""
    await app.posts(INCIDENTS, "everything", everything(f"{panel.url}/dot.png"))
    message = page.locator("article", has=page.locator("[data-block=table]"))
    for kind in ("header", "section", "divider", "context", "table", "rich_text", "image", "actions"):
        await expect(message.locator(f"[data-block={kind}]")).to_be_visible()
    text = message.locator("[data-block=section]")
    for tag, words in {
        "strong": "bold",
        "em": "it",
        "s": "no",
        "code": "code",
        "blockquote": "quoted",
    }.items():
        await expect(text.locator(tag).first).to_have_text(words)
    await expect(text.get_by_role("link", name="text")).to_have_attribute("href", "https://example.com")
    await expect(text.locator(".mention")).to_have_text("@alice")
    await expect(text.locator(".fields > *")).to_have_text(
        ["Pod\nweb-1", "Node worker-1"], use_inner_text=True
    )
    await expect(message.get_by_role("columnheader")).to_have_text(["NAME", "READY"])
    await expect(message.get_by_role("cell")).to_have_text(["web-7d4b9c6f5-x2x9q", "0/1"])
    await expect(message.get_by_role("img", name="a red dot")).to_be_visible()
    await expect(message.get_by_role("button", name="Acknowledge")).to_be_visible()
    await expect(message.locator(".unknown")).to_have_count(0)


async def test_rich_text_is_drawn_with_its_elements(page: Page, app: ScriptedApp, panel: FakePanel) -> None:
    """Styles, mentions, dates in the reader's zone, lists, quotes and preformatted text are drawn."""
    await app.posts(INCIDENTS, "rich", everything(f"{panel.url}/dot.png"))
    rich = page.locator("[data-block=rich_text]")
    for tag, words in {"strong": "loud", "em": "slanted", "s": "gone", "code": "typed"}.items():
        await expect(rich.locator(tag).first).to_have_text(words)
    await expect(rich.locator(".mention")).to_have_text(["@bob", "@oncall", "#alerts", "@channel"])
    await expect(rich.locator(".broadcast")).to_have_text("@channel")
    await expect(rich.locator("time")).to_have_text("2025-11-22 09:26")
    await expect(rich.get_by_role("link", name="a rich link")).to_have_attribute(
        "rel", "noopener noreferrer nofollow"
    )
    await expect(rich.get_by_role("listitem")).to_have_text(["first", "second", "nested"])
    await expect(rich.locator("blockquote")).to_have_text("as they said")
    assert await rich.locator("pre").inner_text() == "exit   137\n  at line 2"


async def test_markdown_is_drawn(page: Page, app: ScriptedApp) -> None:
    """The markdown block's headings, styles, lists, quotes, tables and fences are drawn."""
    await app.posts(INCIDENTS, "markdown", [{"type": "markdown", "text": MARKDOWN}])
    block = page.locator("[data-block=markdown]")
    await expect(block.get_by_role("heading")).to_have_text("Heading")
    for tag, words in {
        "strong": "bold",
        "em": "slanted",
        "s": "gone",
        "code": "code",
        "blockquote": "wise words",
    }.items():
        await expect(block.locator(tag).first).to_have_text(words)
    await expect(block.locator("li li")).to_have_text("deeper")
    await expect(block.get_by_role("cell")).to_have_text(["x", "1"])
    assert await block.locator("pre").inner_text() == "fenced   text"


@pytest.mark.parametrize(
    "blocks",
    [
        pytest.param(None, id="text"),
        pytest.param([section(ESCAPED)], id="section"),
        pytest.param([preformatted(HOSTILE)], id="preformatted"),
        pytest.param([table(("NAME",), (HOSTILE,))], id="table"),
        pytest.param([{"type": "markdown", "text": HOSTILE}], id="markdown"),
        pytest.param([{"type": "header", "text": {"type": "plain_text", "text": HOSTILE}}], id="header"),
        pytest.param([{"type": "context", "elements": [{"type": "mrkdwn", "text": ESCAPED}]}], id="context"),
    ],
)
async def test_hostile_text_is_drawn_literally(
    page: Page, app: ScriptedApp, blocks: list[dict[str, object]] | None
) -> None:
    """Markup in a message neither runs nor becomes elements: it is read as it was written."""
    await app.posts(INCIDENTS, ESCAPED, blocks)
    body = page.locator(".message-body", has_text="onerror")
    await expect(body).to_contain_text(HOSTILE)
    await expect(body.locator("img, script")).to_have_count(0)
    assert "taken" not in await page.title()


async def test_a_link_that_is_no_web_address_cannot_be_followed(page: Page, app: ScriptedApp) -> None:
    """`javascript:` and its like stay text, in mrkdwn as in Markdown."""
    links = "[markdown](javascript:alert(1))"
    await app.posts(INCIDENTS, "md", [{"type": "markdown", "text": links}])
    await app.posts(INCIDENTS, "click <javascript:alert(1)|mrkdwn>")
    await expect(page.locator(".message-body", has_text="mrkdwn")).to_be_visible()
    await expect(page.locator(".message-body a")).to_have_count(0)


async def test_a_thread_opens_beside_the_channel(page: Page, app: ScriptedApp) -> None:
    """Replies are counted at their message and read, and written, in the pane at the right."""
    first = await app.posts(INCIDENTS, "web is down")
    await app.posts(INCIDENTS, "it was the limit", thread_ts=first)
    message = page.locator("#conversation article", has_text="web is down")
    await message.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.locator("article")).to_have_count(2)
    await thread.get_by_label("Reply in the thread as alice").fill("raising it")
    await page.keyboard.press("Enter")
    await expect(thread.locator("article").last).to_contain_text("raising it")
    await expect(message.get_by_role("button", name="2 replies")).to_be_visible()
    await expect(page.locator("#conversation")).not_to_contain_text("raising it")


async def test_a_reply_that_is_sent_to_the_channel_is_seen_in_both(page: Page, app: ScriptedApp) -> None:
    """What Slack calls `reply_broadcast`: news of an old thread."""
    first = await app.posts(INCIDENTS, "web is down")
    await app.posts(INCIDENTS, "it is back", thread_ts=first, reply_broadcast=True)
    await expect(page.locator("#conversation")).to_contain_text("it is back")
    await page.get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.locator("article").last).to_contain_text("it is back")


async def test_a_slash_command_in_a_thread_is_refused_and_kept(page: Page, app: ScriptedApp) -> None:
    """Slack refuses slash commands in threads; the page says so and gives the text back."""
    await app.posts(INCIDENTS, "web is down")
    await page.locator("article", has_text="web is down").hover()
    await page.get_by_role("button", name="Reply in thread").click()
    box = page.get_by_label("Reply in the thread as alice")
    await box.fill("/pods list")
    await page.keyboard.press("Enter")
    await expect(page.locator(".notice")).to_contain_text("/pods is not supported in threads. Sorry!")
    await expect(box).to_have_value("/pods list")


async def test_an_update_takes_no_focus_away(page: Page, app: ScriptedApp) -> None:
    """A message redrawn under somebody's finger keeps the focus on its button, and says "edited"."""
    blocks = [section("3 deaths"), {**actions(button("Acknowledge", "ack")), "block_id": "buttons"}]
    ts = await app.posts(INCIDENTS, "incident", blocks)
    await page.get_by_role("button", name="Acknowledge").focus()
    blocks[0] = section("4 deaths")
    await app.client.chat_update(channel=INCIDENTS, ts=ts, text="incident", blocks=blocks)
    await expect(page.locator("article")).to_contain_text("4 deaths")
    await expect(page.get_by_role("button", name="Acknowledge")).to_be_focused()
    await expect(page.locator("article")).to_contain_text("(edited)")


async def test_a_deleted_message_goes_away(page: Page, app: ScriptedApp) -> None:
    """A deleted message leaves; one with replies stays as a stump for its thread."""
    alone = await app.posts(INCIDENTS, "a slip")
    first = await app.posts(INCIDENTS, "with a thread")
    await app.posts(INCIDENTS, "reply", thread_ts=first)
    await expect(page.get_by_role("button", name="1 reply")).to_be_visible()
    await app.client.chat_delete(channel=INCIDENTS, ts=alone)
    await app.client.chat_delete(channel=INCIDENTS, ts=first)
    await expect(page.locator("article")).to_have_count(1)
    await expect(page.locator("article")).to_contain_text("This message was deleted.")


async def test_a_file_shows_its_beginning_and_can_be_fetched(page: Page, app: ScriptedApp) -> None:
    """A log file has its name, size and first lines in the message, and comes whole by its link."""
    log = "\n".join(f"line {number} <b>" for number in range(400))
    await app.client.files_upload_v2(
        channel=INCIDENTS, filename="web-1.log", title="Log of web-1", content=log
    )
    file = page.locator(".file")
    await expect(file).to_contain_text("Log of web-1")
    await expect(file.locator("pre")).to_contain_text("line 0 <b>")
    async with page.expect_download() as downloading:
        await file.get_by_role("link", name="Download web-1.log").click()
    assert (await (await downloading.value).path()).read_text() == log


async def test_what_happens_elsewhere_is_counted(page: Page, app: ScriptedApp) -> None:
    """An alert in #alerts is noticed while one looks at #incidents, in the sidebar and in the tab's title."""
    await app.posts(ALERTS, "OOMKilled: web")
    await app.posts(ALERTS, "OOMKilled: cart")
    await expect(page).to_have_title("(2) #incidents · Podbot Playground")
    await page.get_by_role("button", name="channel alerts, 2 unread").click()
    await expect(page.get_by_role("separator", name="New")).to_be_visible()
    await expect(page).to_have_title("#alerts · Podbot Playground")


async def test_what_comes_while_the_page_loads_is_counted(open_page: Open, app: ScriptedApp) -> None:
    """Messages that are only being fetched when an alert arrives do not hide that it is new."""

    async def alert_meanwhile(route: Route) -> None:
        await app.posts(ALERTS, "OOMKilled: web")
        await route.continue_()

    async def prepare(page: Page) -> None:
        await page.route(f"**/page/channels/{ALERTS}/messages*", alert_meanwhile)

    page = await open_page(prepare=prepare)
    await expect(page).to_have_title("(1) #incidents · Podbot Playground")


async def test_the_message_menu_runs_the_apps_shortcut(page: Page, app: ScriptedApp) -> None:
    """A message shortcut is one menu away from its message and tells the app which message it was."""
    ts = await app.posts(INCIDENTS, "web is down")
    await page.locator("article").hover()
    await page.get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name="Ask podbot").click()
    told = await app.next_told()
    assert (told["type"], told["callback_id"], told["message"]["ts"]) == ("message_action", "podbot_ask", ts)


async def test_home_shows_what_the_app_published(page: Page, app: ScriptedApp) -> None:
    """The bot's Home tab draws the view for this person, and its buttons act."""
    await page.get_by_role("button", name="podbot", exact=True).click()
    await page.get_by_role("button", name="Home", exact=True).click()
    await expect(page.get_by_role("heading", name="You are on call")).to_be_visible()
    await page.get_by_role("button", name="Silence all").click()
    assert (await app.next_told())["actions"][0]["action_id"] == "silence"


async def test_a_bot_that_is_away_is_shown_as_away(open_page: Open) -> None:
    """Without the app the page says so, and a command's failure is told to the person."""
    page = await open_page()
    await expect(page.get_by_text("podbot is not connected: commands and buttons fail")).to_be_visible()
    await page.get_by_label("Message #incidents as alice").fill("/pods list")
    await page.keyboard.press("Enter")
    await expect(page.locator(".notice")).to_contain_text("/pods failed with the error")
