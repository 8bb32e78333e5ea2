"""`users.*`, `usergroups.*` and `bots.*`: who is in the workspace."""

from __future__ import annotations

from bot.playground.workspace.refusals import Refused
from bot.playground.workspace.web_api.call import Call
from bot.playground.workspace.wire import Json, UserGroupId


def user_info(call: Call) -> Json:
    """`users.info`."""
    return {"user": call.workspace.user(call.text("user")).as_json(call.workspace.settings.team_id)}


def users_list(call: Call) -> Json:
    """`users.list`."""
    page, cursor = call.page(list(call.workspace.users.values()))
    team_id = call.workspace.settings.team_id
    return {
        "members": [user.as_json(team_id) for user in page],
        "cache_ts": int(call.workspace.clock()),
        "response_metadata": {"next_cursor": cursor},
    }


def lookup_by_email(call: Call) -> Json:
    """`users.lookupByEmail`."""
    email = call.text("email")
    for user in call.workspace.users.values():
        if user.email == email:
            return {"user": user.as_json(call.workspace.settings.team_id)}
    raise Refused("users_not_found")


def usergroups_list(call: Call) -> Json:
    """`usergroups.list`."""
    team_id, with_users = call.workspace.settings.team_id, call.flag("include_users")
    groups = [
        group.as_json(team_id, with_users=with_users)
        for group in call.workspace.usergroups.values()
        if not group.disabled or call.flag("include_disabled")
    ]
    return {"usergroups": groups}


def usergroup_users(call: Call) -> Json:
    """`usergroups.users.list`."""
    group = call.workspace.usergroups.get(UserGroupId(call.text("usergroup")))
    if group is None or (group.disabled and not call.flag("include_disabled")):
        raise Refused("no_such_subteam")
    return {"users": list(group.users)}


def bot_info(call: Call) -> Json:
    """`bots.info`, for the app's own bot."""
    app = call.workspace.app
    if call.optional("bot") not in (None, app.bot_id):
        raise Refused("bot_not_found")
    name = call.workspace.user(app.user_id).name
    return {
        "bot": {
            "id": app.bot_id,
            "deleted": False,
            "name": name,
            "updated": 0,
            "app_id": app.app_id,
            "user_id": app.user_id,
            "icons": {},
        }
    }
