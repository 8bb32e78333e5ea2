"""Block Kit for the tests: one of everything that the page draws."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def section(text: str) -> Json:
    return {"type": "section", "text": mrkdwn(text)}


def options(*names: str) -> list[Json]:
    return [{"text": plain(name), "value": name.lower()} for name in names]


def button(text: str, action_id: str, **more: Any) -> Json:
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def table(*rows: tuple[str, ...]) -> Json:
    return {
        "type": "table",
        "column_settings": [{"is_wrapped": False}, {"align": "right"}],
        "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows],
    }


def preformatted(text: str) -> Json:
    element = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [element]}


def confirmation() -> Json:
    return {
        "title": plain("Delete web-1?"),
        "text": mrkdwn("Its ReplicaSet will start *another*."),
        "confirm": plain("Delete"),
        "deny": plain("Keep"),
        "style": "danger",
    }


def rich_text() -> Json:
    def run(*elements: Json) -> Json:
        return {"type": "rich_text_section", "elements": list(elements)}

    def words(text: str, **style: bool) -> Json:
        return {"type": "text", "text": text, **({"style": style} if style else {})}

    return {
        "type": "rich_text",
        "elements": [
            run(
                words("loud", bold=True),
                words("slanted", italic=True),
                words("gone", strike=True),
                words("typed", code=True),
                {"type": "user", "user_id": "U02BOB"},
                {"type": "usergroup", "usergroup_id": "S01ONCALL"},
                {"type": "channel", "channel_id": "C02ALERTS"},
                {"type": "broadcast", "range": "channel"},
                {"type": "emoji", "name": "fire"},
                {
                    "type": "date",
                    "timestamp": 1_763_800_000,
                    "format": "{date_num} {time}",
                    "fallback": "then",
                },
                {"type": "link", "url": "https://example.com/rich", "text": "a rich link"},
            ),
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [run(words("first")), run(words("second"))],
            },
            {"type": "rich_text_list", "style": "ordered", "indent": 1, "elements": [run(words("nested"))]},
            {"type": "rich_text_quote", "elements": [words("as they said")]},
            {"type": "rich_text_preformatted", "elements": [words("exit   137\n  at line 2")]},
        ],
    }


def everything(image_url: str) -> list[Json]:
    """One of each block, as a message may hold them together."""
    return [
        {"type": "header", "text": plain("OOMKilled · web")},
        {
            "type": "section",
            "text": mrkdwn(
                "*bold* _it_ ~no~ `code` <https://example.com|text> <@U01ALICE> :fire:\n> quoted\n```  pre```"
            ),
            "fields": [mrkdwn("*Pod*\nweb-1"), plain("Node worker-1")],
            "accessory": button("Open", "open", url="https://example.com/runbook"),
        },
        {"type": "divider"},
        {"type": "context", "elements": [mrkdwn("incident `1F3K`"), plain("route shop")]},
        table(("NAME", "READY"), ("web-7d4b9c6f5-x2x9q", "0/1")),
        rich_text(),
        {"type": "image", "image_url": image_url, "alt_text": "a red dot", "title": plain("Memory")},
        actions(
            button("Acknowledge", "ack", style="primary", value="1F3K"),
            button("Delete", "delete", style="danger", confirm=confirmation()),
            {
                "type": "static_select",
                "action_id": "silence",
                "placeholder": plain("Silence"),
                "options": options("1 hour", "2 hours"),
            },
            {"type": "overflow", "action_id": "more", "options": options("Export", "Mute")},
            {"type": "datepicker", "action_id": "day", "initial_date": "2026-11-22"},
        ),
    ]


MARKDOWN = """# Heading
Some **bold**, *slanted*, ~~gone~~, `code` and [a link](https://example.com/md).

- one
- two
  1. deeper

> wise words

| A | B |
|---|--:|
| x | 1 |

```
fenced   text
```
"""


def modal() -> Json:
    """A modal with every kind of input."""

    def field(block_id: str, label: str, element: Json, *, optional: bool = True) -> Json:
        return {
            "type": "input",
            "block_id": block_id,
            "label": plain(label),
            "element": element,
            "optional": optional,
        }

    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Delete a pod"),
        "submit": plain("Delete"),
        "close": plain("Cancel"),
        "blocks": [
            section("Delete `web-1` in *shop*?"),
            field("reason", "Reason", {"type": "plain_text_input", "action_id": "text"}, optional=False),
            field(
                "grace",
                "Grace period",
                {"type": "number_input", "is_decimal_allowed": False, "action_id": "n"},
            ),
            field(
                "ns",
                "Namespace",
                {"type": "static_select", "action_id": "s", "options": options("Shop", "Payments")},
            ),
            field(
                "parts",
                "Containers",
                {"type": "multi_static_select", "action_id": "m", "options": options("App", "Proxy")},
            ),
            field("pod", "Pod", {"type": "external_select", "action_id": "pod", "min_query_length": 1}),
            field("who", "Second person", {"type": "users_select", "action_id": "u"}),
            field(
                "keep",
                "Save first",
                {"type": "checkboxes", "action_id": "c", "options": options("Logs", "Events")},
            ),
            field(
                "how", "How", {"type": "radio_buttons", "action_id": "r", "options": options("Gently", "Now")}
            ),
            field("day", "Not before", {"type": "datepicker", "action_id": "d"}),
            field("hour", "At", {"type": "timepicker", "action_id": "t"}),
        ],
    }
