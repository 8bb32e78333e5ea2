"""PagerDuty's Events API v2, as its developer documentation has it. Pure.

What is sent twice under one deduplication key changes nothing. PagerDuty drops acknowledgements and
resolutions of alerts that are not open, and opens another alert when one that was resolved is triggered.
"""

from __future__ import annotations

from typing import Any

import msgspec
from pydantic import SecretStr

from bot.incidents.effects import PageAction
from bot.model.incidents import Severity
from bot.model.pages import PageFacts
from bot.ops.webhook import WebhookFailed

MOST_SUMMARY = 1_024
MOST_KEY = 255
MOST_TEXT = 20_000
"""Characters of the message that go along; a whole event may have 512 KB."""

_SEVERITIES = {Severity.PAGE.value: "critical", Severity.MINOR.value: "warning"}


def event(facts: PageFacts, routing_key: SecretStr, *, bare: bool = False) -> dict[str, Any]:
    """One event; `bare` has only what must be in it, for when the rest is refused."""
    said: dict[str, Any] = {
        "routing_key": routing_key.get_secret_value(),
        "event_action": facts.event,
        # Ids are unique within one store; a cluster's name tells those of two installations apart.
        "dedup_key": f"podbot/{facts.cluster}/{facts.incident}"[-MOST_KEY:],
    }
    if facts.event != PageAction.TRIGGER.value:
        return said
    said["payload"] = {
        "summary": facts.headline[:MOST_SUMMARY],
        "source": facts.source,
        "severity": _SEVERITIES.get(facts.severity, "critical"),
    }
    if bare:
        return said
    details = {name: value for name, value in msgspec.to_builtins(facts).items() if value != ""}
    said["payload"] |= {
        "timestamp": facts.first_at,
        "component": facts.workload,
        "group": facts.namespace or facts.cluster,
        "class": facts.cause,
        "custom_details": details | {"text": facts.text[:MOST_TEXT]},
    }
    links = ((facts.link, "The incident in Slack"), (facts.runbook, "Runbook"))
    return said | {"client": "podbot", "links": [{"href": to, "text": text} for to, text in links if to]}


def refuses_the_key(failure: WebhookFailed) -> bool:
    """Whether it is not the event that is wrong but the routing key, which the operator has to mend.

    Both are a 400; the answer's `errors` say which.
    """
    return failure.status == 400 and "routing" in failure.answer.lower()
