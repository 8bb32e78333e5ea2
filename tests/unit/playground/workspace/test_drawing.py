"""The plain-text drawing that scenario tests and goldens compare."""

from __future__ import annotations

from typing import Any

from tests.support.drawing import as_text, view_as_text

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def leaves(kind: str, *elements: Json) -> Json:
    return {"type": kind, "elements": list(elements)}


def test_every_block_is_drawn() -> None:
    """One message with a block of each kind."""
    image = {"type": "image", "alt_text": "a graph", "image_url": "https://example.com/a.png"}
    options = [{"text": plain("One"), "value": "1"}, {"text": plain("Two"), "value": "2"}]
    cells: list[list[Json]] = [[{"type": "raw_text", "text": "NAME"}, {"type": "raw_text", "text": "READY"}]]
    cells += [
        [
            {"type": "raw_number", "value": 7},
            rich(leaves("rich_text_section", {"type": "text", "text": "1/1"})),
        ]
    ]
    message: Json = {
        "ts": "1.0",
        "text": "unused",
        "files": [{"name": "a.log", "size": 3}],
        "blocks": [
            {"type": "header", "text": plain("OOMKilled")},
            {
                "type": "section",
                "text": {"type": "mrkdwn", "text": "since <!date^1^{time}|14:02> &amp; <https://a.b|on>"},
                "fields": [plain("left"), plain("right")],
                "accessory": {"type": "overflow", "options": options},
            },
            {"type": "context", "elements": [image, plain("note")]},
            {
                "type": "actions",
                "elements": [
                    {"type": "button", "text": plain("Go")},
                    {"type": "static_select", "placeholder": plain("Pick"), "options": options},
                    {"type": "users_select"},
                    {"type": "checkboxes", "options": options},
                    {"type": "radio_buttons", "options": options},
                ],
            },
            {"type": "divider"},
            {"type": "markdown", "text": "**bold**"},
            image,
            {"type": "section", "text": plain("with a picture"), "accessory": image},
            {"type": "table", "rows": cells},
            rich(
                leaves("rich_text_preformatted", {"type": "text", "text": "a\nb"}),
                leaves("rich_text_quote", {"type": "text", "text": "said"}),
                leaves("rich_text_list", leaves("rich_text_section", {"type": "text", "text": "item"})),
                leaves(
                    "rich_text_section",
                    {"type": "text", "text": "code", "style": {"code": True}},
                    {"type": "link", "url": "https://a.b"},
                    {"type": "user", "user_id": "U1"},
                    {"type": "usergroup", "usergroup_id": "S1"},
                    {"type": "channel", "channel_id": "C1"},
                    {"type": "emoji", "name": "wave"},
                    {"type": "broadcast", "range": "here"},
                    {"type": "date", "timestamp": 1, "fallback": "then"},
                    {"type": "color", "value": "#fff"},
                ),
            ),
            {"type": "video"},
        ],
    }
    assert as_text(message).splitlines() == [
        "# OOMKilled",
        "since 14:02 & on [ ⋯ One | Two ]",
        "left",
        "right",
        "(image: a graph) · note",
        "[ Go ] [ Pick ▾ ] [ users_select ▾ ] [ ] One [ ] Two ( ) One ( ) Two",
        "---",
        "**bold**",
        "(image: a graph)",
        "with a picture (image: a graph)",
        "NAME  READY",
        "7     1/1",
        "┃ a",
        "┃ b",
        "> said",
        "• item",
        "`code`https://a.b<@U1><!subteam^S1><#C1>:wave:@herethen(color)",
        "(video)",
        "(file a.log, 3 bytes)",
    ]


def test_a_message_without_blocks_is_its_text() -> None:
    """Plain messages are drawn by what they say."""
    assert as_text({"ts": "1.0", "text": "a &lt; b"}) == "a < b"


def test_a_view_is_drawn_with_its_buttons() -> None:
    """Title, inputs and what ends the view."""
    field = {
        "type": "input",
        "label": plain("Reason"),
        "optional": True,
        "element": {"type": "plain_text_input"},
    }
    view = {"title": plain("Delete"), "blocks": [field], "submit": plain("Delete"), "close": plain("Cancel")}
    assert view_as_text(view) == "Delete\nReason (optional) [______]\n[ Delete ] [ Cancel ]"
