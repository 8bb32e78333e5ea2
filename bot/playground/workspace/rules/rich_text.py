"""The rich_text block: its four containers, their leaves and their styles.

Observed rules: an empty `elements` array is accepted, a text leaf of length zero is not. Used by `blocks`,
also for the cells of tables.
"""

from __future__ import annotations

from bot.playground.workspace.rules.composition import block_id
from bot.playground.workspace.rules.shapes import (
    Check,
    anything,
    boolean,
    integer,
    items,
    one_of,
    record,
    string,
    tagged,
)

_style = record(
    {},
    dict.fromkeys(
        ("bold", "italic", "strike", "underline", "code", "highlight", "client_highlight", "unlink"), boolean
    ),
)


def _leaf(required: dict[str, Check], **optional: Check) -> Check:
    return record({"type": anything, **required}, {"style": _style, **optional})


_words: dict[str, Check] = {
    "text": _leaf({"text": string()}),
    "link": _leaf({"url": string()}, text=string(least=0), unsafe=boolean),
}
_leaves = tagged(
    {
        **_words,
        "user": _leaf({"user_id": string()}),
        "usergroup": _leaf({"usergroup_id": string()}),
        "team": _leaf({"team_id": string()}),
        "channel": _leaf({"channel_id": string()}),
        "emoji": _leaf({"name": string()}, unicode=string(), skin_tone=integer(least=1, most=6)),
        "broadcast": _leaf({"range": one_of("here", "channel", "everyone")}),
        "color": _leaf({"value": string()}),
        "date": _leaf({"timestamp": integer(), "format": string()}, url=string(), fallback=string()),
    }
)

_inline = items(_leaves, most=None, least=0)
_verbatim = items(tagged(_words), most=None, least=0)
_border = one_of(0, 1)
_section = record({"type": anything, "elements": _inline})

_containers = tagged(
    {
        "rich_text_section": _section,
        "rich_text_preformatted": record(
            {"type": anything, "elements": _verbatim}, {"border": _border, "language": string()}
        ),
        "rich_text_quote": record({"type": anything, "elements": _inline}, {"border": _border}),
        "rich_text_list": record(
            {
                "type": anything,
                "style": one_of("bullet", "ordered"),
                "elements": items(tagged({"rich_text_section": _section}), most=None),
            },
            {"indent": integer(most=8), "offset": integer(), "border": _border},
        ),
    }
)

rich_text = record(
    {"type": anything, "elements": items(_containers, most=None, least=0)}, {"block_id": block_id}
)
"""A whole rich_text block, which is also a table's rich cell."""
