"""People and policies for tests of permissions."""

from __future__ import annotations

from bot.clock import Clock
from bot.model.people import Asker, ChannelId, Person, UsergroupId, UserId
from bot.pods.audit import Entry
from bot.pods.policy import Policy
from bot.pods.policy_file import parse
from bot.pods.policy_keeper import PolicyKeeper

INCIDENTS = ChannelId("C01INCIDENTS")
RANDOM = ChannelId("C02RANDOM")

DESIGN = """\
version: 1
roles:
  viewer:
    - {verbs: [list, get, events], namespaces: ["*"]}
  on-call:
    - {verbs: [list, get, events, logs, delete, incidents], namespaces: ["*"], except: [kube-system]}
bindings:
  - {role: viewer, everyone: true}                                   # full members; never guests, other bots
  - {role: on-call, users: [U01ALICE], usergroups: [S01ONCALL]}
  - {role: on-call, users: [U02BOB], channels: [C01INCIDENTS]}       # only when asked there
approvals:
  - {verbs: [delete], namespaces: ["prod-*"], role: on-call}         # a second person who holds this role
"""
"""The example of the design."""


def asker(
    user: str = "U01ALICE",
    *,
    channel: str = INCIDENTS,
    groups: tuple[str, ...] = (),
    full_member: bool = True,
    request: str = "8Q2F",
) -> Asker:
    person = Person(
        id=UserId(user),
        name=user[3:].lower(),
        full_member=full_member,
        usergroups=frozenset(map(UsergroupId, groups)),
    )
    return Asker(person=person, channel=ChannelId(channel), request=request)


ALICE = asker()
STRANGER = asker("U09EVE")


class HeldPolicy(PolicyKeeper):
    """A keeper without a file; the test sets the policy."""

    def __init__(self, policy: Policy | str, clock: Clock) -> None:
        super().__init__(None, clock)
        self.policy = parse(policy) if isinstance(policy, str) else policy
        self.problem = ""


class KeptTrail:
    """An audit trail that a test can read."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def record(self, entry: Entry) -> None:
        self.entries.append(entry)
