"""The views of the deletion dialog: looking, asking, deleting, and how it ended. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import structs

from bot.model.commands import LONGEST_REASON, DeletePod, DeletePods, Manner
from bot.model.deletions import DeletionPlan, SeenPod
from bot.model.messages import Actions, Block, Message, Paragraph, Table, Text, code
from bot.model.people import UserId
from bot.slack import limits
from bot.slack.blocks import render
from bot.slack.drawing import Json
from bot.slack.place import Place

CALLBACK = "delete"
REASON = "reason"
COUNT = "count"


class Pending(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a dialog waits to confirm; travels in the dialog itself, so that any replica can go on with it."""

    asker: UserId
    namespace: str
    pods: tuple[SeenPod, ...]
    manner: Manner = Manner()
    """Without its reason, which is in the dialog's input."""
    counted: bool = False
    """The number of pods has to be typed."""
    asked_at: datetime
    place: Place

    @property
    def fits(self) -> bool:
        """Whether a dialog has room for it."""
        return len(_metadata(self)) <= limits.VIEW_PRIVATE_METADATA


def pending(plan: DeletionPlan, *, asker: UserId, asked_at: datetime, place: Place) -> Pending:
    """What the dialog of a plan waits to confirm."""
    return Pending(
        asker=asker,
        namespace=plan.namespace,
        pods=tuple(SeenPod(pod.name, pod.uid) for pod in plan.pods),
        manner=structs.replace(plan.manner, reason=""),
        counted=plan.counted,
        asked_at=asked_at,
        place=place,
    )


def looking(command: DeletePod | DeletePods) -> Json:
    """Shown at once, while the cluster is asked."""
    if isinstance(command, DeletePod):
        what: tuple[Text, ...] = (code(command.pod),)
    elif command.selector:
        what = (Text("the pods with "), code(command.selector))
    else:
        what = (Text(f"{len(command.pods)} pods"),)
    return _view(_line(Text("Looking at "), *what, Text(f" in {command.namespace} …")), close="Cancel")


def confirmation(plan: tuple[Block, ...], waiting: Pending, *, reason: str = "") -> Json:
    """The plan, the reason, where need be the number of pods, and the button that deletes."""
    number = len(waiting.pods)
    view = _view(Message(text=f"Delete {_some(waiting)}?", blocks=plan), close="Cancel")
    if waiting.counted:
        label = f"Type {number} to delete {'this pod' if number == 1 else f'these {number} pods'}"
        view["blocks"].append(_input(COUNT, label, {"max_length": 6}))
    element = {"max_length": LONGEST_REASON} | ({"initial_value": reason} if reason else {})
    view["blocks"].append(_input(REASON, "Reason", element) | {"optional": True})
    return view | {
        "submit": {"type": "plain_text", "text": "Delete"},
        "callback_id": CALLBACK,
        "private_metadata": _metadata(waiting),
    }


def mistakes(waiting: Pending, values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with what was entered, by block id."""
    number = str(len(waiting.pods))
    if waiting.counted and values.get(COUNT, "").strip() != number:
        return {COUNT: f"Type {number}, which is how many pods will be deleted."}
    return {}


def deleting(waiting: Pending) -> Json:
    """Shown from the press of the button until the API server has answered."""
    line = _line(Text("Deleting "), code(_some(waiting)), Text(f" in {waiting.namespace} …"))
    return _view(line, close="Close")


def ending(message: Message) -> Json:
    """How it ended: nothing is left to press but to close it."""
    return _view(message, close="Close")


def read_pending(private_metadata: str) -> Pending:
    """What the dialog was about; raises `msgspec.MsgspecError` for what no dialog of this version carries."""
    return msgspec.json.decode(private_metadata, type=Pending)


def _metadata(waiting: Pending) -> str:
    return msgspec.json.encode(waiting).decode()


def _some(waiting: Pending) -> str:
    return waiting.pods[0].name if len(waiting.pods) == 1 else f"{len(waiting.pods)} pods"


def _input(block: str, label: str, element: Json) -> Json:
    return {
        "type": "input",
        "block_id": block,
        "label": {"type": "plain_text", "text": label},
        "element": {"type": "plain_text_input", "action_id": block, **element},
    }


def _line(*line: Text) -> Message:
    return Message(text="".join(each.text for each in line), blocks=(Paragraph((line,)),))


def _view(message: Message, *, close: str) -> Json:
    shown = tuple(each for each in message.blocks if not isinstance(each, Actions | Table))
    rendered = render(structs.replace(message, blocks=shown or (Paragraph(((Text(message.text),),)),)))
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": "Delete"},
        "close": {"type": "plain_text", "text": close},
        "blocks": list(rendered.blocks),
    }
