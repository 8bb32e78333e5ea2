"""`auth.test` and the like: who the caller is."""

from __future__ import annotations

from bot.playground.workspace.web_api.call import Call
from bot.playground.workspace.wire import Json


def auth_test(call: Call) -> Json:
    """`auth.test`."""
    app = call.workspace.app
    return {
        "url": call.base_url,
        "team": call.workspace.settings.name,
        "user": call.workspace.user(app.user_id).name,
        "team_id": call.workspace.settings.team_id,
        "user_id": app.user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


def api_test(call: Call) -> Json:
    """`api.test`: says back what it was told."""
    return {"args": {name: value for name, value in call.args.items() if name != "token"}}
