"""The letter that pages: what a webhook outside of Slack is to know of an incident. Pure.

It is one letter for each webhook that was called, brought up to date like a message: its latest revision says
whether the incident is to be triggered, acknowledged or resolved over there. `ops.paging` delivers it.
"""

from __future__ import annotations

from datetime import datetime

from bot.incidents import headline
from bot.incidents.effects import Page, PageAction
from bot.model.incidents import Incident
from bot.model.letters import Letter, LetterKey, Urgency
from bot.model.pages import PageFacts, carrying, to_webhook


def page_letter(incident: Incident, page: Page, now: datetime, *, text: str, runbook: str = "") -> Letter:
    """What `page` asks for. `incident` is as the reducer returned it together with this effect.

    `text` is that of the incident's own message. The story's length is the revision: between two turns
    that page the story grows, and not every one changes what the incident's message says.
    """
    key, revision = incident.key, max(incident.told, 1)
    facts = PageFacts(
        event=page.action.value,
        at=now.isoformat(),
        incident=incident.id,
        revision=revision,
        headline=headline.headline(incident),
        what=headline.what(incident),
        state=incident.state.value,
        severity=incident.severity.value,
        scope=key.scope.value,
        cause=key.cause.value,
        workload=str(key.owner),
        namespace=key.namespace,
        cluster=key.cluster,
        deaths=incident.deaths,
        pods=len(incident.pods),
        first_at=incident.first_at.isoformat(),
        last_at=incident.last_at.isoformat(),
        runbook=runbook,
        text=text,
    )
    return Letter(
        key=LetterKey(f"incident/{incident.id}/page/{page.webhook}"),
        cluster=key.cluster,
        channel=to_webhook(page.webhook),
        message=carrying(facts),
        revision=revision,
        urgency=Urgency.CRITICAL if page.action is PageAction.TRIGGER else Urgency.NORMAL,
        created_at=now,
        edit_only=page.action is not PageAction.TRIGGER,
        # What is resolved may come back, under the same key: the letter is then written anew.
        final=page.action is PageAction.RESOLVE,
    )
