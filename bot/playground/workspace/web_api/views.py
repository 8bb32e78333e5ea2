"""`views.*`: modals and Home tabs."""

from __future__ import annotations

from bot.playground.workspace.payloads import view_json
from bot.playground.workspace.refusals import Refused, missing_field
from bot.playground.workspace.rules.blocks import Surface
from bot.playground.workspace.rules.views import check_view
from bot.playground.workspace.views import View
from bot.playground.workspace.web_api.call import Call
from bot.playground.workspace.wire import Json, UserId


def open_view(call: Call) -> Json:
    """`views.open`: the view is checked before the trigger is used up."""
    definition = _modal(call)
    return _opened(call, call.workspace.views.open(_triggered(call), definition))


def push(call: Call) -> Json:
    """`views.push`."""
    definition = _modal(call)
    return _opened(call, call.workspace.views.push(_triggered(call), definition))


def update(call: Call) -> Json:
    """`views.update`, by the view's id or the app's own."""
    view_id, external_id = call.optional("view_id"), call.optional("external_id")
    if view_id is None and external_id is None:
        raise missing_field("view_id")
    definition = _modal(call)
    view = call.workspace.views.find(view_id=view_id, external_id=external_id)
    if view is None or view.kind is not Surface.MODAL:
        raise Refused("not_found")
    return _opened(call, call.workspace.views.update(view, definition, if_hash=call.optional("hash")))


def publish(call: Call) -> Json:
    """`views.publish`: a person's Home tab."""
    user = call.workspace.user(call.text("user_id"))
    definition = call.json("view")
    check_view(definition, Surface.HOME)
    view = call.workspace.views.publish(user.id, definition, if_hash=call.optional("hash"))
    shown = view_json(call.workspace, view)
    call.workspace.feed.publish({"type": "home", "view": shown}, frozenset({user.id}))
    return {"view": shown}


def _modal(call: Call) -> Json:
    definition: Json = call.json("view")
    check_view(definition, Surface.MODAL)
    return definition


def _triggered(call: Call) -> UserId:
    return call.workspace.triggers.exchange(call.text("trigger_id"))


def _opened(call: Call, view: View) -> Json:
    shown = view_json(call.workspace, view)
    if call.workspace.views.top(view.user) == view:
        call.workspace.feed.publish({"type": "view", "view": shown}, frozenset({view.user}))
    return {"view": shown}
