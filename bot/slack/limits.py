"""Slack's limits, and what of them podbot uses. Lengths are in characters.

From Slack's Block Kit reference, unless a line names another source.
"""

from __future__ import annotations

from typing import Final

MESSAGE_BLOCKS: Final = 50
MESSAGE_SIZE: Final = 12_000
"""Text over all blocks, each block weighing `BLOCK_WEIGHT` more. Slack says no number; users of its SDK
report `msg_blocks_too_long` from about 13,200 (slackapi/bolt-js#2509), so this stays clear of it."""
BLOCK_WEIGHT: Final = 150
"""What one more block takes from the room for text; the same report measured 125."""
PLAIN_TEXT: Final = 3_000
"""Escaped, of the 4,000 that `chat.update` takes as `text`, while a post may have 40,000 and comes in several
messages beyond some 4,000 (slackapi/java-slack-sdk#704). Notifications show two lines, and screen readers
should not recite a log."""

PARAGRAPH: Final = 3_000
"""Our own measure for running text, that of Slack's section block."""
PREFORMATTED: Final = 8_000
"""Our own: more log than this is a file to be searched, not a message to be scrolled."""
CONTEXT_ELEMENTS: Final = 10
CONTEXT_TEXT: Final = 2_000
ACTIONS_ELEMENTS: Final = 25
ACTIONS_SIZE: Final = 6_000
"""Our own: labels and values of one row of buttons and menus together."""
MENU_SIZE: Final = 4_000
"""Our own: labels and values of one menu."""

TABLE_ROWS: Final = 100
"""The heading is one of them."""
TABLE_COLUMNS: Final = 20
TABLE_SIZE: Final = 9_000
"""Of 10,000 in all cells of a message, so that the rest of the message finds room beside a full table."""

ACTION_ID: Final = 255
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
PLACEHOLDER: Final = 150
HEADER_TEXT: Final = 150
OPTIONS: Final = 100
OVERFLOW_OPTIONS: Final = 5
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
URL: Final = 3_000

VIEW_TITLE: Final = 24
VIEW_PRIVATE_METADATA: Final = 3_000
VIEW_BLOCKS: Final = 100
VIEW_SIZE: Final = 240_000
"""Bytes of JSON that its blocks may take; Slack refuses a view of more than 250 KB."""

FILENAME: Final = 120
"""Our own: no file system or browser takes offence."""
FILE_TITLE: Final = 150
"""Our own."""
FILE_ALT: Final = 1_000
"""Slack refuses more with `alt_txt_too_large`."""
