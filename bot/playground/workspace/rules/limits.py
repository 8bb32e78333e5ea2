"""Slack's limits as named numbers.

Sources, unless a line says otherwise: Slack's Block Kit reference and the reference page of the method
concerned. Lengths are in characters.
"""

from __future__ import annotations

from typing import Final

# Messages
MESSAGE_BLOCKS: Final = 50
MESSAGE_TEXT: Final = 40_000
UPDATE_TEXT: Final = 4_000
"""Of `chat.update`, whose reference names it at `msg_too_long`."""
MESSAGE_SIZE: Final = 13_500
"""All text in the blocks plus `BLOCK_COST` for each block.

Undocumented: reports in slackapi/bolt-js#2509 and #2867 agree on refusals a little above 13,000, and on about
125 characters charged for one more (empty) block.
"""
BLOCK_COST: Final = 125
METADATA_BYTES: Final = 8_192
"""Slack documents the refusal but no number; this one keeps metadata to what it is for."""

# Blocks
BLOCK_ID: Final = 255
SECTION_TEXT: Final = 3_000
SECTION_FIELDS: Final = 10
SECTION_FIELD_TEXT: Final = 2_000
HEADER_TEXT: Final = 150
CONTEXT_ELEMENTS: Final = 10
CONTEXT_TEXT: Final = 3_000
ACTIONS_ELEMENTS: Final = 25
MARKDOWN_TEXT: Final = 12_000
"""Over all markdown blocks of a message together."""
IMAGE_URL: Final = 3_000
IMAGE_ALT_TEXT: Final = 2_000
IMAGE_TITLE: Final = 2_000
INPUT_LABEL: Final = 2_000
INPUT_HINT: Final = 2_000

# Tables
TABLES: Final = 1
TABLE_ROWS: Final = 100
TABLE_COLUMNS: Final = 20
TABLE_CHARACTERS: Final = 10_000
"""Over all cells of all tables of a message."""

# Elements and composition objects
ACTION_ID: Final = 255
BUTTON_TEXT: Final = 75
BUTTON_VALUE: Final = 2_000
BUTTON_URL: Final = 3_000
BUTTON_LABEL: Final = 75
PLACEHOLDER: Final = 150
SELECT_OPTIONS: Final = 100
OPTION_GROUPS: Final = 100
OPTION_GROUP_LABEL: Final = 75
OPTION_TEXT: Final = 75
OPTION_VALUE: Final = 150
OPTION_DESCRIPTION: Final = 75
OPTION_URL: Final = 3_000
OVERFLOW_OPTIONS: Final = 5
CHOICE_OPTIONS: Final = 10
"""Radio buttons and checkboxes."""
PLAIN_TEXT_INPUT: Final = 3_000
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30

# Views
VIEW_BLOCKS: Final = 100
VIEW_TITLE: Final = 24
VIEW_BUTTON: Final = 24
VIEW_PRIVATE_METADATA: Final = 3_000
VIEW_CALLBACK_ID: Final = 255
VIEW_EXTERNAL_ID: Final = 255
VIEW_BYTES: Final = 250_000
VIEW_STACK: Final = 3

# Interactions
TRIGGER_SECONDS: Final = 3.0
RESPONSE_URL_SECONDS: Final = 30 * 60.0
RESPONSE_URL_USES: Final = 5
ACK_SECONDS: Final = 3.0
SOCKET_CONNECTIONS: Final = 10
EVENT_RETRIES: Final = 3
