"""What refusals mean for a letter. The codes are those of `chat.postMessage` and `chat.update`, and ours."""

from __future__ import annotations

from enum import Enum


class Meaning(Enum):
    """What is wrong: with the form, the message, the thread, the channel, or with Slack as a whole."""

    SHAPE = "shape"
    """Slack refuses the form, not the message: its plain text goes out instead."""
    GONE = "gone"
    """The message cannot be updated any more, or not like this: it is posted anew."""
    NO_THREAD = "no thread"
    """Nothing can be added to the thread: it is said in the channel."""
    CHANNEL = "channel"
    """The way to the channel is closed until a person opens it: another channel is told."""
    SLACK = "slack"
    """Slack takes nothing from podbot until a person mends it: only the webhook is left."""
    UNKNOWN = "unknown"
    """A code that is in none of these: what is wrong, and for how long, nobody knows."""


_CODES = {
    Meaning.SHAPE: frozenset(
        {
            "attachment_payload_limit_exceeded",
            "invalid_attachments",
            "invalid_blocks",
            "invalid_blocks_format",
            "invalid_metadata_format",
            "invalid_metadata_schema",
            "invalid_payload",
            "metadata_must_be_sent_from_app",
            "metadata_too_large",
            "msg_blocks_too_long",
            "msg_too_long",
            "too_many_attachments",
            "podbot_cannot_draw_it",  # ours: `calls`
            "webhook_refuses",  # ours: `ops.paging`
        }
    ),
    Meaning.GONE: frozenset(
        {
            "block_mismatch",  # rich text cannot be replaced by what is none
            "cant_update_message",
            "edit_window_closed",
            "message_not_found",
        }
    ),
    Meaning.NO_THREAD: frozenset(
        {"cannot_reply_to_message", "restricted_action_thread_locked", "thread_not_found"}
    ),
    Meaning.CHANNEL: frozenset(
        {
            "channel_not_found",
            "channel_type_not_supported",
            "is_archived",
            "is_inactive",
            "messages_tab_disabled",
            "method_not_supported_for_channel_type",
            "no_permission",
            "not_in_channel",
            "restricted_action",
            "restricted_action_non_threadable_channel",
            "restricted_action_read_only_channel",
            "restricted_action_thread_only_channel",
        }
    ),
    Meaning.SLACK: frozenset(
        {
            "access_denied",
            "accesslimited",
            "account_inactive",
            "ekm_access_denied",
            "enterprise_is_restricted",
            "invalid_auth",
            "message_limit_exceeded",
            "missing_scope",
            "not_allowed_token_type",
            "not_authed",
            "org_login_required",
            "team_access_not_granted",
            "token_expired",
            "token_revoked",
            "two_factor_setup_required",
        }
    ),
}
_MEANINGS = {code: meaning for meaning, codes in _CODES.items() for code in codes}


def meaning(code: str) -> Meaning:
    """What a refusal means."""
    return _MEANINGS.get(code, Meaning.UNKNOWN)


def codes(of: Meaning) -> frozenset[str]:
    """All codes of one meaning."""
    return _CODES[of]
