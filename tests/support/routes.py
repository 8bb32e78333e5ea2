"""A configuration file with everything in it, and facts to be routed."""

from __future__ import annotations

from typing import Any

from bot.incidents.route_config import Config
from bot.incidents.route_file import parse
from bot.model.deaths import Cause
from bot.model.incidents import Severity
from bot.model.people import ChannelId
from bot.model.pods import Owner
from bot.model.routes import RouteFacts
from tests.support.deaths import CLUSTER

ALERTS = ChannelId("C01INCIDENTS")
SECRETS = {
    "PAGERDUTY_KEY": "0123abc",
    "HOOK_URL": "https://hooks.example/x",
    "HEARTBEAT_URL": "https://beat.example/",
}

WHOLE = """\
version: 1
hours:
  office: {zone: Europe/Berlin, days: [mon, tue, wed, thu, fri], from: 09:00, to: 18:00}
routes:
  - name: archive
    match: {clusters: [prod-*]}
    channel: C02ARCHIVE
    continue: true
  - name: sandbox
    match: {namespaces: [sandbox-*]}
    mute: true
  - name: shop-critical
    match: {namespaces: shop, severities: [page], labels: {tier: [front, back]}, owners: deployment/*}
    channel: C03SHOP
    mention: [S01SHOP, U01ALICE]
    escalation: on-call
    runbook: https://wiki.example/shop
  - name: night
    match: {outside: office, causes: [OOMKilled, NodeLost]}
    channel: [C04NIGHT, C05DUTY]
annotations:
  podbot.io/channel: {allowed: true, channels: ["C0TEAM*"], namespaces: ["team-*"]}
  podbot.io/mute: {allowed: true, namespaces: ["team-*"]}
escalations:
  on-call:
    page:
      - {after: 10m, mention: S01ONCALL}
      - {after: 20m, channel: C06BACKUP}
      - {after: 30m, webhook: pager}
      - {after: 40m, webhook: hook}
    minor:
      - {after: 2h, mention: U01ALICE}
    acknowledgement_lapses: 2h
webhooks:
  pager: {type: pagerduty, routing_key_env: PAGERDUTY_KEY}
  hook: {type: json, url_env: HOOK_URL}
digest: {channel: C01INCIDENTS, day: mon, time: 09:00, zone: Europe/Berlin}
heartbeat: {url_env: HEARTBEAT_URL, every: 30s}
timings: {not_ready: 20m, recovered: 2m}
limits: {incidents_a_minute: 20}
"""


def a_config(routes: str = "", more: str = "") -> Config:
    """A configuration of these entries of `routes`, one a line, and further fields."""
    entries = "".join(f"  - {each.strip()}\n" for each in routes.strip().splitlines())
    text = f"version: 1\n{f'routes:{chr(10)}{entries}' if entries else ''}{more}"
    return parse(text, SECRETS)


def some_facts(**changes: Any) -> RouteFacts:  # fields of `RouteFacts`, whose own types check them
    """Of web in shop, which died of an error."""
    given: dict[str, Any] = {
        "cluster": CLUSTER,
        "namespace": "shop",
        "owner": Owner(kind="Deployment", name="web"),
        "cause": Cause.ERROR,
        "severity": Severity.PAGE,
    }
    return RouteFacts(**(given | changes))
