"""The views of the deletion dialog: looking, asking, deleting, and how it ended. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import msgspec

from bot.model.messages import Actions, Block, Message, Paragraph, Table, Text, code
from bot.model.people import UserId
from bot.model.pods import PodUid
from bot.slack import limits
from bot.slack.blocks import render
from bot.slack.drawing import Json
from bot.slack.place import Place

CALLBACK = "delete"
REASON = "reason"


class Pending(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a dialog waits to confirm; travels in the dialog itself, so that any replica can go on with it."""

    asker: UserId
    namespace: str
    pod: str
    uid: PodUid
    asked_at: datetime
    place: Place


def looking(namespace: str, pod: str) -> Json:
    """Shown at once, while the cluster is asked."""
    return _view(_line("Looking at ", pod, f" in {namespace} …"), close="Cancel")


def confirmation(plan: tuple[Block, ...], pending: Pending) -> Json:
    """The plan, the reason, and the button that deletes."""
    reason: Json = {
        "type": "input",
        "block_id": REASON,
        "optional": True,
        "label": {"type": "plain_text", "text": "Reason"},
        "element": {"type": "plain_text_input", "action_id": REASON, "max_length": limits.REASON},
    }
    view = _view(Message(text=f"Delete {pending.pod}?", blocks=plan), close="Cancel")
    view["blocks"].append(reason)
    return view | {
        "submit": {"type": "plain_text", "text": "Delete"},
        "callback_id": CALLBACK,
        "private_metadata": msgspec.json.encode(pending).decode(),
    }


def deleting(namespace: str, pod: str) -> Json:
    """Shown from the press of the button until the API server has answered."""
    return _view(_line("Deleting ", pod, f" in {namespace} …"), close="Close")


def ending(message: Message) -> Json:
    """How it ended: nothing is left to press but to close it."""
    return _view(message, close="Close")


def read_pending(private_metadata: str) -> Pending:
    """What the dialog was about; raises `msgspec.MsgspecError` for what no dialog of this version carries."""
    return msgspec.json.decode(private_metadata, type=Pending)


def _line(before: str, pod: str, after: str) -> Message:
    return Message(
        text=f"{before}{pod}{after}",
        blocks=(Paragraph(((Text(before), code(pod), Text(after)),)),),
    )


def _view(message: Message, *, close: str) -> Json:
    shown = tuple(each for each in message.blocks if not isinstance(each, Actions | Table))
    rendered = render(replace(message, blocks=shown or (Paragraph(((Text(message.text),),)),)))
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Delete a pod"},
        "close": {"type": "plain_text", "text": close},
        "blocks": list(rendered.blocks),
    }
