"""Block Kit's limits and shapes, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.rules.blocks import Surface, check_blocks, message_size
from bot.playground.workspace.rules.messages import checked_content
from bot.playground.workspace.rules.views import check_view

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(**more: Any) -> Json:
    return {"type": "section", "text": mrkdwn("hello"), **more}


def button(**more: Any) -> Json:
    return {"type": "button", "text": plain("Go"), "action_id": "go", **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def option(n: int = 0, **more: Any) -> Json:
    return {"text": plain(f"option {n}"), "value": f"v{n}", **more}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "pick", "options": [option()], **more}


def confirm(**more: Any) -> Json:
    said = {"title": plain("Sure?"), "text": mrkdwn("Really"), "confirm": plain("Yes"), "deny": plain("No")}
    return {**said, **more}


def cell(text: str = "x") -> Json:
    return {"type": "raw_text", "text": text}


def table(rows: int = 1, columns: int = 1, text: str = "x", **more: Any) -> Json:
    return {"type": "table", "rows": [[cell(text)] * columns for _ in range(rows)], **more}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def rich_section(*leaves: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(leaves)}


def leaf(text: str = "hi", **more: Any) -> Json:
    return {"type": "text", "text": text, **more}


def field(**more: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "a"}
    return {"type": "input", "label": plain("Reason"), "element": element, **more}


def image(**more: Any) -> Json:
    return {"type": "image", "alt_text": "a graph", "image_url": "https://example.com/a.png", **more}


FITTING = {
    "section at its limit": [section(text=mrkdwn("x" * 3000))],
    "section of ten fields": [{"type": "section", "fields": [mrkdwn("x" * 100)] * 10}],
    "header at its limit": [{"type": "header", "text": plain("x" * 150)}],
    "fifty blocks": [{"type": "divider"}] * 50,
    "context of ten": [{"type": "context", "elements": [mrkdwn("x")] * 10}],
    "context with an image": [{"type": "context", "elements": [image()]}],
    "actions of twenty-five": [actions(*(button(action_id=f"b{n}") for n in range(25)))],
    "button at its limits": [actions(button(text=plain("x" * 75), value="v" * 2000, style="danger"))],
    "button with a confirmation": [actions(button(confirm=confirm(style="danger")))],
    "select of a hundred": [actions(select(options=[option(n) for n in range(100)]))],
    "select in groups": [
        actions({"type": "static_select", "option_groups": [{"label": plain("g"), "options": [option()]}]})
    ],
    "overflow of five": [section(accessory={"type": "overflow", "options": [option(n) for n in range(5)]})],
    "table at its limits": [table(rows=100, columns=20, text="12345")],
    "table with settings of one column": [table(columns=2, column_settings=[{}, {"align": "right"}])],
    "table of rich cells": [{"type": "table", "rows": [[rich(rich_section(leaf()))]]}],
    "rich text of every container": [
        rich(
            rich_section(leaf(style={"bold": True}), {"type": "user", "user_id": "U1"}),
            {"type": "rich_text_preformatted", "elements": [leaf()]},
            {"type": "rich_text_quote", "elements": [{"type": "emoji", "name": "wave"}]},
            {"type": "rich_text_list", "style": "bullet", "elements": [rich_section(leaf())]},
        )
    ],
    "empty rich text section": [rich(rich_section())],
    "rich text date": [
        rich(rich_section({"type": "date", "timestamp": 1, "format": "{time}", "fallback": "1"}))
    ],
    "markdown at its limit": [{"type": "markdown", "text": "x" * 12_000}],
    "image with a title": [image(title=plain("graph"))],
    "input in a message": [field()],
}


@pytest.mark.parametrize("blocks", FITTING.values(), ids=FITTING.keys())
def test_what_fits_is_taken(blocks: list[Json]) -> None:
    """Blocks at their limits are not refused."""
    assert check_blocks(blocks, Surface.MESSAGE) == []


REFUSED: dict[str, tuple[list[Any], str]] = {
    "unknown block": ([{"type": "video"}], "unsupported type: video [json-pointer:/blocks/0/type]"),
    "block without type": ([{}], "missing required field: type [json-pointer:/blocks/0]"),
    "block that is no object": (["x"], "must provide an object [json-pointer:/blocks/0]"),
    "column without settings": (
        [table(columns=2, column_settings=[None, {"align": "right"}])],
        "must provide an object [json-pointer:/blocks/0/column_settings/0]",
    ),
    "mention among lines of code": (
        [rich({"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U1"}]})],
        "unsupported type: user [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    "fifty-one blocks": ([{"type": "divider"}] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    "unknown field": ([section(color="red")], "invalid additional property: color [json-pointer:/blocks/0]"),
    "section too long": (
        [section(text=mrkdwn("x" * 3001))],
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "section empty": (
        [{"type": "section"}],
        "must define either `text` or `fields` [json-pointer:/blocks/0]",
    ),
    "section text empty": (
        [section(text=mrkdwn(""))],
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    "section text is a string": ([section(text="x")], "must provide an object [json-pointer:/blocks/0/text]"),
    "eleven fields": (
        [{"type": "section", "fields": [mrkdwn("x")] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "field too long": (
        [{"type": "section", "fields": [mrkdwn("x" * 2001)]}],
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    "header of mrkdwn": (
        [{"type": "header", "text": mrkdwn("x")}],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "header too long": (
        [{"type": "header", "text": plain("x" * 151)}],
        "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
    ),
    "context of eleven": (
        [{"type": "context", "elements": [mrkdwn("x")] * 11}],
        "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "button in context": (
        [{"type": "context", "elements": [button()]}],
        "unsupported type: button [json-pointer:/blocks/0/elements/0/type]",
    ),
    "actions empty": ([actions()], "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    "actions of twenty-six": (
        [actions(*(button(action_id=f"b{n}") for n in range(26)))],
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "action id twice": (
        [actions(button(), button())],
        '`action_id` "go" already exists for another element [json-pointer:/blocks/0/elements/1/action_id]',
    ),
    "block id twice": (
        [section(block_id="a"), section(block_id="a")],
        '`block_id` "a" already exists [json-pointer:/blocks/1/block_id]',
    ),
    "block id too long": (
        [section(block_id="x" * 256)],
        "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
    ),
    "action id too long": (
        [actions(button(action_id="x" * 256))],
        "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]",
    ),
    "button text too long": (
        [actions(button(text=plain("x" * 76)))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
    ),
    "button text of mrkdwn": (
        [actions(button(text=mrkdwn("x")))],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/text/type]",
    ),
    "button value too long": (
        [actions(button(value="x" * 2001))],
        "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
    ),
    "button style unknown": (
        [actions(button(style="default"))],
        "value must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]",
    ),
    "button url no address": (
        [actions(button(url="javascript:x"))],
        "must be a valid URL [json-pointer:/blocks/0/elements/0/url]",
    ),
    "confirm title too long": (
        [actions(button(confirm=confirm(title=plain("x" * 101))))],
        "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
    ),
    "confirm text too long": (
        [actions(button(confirm=confirm(text=mrkdwn("x" * 301))))],
        "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
    ),
    "confirm button too long": (
        [actions(button(confirm=confirm(deny=plain("x" * 31))))],
        "must be less than 31 characters [json-pointer:/blocks/0/elements/0/confirm/deny/text]",
    ),
    "select of a hundred and one": (
        [actions(select(options=[option(n) for n in range(101)]))],
        "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
    ),
    "select without options": (
        [actions({"type": "static_select", "action_id": "s"})],
        "must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]",
    ),
    "initial option not offered": (
        [actions(select(initial_option=option(7)))],
        "initial option must match one of the options [json-pointer:/blocks/0/elements/0]",
    ),
    "option text too long": (
        [actions(select(options=[option(text=plain("x" * 76))]))],
        "must be less than 76 characters [json-pointer:/blocks/0/elements/0/options/0/text/text]",
    ),
    "option value too long": (
        [actions(select(options=[option(value="x" * 151)]))],
        "must be less than 151 characters [json-pointer:/blocks/0/elements/0/options/0/value]",
    ),
    "option url in a select": (
        [actions(select(options=[option(url="https://example.com")]))],
        "invalid additional property: url [json-pointer:/blocks/0/elements/0/options/0]",
    ),
    "overflow of six": (
        [section(accessory={"type": "overflow", "options": [option(n) for n in range(6)]})],
        "no more than 5 items allowed [json-pointer:/blocks/0/accessory/options]",
    ),
    "text input as accessory": (
        [section(accessory={"type": "plain_text_input"})],
        "unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]",
    ),
    "button as an input": (
        [field(element=button())],
        "unsupported type: button [json-pointer:/blocks/0/element/type]",
    ),
    "date that is none": (
        [actions({"type": "datepicker", "initial_date": "22.11.2026"})],
        "must be a date of the form YYYY-MM-DD [json-pointer:/blocks/0/elements/0/initial_date]",
    ),
    "image without address": (
        [{"type": "image", "alt_text": "x"}],
        "must define either `image_url` or `slack_file` [json-pointer:/blocks/0]",
    ),
    "image without alt text": (
        [{"type": "image", "image_url": "https://example.com/a.png"}],
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    "table of a hundred and one rows": (
        [table(rows=101)],
        "no more than 100 items allowed [json-pointer:/blocks/0/rows]",
    ),
    "table of twenty-one columns": (
        [table(columns=21)],
        "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]",
    ),
    "table cell empty": (
        [table(text="")],
        "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]",
    ),
    "table cell of mrkdwn": (
        [{"type": "table", "rows": [[mrkdwn("x")]]}],
        "unsupported type: mrkdwn [json-pointer:/blocks/0/rows/0/0/type]",
    ),
    "table too long": (
        [table(rows=100, columns=1, text="x" * 101)],
        "tables must be less than 10001 characters [json-pointer:/blocks]",
    ),
    "rich text leaf empty": (
        [rich(rich_section(leaf("")))],
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
    ),
    "rich text leaf unknown": (
        [rich(rich_section({"type": "bold", "text": "x"}))],
        "unsupported type: bold [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    "rich text style unknown": (
        [rich(rich_section(leaf(style={"blink": True})))],
        "invalid additional property: blink [json-pointer:/blocks/0/elements/0/elements/0/style]",
    ),
    "rich text leaf outside a container": (
        [rich(leaf())],
        "unsupported type: text [json-pointer:/blocks/0/elements/0/type]",
    ),
    "markdown too long": (
        [{"type": "markdown", "text": "x" * 12_001}],
        "must be less than 12001 characters [json-pointer:/blocks/0/text]",
    ),
    "markdown too long together": (
        [{"type": "markdown", "text": "x" * 6_001}] * 2,
        "markdown blocks must be less than 12001 characters together [json-pointer:/blocks]",
    ),
}


@pytest.mark.parametrize(("blocks", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_does_not_fit_is_named(blocks: list[Any], says: str) -> None:
    """Each rule is broken once, and the problem says what and where."""
    assert [str(problem) for problem in check_blocks(blocks, Surface.MESSAGE)] == [says]


@pytest.mark.parametrize("block", [table(), {"type": "markdown", "text": "x"}], ids=["table", "markdown"])
@pytest.mark.parametrize("surface", [Surface.MODAL, Surface.HOME], ids=lambda s: s.value)
def test_message_blocks_stay_out_of_views(block: Json, surface: Surface) -> None:
    """Tables and markdown are for messages only."""
    problems = check_blocks([block], surface)
    assert [problem.says for problem in problems] == [f"unsupported type: {block['type']}"]


CONTENT: dict[str, tuple[Json, str]] = {
    "nothing": ({}, "no_text"),
    "blanks": ({"text": "  \n"}, "no_text"),
    "text too long": ({"text": "x" * 40_001}, "msg_too_long"),
    "blocks that are no JSON": ({"blocks": "[{"}, "invalid_blocks_format"),
    "blocks that are no array": ({"blocks": {"type": "section"}}, "invalid_blocks_format"),
    "blocks that are wrong": ({"text": "x", "blocks": [{"type": "nope"}]}, "invalid_blocks"),
    "two tables": ({"text": "x", "blocks": [table(), table()]}, "invalid_attachments"),
    "over 13,000 characters": ({"blocks": [section(text=mrkdwn("x" * 2700))] * 5}, "msg_blocks_too_long"),
    "metadata without payload": ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
    "metadata that is no JSON": ({"text": "x", "metadata": "{"}, "invalid_metadata_format"),
    "metadata of no type": (
        {"text": "x", "metadata": {"event_type": "", "event_payload": {}}},
        "invalid_metadata_format",
    ),
    "metadata with nothing in a field": (
        {"text": "x", "metadata": {"event_type": "a", "event_payload": {"b": None}}},
        "invalid_metadata_format",
    ),
    "metadata too deep": (
        {"text": "x", "metadata": {"event_type": "a", "event_payload": {"b": {"c": {"d": 1}}}}},
        "invalid_metadata_format",
    ),
    "metadata too large": (
        {"text": "x", "metadata": {"event_type": "a", "event_payload": {"b": "x" * 9_000}}},
        "metadata_too_large",
    ),
}


@pytest.mark.parametrize(("said", "code"), CONTENT.values(), ids=CONTENT.keys())
def test_messages_are_refused_with_slacks_codes(said: Json, code: str) -> None:
    """The whole message is judged, not only its blocks."""
    with pytest.raises(Refused) as caught:
        checked_content(said)
    assert caught.value.code == code


def test_metadata_holds_plain_values_and_flat_objects() -> None:
    """As Slack's own types have it."""
    payload = {"incident": "1F3K", "deaths": 7, "open": True, "pod": {"name": "web-1"}, "all": [{"n": 1}]}
    metadata = {"event_type": "podbot_incident", "event_payload": payload}
    assert checked_content({"text": "x", "metadata": metadata}).metadata == metadata


def test_each_block_costs_room() -> None:
    """Many small blocks fill a message sooner than one large block."""
    assert message_size([section()] * 2) - message_size([section()]) > len("hello")


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain("Delete"), "blocks": [section()], **more}


VIEWS: dict[str, tuple[Any, str]] = {
    "title too long": (
        modal(title=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/title/text]",
    ),
    "title missing": (
        {"type": "modal", "blocks": []},
        "missing required field: title [json-pointer:/view]",
    ),
    "submit too long": (
        modal(submit=plain("x" * 25)),
        "must be less than 25 characters [json-pointer:/view/submit/text]",
    ),
    "input without submit": (modal(blocks=[field()]), "missing required field: submit [json-pointer:/view]"),
    "private metadata too long": (
        modal(private_metadata="x" * 3001),
        "must be less than 3001 characters [json-pointer:/view/private_metadata]",
    ),
    "callback id too long": (
        modal(callback_id="x" * 256),
        "must be less than 256 characters [json-pointer:/view/callback_id]",
    ),
    "too many blocks": (
        modal(blocks=[{"type": "divider"}] * 101),
        "no more than 100 items allowed [json-pointer:/view/blocks]",
    ),
    "block inside is wrong": (
        modal(blocks=[section(text=mrkdwn("x" * 3001))]),
        "must be less than 3001 characters [json-pointer:/view/blocks/0/text/text]",
    ),
    "a home is no modal": (
        {"type": "home", "blocks": []},
        "unsupported type: home [json-pointer:/view/type]",
    ),
    "no object": ([], "must provide an object [json-pointer:/view]"),
}


@pytest.mark.parametrize(("view", "says"), VIEWS.values(), ids=VIEWS.keys())
def test_views_are_refused_with_reasons(view: Any, says: str) -> None:
    """A modal that Slack would not open names its problem."""
    with pytest.raises(Refused) as caught:
        check_view(view, Surface.MODAL)
    assert caught.value.answer()["response_metadata"]["messages"] == [f"[ERROR] {says}"]


def test_a_view_may_not_be_huge() -> None:
    """Even within every single limit a view ends at 250 KB."""
    full = select(options=[option(n, description=plain("d" * 75)) for n in range(100)])
    elements = [{**full, "action_id": f"a{n}"} for n in range(25)]
    with pytest.raises(Refused, match="view_too_large"):
        check_view(modal(blocks=[actions(*elements)]), Surface.MODAL)
