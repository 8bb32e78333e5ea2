"""What an app answers through a response URL or in the acknowledgement of a slash command.

Slack's rules, some learned the hard way: an answer is ephemeral unless it says `in_channel`; the answer to an
action replaces the message acted on unless it says `replace_original: false`; the answer to a slash command
has no original, so `replace_original` does nothing there (slackapi/bolt-js#2287); a thread may be chosen for
what all may see only (slackapi/bolt-js#963).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.playground.workspace.messages import Message
from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.response_urls import Origin, ResponseUrl
from bot.playground.workspace.rules.messages import checked_content
from bot.playground.workspace.state import Workspace
from bot.playground.workspace.wire import Ts

_TYPES = ("ephemeral", "in_channel")


def respond(workspace: Workspace, url: ResponseUrl, body: Mapping[str, Any]) -> None:
    """Posts, replaces or deletes as the body says.

    Raises:
        Refused: As for any message, or `invalid_payload` for an unknown `response_type`.
    """
    original = _original(workspace, url)
    if original is not None and _is_true(body.get("delete_original")):
        workspace.delete(original)
        return
    content = checked_content(body)
    response_type = body.get("response_type") or "ephemeral"
    if response_type not in _TYPES:
        raise Refused("invalid_payload")
    if original is not None and _is_true(body.get("replace_original", response_type != "in_channel")):
        workspace.edit(original, replace(content, metadata=content.metadata or original.metadata))
        return
    public = response_type == "in_channel"
    thread_ts = (body.get("thread_ts") if public else None) or url.thread_ts
    workspace.post_as_app(
        workspace.channels[url.channel],
        content,
        thread_ts=Ts(thread_ts) if thread_ts else None,
        ephemeral_to=None if public else url.user,
    )


def _original(workspace: Workspace, url: ResponseUrl) -> Message | None:
    if url.origin is Origin.COMMAND or url.source is None:
        return None
    return workspace.messages.get(url.channel, url.source)


def _is_true(value: object) -> bool:
    return value in (True, "true", "1", 1)
