"""The courier: brings commands, interactions and events to the app, events again until they are
acknowledged.
"""

from __future__ import annotations

import asyncio
import secrets

from bot.playground.workspace.delivery.parcels import Answer, Delivery, Outcome, Parcel, ParcelKind
from bot.playground.workspace.errands import Errands
from bot.playground.workspace.rules import limits
from bot.playground.workspace.state import Workspace
from bot.playground.workspace.wire import Json


class Courier:
    """Sends through one delivery on behalf of the workspace."""

    def __init__(self, workspace: Workspace, delivery: Delivery, errands: Errands) -> None:
        self._workspace = workspace
        self._delivery = delivery
        self._errands = errands

    @property
    def connected(self) -> bool:
        """Whether the app can be reached."""
        return self._delivery.connected

    async def ask(self, kind: ParcelKind, payload: Json, *, takes_answer: bool = False) -> Answer:
        """Delivers once and returns the app's answer; commands and interactions are never repeated."""
        return await self._delivery.deliver(Parcel(kind=kind, payload=payload, takes_answer=takes_answer))

    def send_event(self, event: Json) -> None:
        """Delivers an event in the background, with retries."""
        payload = self._event_payload(event)
        name = f"workspace event {event['type']} {payload['event_id']}"
        self._errands.run(self._deliver_event(payload), name=name)

    def _event_payload(self, event: Json) -> Json:
        team_id = self._workspace.settings.team_id
        return {
            "token": self._workspace.app.verification_token,
            "team_id": team_id,
            "context_team_id": team_id,
            "context_enterprise_id": None,
            "api_app_id": self._workspace.app.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(5).upper()}",
            "event_time": int(self._workspace.clock()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": team_id,
                    "user_id": self._workspace.app.user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
        }

    async def _deliver_event(self, payload: Json) -> None:
        pauses = self._workspace.settings.delivery.event_retry_seconds[: limits.EVENT_RETRIES]
        answer = await self._delivery.deliver(Parcel(kind=ParcelKind.EVENT, payload=payload))
        for attempt, pause in enumerate(pauses, start=1):
            if answer.outcome is Outcome.ACKNOWLEDGED or not answer.wants_retry:
                return
            await asyncio.sleep(pause)
            parcel = Parcel(kind=ParcelKind.EVENT, payload=payload, attempt=attempt, reason=answer.reason)
            answer = await self._delivery.deliver(parcel)
