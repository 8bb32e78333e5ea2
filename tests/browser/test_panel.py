"""The cluster at the right: its pods, and the buttons that make something happen to them."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import Open
from tests.browser.panel import FakePanel
from tests.browser.scripted_app import ScriptedApp

INCIDENTS = "C01INCIDENTS"


async def test_pods_are_shown_and_kept_current(open_page: Open, panel: FakePanel) -> None:
    """Each pod has its columns; what changes in the cluster is soon seen."""
    page = await open_page()
    cluster = page.get_by_role("complementary", name="Cluster")
    await expect(cluster.get_by_text("3 pods · 1 failing · 1 waiting")).to_be_visible()
    row = cluster.get_by_role("row", name="web-7d4b9c6f5-x2x9q")
    await expect(row.get_by_role("cell")).to_have_text(["0/1", "CrashLoopBackOff", "7 (40s)", "12m"])
    panel.pods[0] |= {"ready": "1/1", "status": "Running"}
    await expect(row.get_by_role("cell").nth(1)).to_have_text("Running")


async def test_names_keep_room_beside_a_long_status(open_page: Open, panel: FakePanel) -> None:
    """Without the workload's name its pods cannot be told from those of another."""
    panel.pods[0] |= {"status": "Init:CrashLoopBackOff", "restarts": "12 (3h25m ago)", "age": "2d12h"}
    page = await open_page()
    await page.set_viewport_size({"width": 1280, "height": 900})
    head = page.get_by_role("button", name="web-7d4b9c6f5-x2x9q").locator(".pod-name-head")
    await expect(head).to_be_visible()
    assert (await head.evaluate("head => head.clientWidth")) > 45
    frame = page.locator(".pod-frame")
    assert await frame.evaluate("frame => frame.scrollWidth <= frame.clientWidth")


async def test_pods_are_filtered(open_page: Open) -> None:
    """The filter takes words of any column; nothing fitting is said."""
    page = await open_page()
    cluster = page.get_by_role("complementary", name="Cluster")
    await cluster.get_by_label("Filter pods").fill("shop crash")
    await expect(cluster.locator("[data-pod]")).to_have_count(1)
    await cluster.get_by_label("Filter pods").fill("nothing like it")
    await expect(cluster.get_by_text("No pod fits.")).to_be_visible()


async def test_a_scenario_chooses_its_own_target(open_page: Open, panel: FakePanel) -> None:
    """Without a selected pod the cluster chooses; what happened is said in words."""
    page = await open_page()
    await page.get_by_role("button", name="OOM-kill, in words").click()
    await expect(
        page.get_by_role("status").filter(has_text="a pod in shop: container app OOM-killed")
    ).to_be_visible()
    assert panel.asked == [("oom-kill", {})]


async def test_a_scenario_acts_on_the_selected_pod(open_page: Open, panel: FakePanel) -> None:
    """With a selected pod it is that one, in whichever group the scenario stands."""
    page = await open_page()
    await page.get_by_role("button", name="web-7d4b9c6f5-2mm9k").click()
    await expect(page.get_by_text("Acts on web-7d4b9c6f5-2mm9k")).to_be_visible()
    await page.get_by_role("tab", name="stays silent").click()
    await page.get_by_role("button", name="Rollout, in words").click()
    await expect(page.get_by_text("Rollout: web-7d4b9c6f5-2mm9k in shop")).to_be_visible()
    assert panel.asked == [("rollout", {"namespace": "shop", "name": "web-7d4b9c6f5-2mm9k"})]


async def test_a_refused_scenario_says_why(open_page: Open, panel: FakePanel) -> None:
    """The cluster's reason stands where the outcome would."""
    panel.refusal = "no pod is running"
    page = await open_page()
    await page.get_by_role("button", name="OOM-kill, in words").click()
    await expect(page.locator(".outcome[data-failed]")).to_have_text("no pod is running")


async def test_the_hints_lead_a_newcomer(open_page: Open) -> None:
    """Three hints fill the message box, point at the button, open #alerts; dismissed, they stay away."""
    page = await open_page()
    hints = page.get_by_role("region", name="Three things to try")
    await hints.get_by_role("button", name="Try /pods list").click()
    await expect(page.get_by_label("Message #incidents as alice")).to_have_value("/pods list")
    await hints.get_by_role("button", name="Press OOM-kill").click()
    await expect(page.get_by_role("button", name="OOM-kill, in words")).to_be_focused()
    await hints.get_by_role("button", name="Look in #alerts").click()
    await expect(page.get_by_role("heading", name="alerts", exact=True)).to_be_visible()
    await hints.get_by_role("button", name="Dismiss these hints").click()
    await page.reload()
    await expect(page.get_by_text("3 pods")).to_be_visible()
    await expect(hints).to_have_count(0)


async def test_the_cluster_comes_back_from_under_a_thread(app: ScriptedApp, open_page: Open) -> None:
    """Where both have no room the thread lies over it; who asks for the cluster gets to see it."""
    await app.posts(INCIDENTS, "web is down")
    page = await open_page(width=1280, height=900)
    cluster = page.get_by_role("complementary", name="Cluster")
    button = page.get_by_role("button", name="Cluster", exact=True)
    await expect(cluster).to_be_visible()
    message = page.locator("#conversation article").filter(has_text="web is down")
    await message.hover()
    await message.get_by_role("button", name="Reply in thread").click()
    await expect(cluster).to_be_hidden()
    await expect(button).to_have_attribute("aria-expanded", "false")
    await button.click()
    await expect(cluster).to_be_visible()
    await expect(button).to_have_attribute("aria-expanded", "true")
