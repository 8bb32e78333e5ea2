"""Every method of the Web API that is served: what it does, which scope it demands, how often it may be
called.

Scopes and tiers are those of each method's reference page. A method whose scope depends on the kind of
channel demands it itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.workspace.pace import Tier
from bot.playground.workspace.web_api import chat, conversations, files, people, reactions, session, views
from bot.playground.workspace.web_api.call import Call
from bot.playground.workspace.wire import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One method: its handler returns the fields beside `ok`."""

    run: Callable[[Call], Json]
    tier: Tier
    scope: str | None = None


METHODS: dict[str, Method] = {
    "auth.test": Method(run=session.auth_test, tier=Tier.SPECIAL),
    "api.test": Method(run=session.api_test, tier=Tier.TIER_4),
    "bots.info": Method(run=people.bot_info, tier=Tier.TIER_3, scope="users:read"),
    "chat.postMessage": Method(run=chat.post_message, tier=Tier.SPECIAL, scope="chat:write"),
    "chat.postEphemeral": Method(run=chat.post_ephemeral, tier=Tier.TIER_4, scope="chat:write"),
    "chat.update": Method(run=chat.update, tier=Tier.TIER_3, scope="chat:write"),
    "chat.delete": Method(run=chat.delete, tier=Tier.TIER_3, scope="chat:write"),
    "chat.getPermalink": Method(run=chat.get_permalink, tier=Tier.SPECIAL),
    "conversations.open": Method(run=conversations.open_direct, tier=Tier.TIER_3, scope="im:write"),
    "conversations.info": Method(run=conversations.info, tier=Tier.TIER_3),
    "conversations.list": Method(run=conversations.list_all, tier=Tier.TIER_2),
    "conversations.members": Method(run=conversations.members, tier=Tier.TIER_4),
    "conversations.history": Method(run=conversations.history, tier=Tier.TIER_3),
    "conversations.replies": Method(run=conversations.replies, tier=Tier.TIER_3),
    "conversations.join": Method(run=conversations.join, tier=Tier.TIER_3, scope="channels:join"),
    "files.getUploadURLExternal": Method(run=files.get_upload_url, tier=Tier.TIER_4, scope="files:write"),
    "files.completeUploadExternal": Method(run=files.complete_upload, tier=Tier.TIER_4, scope="files:write"),
    "files.info": Method(run=files.info, tier=Tier.TIER_4, scope="files:read"),
    "reactions.add": Method(run=reactions.add, tier=Tier.TIER_3, scope="reactions:write"),
    "reactions.remove": Method(run=reactions.remove, tier=Tier.TIER_2, scope="reactions:write"),
    "usergroups.list": Method(run=people.usergroups_list, tier=Tier.TIER_2, scope="usergroups:read"),
    "usergroups.users.list": Method(run=people.usergroup_users, tier=Tier.TIER_2, scope="usergroups:read"),
    "users.info": Method(run=people.user_info, tier=Tier.TIER_4, scope="users:read"),
    "users.list": Method(run=people.users_list, tier=Tier.TIER_2, scope="users:read"),
    "users.conversations": Method(run=conversations.of_user, tier=Tier.TIER_3),
    "users.lookupByEmail": Method(run=people.lookup_by_email, tier=Tier.TIER_3, scope="users:read.email"),
    "views.open": Method(run=views.open_view, tier=Tier.TIER_4),
    "views.push": Method(run=views.push, tier=Tier.TIER_4),
    "views.update": Method(run=views.update, tier=Tier.TIER_4),
    "views.publish": Method(run=views.publish, tier=Tier.TIER_4),
}
"""By the bot token. `apps.connections.open`, by the app-level token, is the dispatcher's own."""
