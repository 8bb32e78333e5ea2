"""Views: the modals a person has open, one on top of the other, and each person's Home tab."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

from bot.playground.workspace.decoration import decorated
from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.rules import limits
from bot.playground.workspace.rules.blocks import Surface
from bot.playground.workspace.wire import Clock, Json, UserId, ViewId


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view as it is open now.

    Attributes:
        definition: What the app gave, with ids filled in.
        values: The state of its inputs: block id, action id, value.
    """

    id: ViewId
    user: UserId
    kind: Surface
    definition: Json
    hash: str
    root: ViewId
    previous: ViewId | None = None
    values: Json = field(default_factory=dict)


class ViewStore:
    """Every open view and who looks at it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stacks: dict[UserId, list[View]] = {}
        self._homes: dict[UserId, View] = {}

    def open(self, user: UserId, definition: Json) -> View:
        """Opens a modal in place of any other the person has open."""
        self._check_external_id(definition, None)
        view_id = _new_id()
        view = self._made(view_id, user, Surface.MODAL, definition, root=view_id)
        self._stacks[user] = [view]
        return view

    def push(self, user: UserId, definition: Json) -> View:
        """Puts a modal on top of the person's open ones.

        Raises:
            Refused: `not_found` without an open modal, `push_limit_reached` above three.
        """
        stack = self._stacks.get(user)
        if not stack:
            raise Refused("not_found")
        if len(stack) >= limits.VIEW_STACK:
            raise Refused("push_limit_reached")
        self._check_external_id(definition, None)
        view = self._made(_new_id(), user, Surface.MODAL, definition, root=stack[0].id, previous=stack[-1].id)
        stack.append(view)
        return view

    def update(self, view: View, definition: Json, *, if_hash: str | None = None) -> View:
        """Replaces what an open modal shows; inputs keep their values where ids are the same.

        Raises:
            Refused: `not_found` when it is closed, `hash_conflict` when it changed meanwhile.
        """
        stack = self._stacks.get(view.user, [])
        place = next((index for index, each in enumerate(stack) if each.id == view.id), None)
        if place is None:
            raise Refused("not_found")
        current = stack[place]
        if if_hash is not None and if_hash != current.hash:
            raise Refused("hash_conflict")
        self._check_external_id(definition, current.id)
        stack[place] = replace(
            self._made(current.id, current.user, current.kind, definition, root=current.root),
            previous=current.previous,
            values=_surviving(current.values, definition),
        )
        return stack[place]

    def publish(self, user: UserId, definition: Json, *, if_hash: str | None = None) -> View:
        """Shows a Home tab.

        Raises:
            Refused: `hash_conflict` when it changed meanwhile.
        """
        old = self._homes.get(user)
        if if_hash is not None and (old is None or old.hash != if_hash):
            raise Refused("hash_conflict")
        view_id = old.id if old else _new_id()
        self._homes[user] = self._made(view_id, user, Surface.HOME, definition, root=view_id)
        return self._homes[user]

    def fill(self, view: View, values: Json) -> View:
        """Records what the person entered, block by block."""
        merged = {
            **view.values,
            **{block: {**view.values.get(block, {}), **held} for block, held in values.items()},
        }
        filled = replace(view, values=merged)
        if view.kind is Surface.HOME:
            self._homes[view.user] = filled
        else:
            stack = self._stacks.get(view.user, [])
            self._stacks[view.user] = [filled if each.id == view.id else each for each in stack]
        return filled

    def close(self, view: View) -> None:
        """Closes one modal and shows the one below."""
        stack = self._stacks.get(view.user, [])
        self._stacks[view.user] = [each for each in stack if each.id != view.id]

    def clear(self, user: UserId) -> None:
        """Closes all of the person's modals."""
        self._stacks.pop(user, None)

    def top(self, user: UserId) -> View | None:
        """The modal the person looks at."""
        stack = self._stacks.get(user)
        return stack[-1] if stack else None

    def home(self, user: UserId) -> View | None:
        """The person's Home tab, if the app has published one."""
        return self._homes.get(user)

    def find(self, *, view_id: str | None = None, external_id: str | None = None) -> View | None:
        """An open modal or a Home tab by its id or the app's own id."""
        for view in self._all():
            if view.id == view_id or (external_id and view.definition.get("external_id") == external_id):
                return view
        return None

    def _all(self) -> list[View]:
        return [view for stack in self._stacks.values() for view in stack] + list(self._homes.values())

    def _check_external_id(self, definition: Json, own: ViewId | None) -> None:
        wanted = definition.get("external_id")
        if wanted and any(v.definition.get("external_id") == wanted and v.id != own for v in self._all()):
            raise Refused("duplicate_external_id")

    def _made(
        self,
        view_id: ViewId,
        user: UserId,
        kind: Surface,
        definition: Json,
        *,
        root: ViewId,
        previous: ViewId | None = None,
    ) -> View:
        filled = {**definition, "blocks": list(decorated(definition["blocks"], lambda: secrets.token_hex(3)))}
        mark = f"{int(self._clock())}.{secrets.token_hex(4)}"
        return View(
            id=view_id, user=user, kind=kind, definition=filled, hash=mark, root=root, previous=previous
        )


def _new_id() -> ViewId:
    return ViewId(f"V{secrets.token_hex(5).upper()}")


def _surviving(values: Json, definition: Json) -> Json:
    """Slack keeps what was entered where block id and action id are still there."""
    kept: Json = {}
    for block in definition["blocks"]:
        action = block.get("element", {}).get("action_id")
        held = values.get(block.get("block_id"), {})
        if action in held:
            kept[block["block_id"]] = {action: held[action]}
    return kept
