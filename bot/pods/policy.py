"""May this person do this here. Pure, deny by default, and every answer names the rule it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from bot.model.answers import Decision, Rule
from bot.model.api_path import ApiPath, matches
from bot.model.commands import Verb
from bot.model.people import Asker, ChannelId, UsergroupId, UserId
from bot.model.pods import ALL_NAMESPACES, ClusterName


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One rule of a role: these verbs, in these namespaces (shell patterns), except in those.

    Where it names clusters it holds on these alone.
    """

    verbs: frozenset[Verb]
    namespaces: tuple[str, ...]
    exceptions: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """What the verb `raw` may read, as patterns of `model.api_path`; other verbs have no use for it."""
    clusters: tuple[str, ...] = ()
    """The clusters that it holds on (shell patterns); none: every one."""

    def covers(self, namespace: str) -> bool:
        """Whether the rule reaches a namespace; all of them (`ALL_NAMESPACES`) only where it says `*`."""
        if namespace == ALL_NAMESPACES:
            return "*" in self.namespaces and not self.exceptions
        return _matches(namespace, self.namespaces) and not _matches(namespace, self.exceptions)

    def holds_on(self, cluster: ClusterName | None) -> bool:
        """Whether the rule is one of this cluster."""
        return not self.clusters or (cluster is not None and _matches(cluster, self.clusters))

    def __str__(self) -> str:
        """The rule in words."""
        verbs = ", ".join(sorted(verb.value for verb in self.verbs))
        where = "all namespaces" if "*" in self.namespaces else ", ".join(self.namespaces)
        besides = f", except {', '.join(self.exceptions)}" if self.exceptions else ""
        paths = f", of paths {', '.join(self.paths)}" if self.paths else ""
        on = f", on {_kind(self.clusters)} {', '.join(self.clusters)}" if self.clusters else ""
        return f"{verbs} in {where}{besides}{paths}{on}"

    def limits(self, namespace: str) -> str:
        """For a namespace that it does not reach: where the rule ends, in words."""
        if namespace == ALL_NAMESPACES:
            outside = self.exceptions if "*" in self.namespaces else ()
        else:
            outside = self.exceptions if _matches(namespace, self.namespaces) else ()
        return f"outside {_either(outside)}" if outside else f"in {_either(self.namespaces)} only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Who holds a role, and where they must ask for it to count (no channels: anywhere)."""

    role: str
    everyone: bool = False
    users: frozenset[UserId] = frozenset()
    usergroups: frozenset[UsergroupId] = frozenset()
    channels: frozenset[ChannelId] = frozenset()

    def names(self, asker: Asker) -> bool:
        """Whether the asker is meant, wherever they ask. Only full members are everyone, or in a group."""
        person = asker.person
        if person.id in self.users:
            return True
        return person.full_member and (self.everyone or bool(self.usergroups & person.usergroups))

    def holds_in(self, channel: ChannelId) -> bool:
        """Whether it counts where it is asked."""
        return not self.channels or channel in self.channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """These verbs in these namespaces take a second person, who holds the role.

    Nobody can be asked for an approval yet, so what needs one is refused, and the refusal says so.
    """

    verbs: frozenset[Verb]
    namespaces: tuple[str, ...]
    role: str

    def needed_in(self, namespace: str) -> bool:
        """Whether it stands in the way; in all namespaces at once, any pattern does."""
        return namespace == ALL_NAMESPACES or _matches(namespace, self.namespaces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole policy, asked about one cluster. An empty one allows nothing."""

    roles: dict[str, tuple[Grant, ...]]
    bindings: tuple[Binding, ...] = ()
    approvals: tuple[Approval, ...] = ()
    debug_images: tuple[str, ...] = ()
    """The images that debug containers may run, as patterns; none: there are no debug containers."""
    cluster: ClusterName | None = None
    """The cluster that is asked about (`on`). While none is said, rules that name clusters do not hold."""

    def on(self, cluster: ClusterName) -> Policy:
        """The same policy, asked about this cluster."""
        return replace(self, cluster=cluster)

    def rules_for(self, asker: Asker) -> tuple[Rule, ...]:
        """Every rule that holds for this asker in this place."""
        rules = (_rule(role, grant) for role, grant in self._grants(asker))
        return tuple(dict.fromkeys(rules))

    def rule_somewhere(self, asker: Asker, verb: Verb) -> Rule | None:
        """The first rule that allows this in at least some namespace."""
        return next((_rule(role, grant) for role, grant in self._grants(asker) if verb in grant.verbs), None)

    def decide(self, asker: Asker, verb: Verb, namespace: str) -> Decision:
        """The decision, with the rule that allows it or a sentence on what is missing."""
        for role, grant in self._grants(asker):
            if verb in grant.verbs and grant.covers(namespace):
                return self._unless_approval(role, grant, verb, namespace)
        groups, people = self._who_may(asker, verb, namespace)
        refusal = _refusal(verb, namespace, self._why_not(asker, verb, namespace))
        return replace(refusal, groups=groups, people=people)

    def decide_path(self, asker: Asker, path: ApiPath) -> Decision:
        """The decision on reading the API at a path: the rule has to reach the namespace and the path."""
        for role, grant in self._grants(asker):
            opens = any(matches(path.path, pattern) for pattern in grant.paths)
            if Verb.RAW in grant.verbs and opens and grant.covers(path.namespace):
                return self._unless_approval(role, grant, Verb.RAW, path.namespace)
        decision = self.decide(asker, Verb.RAW, path.namespace)
        if not decision.allowed:
            return decision
        open_here = [
            pattern
            for _, grant in self._grants(asker)
            if Verb.RAW in grant.verbs and grant.covers(path.namespace)
            for pattern in grant.paths
        ]
        why = f"Here you may read {_either(tuple(dict.fromkeys(open_here)))} only."
        return _refusal(Verb.RAW, path.namespace, why)

    def allows_image(self, image: str) -> bool:
        """Whether a debug container may run this image."""
        return any(_image_fits(image, pattern) for pattern in self.debug_images)

    def _unless_approval(self, role: str, grant: Grant, verb: Verb, namespace: str) -> Decision:
        for approval in self.approvals:
            if verb in approval.verbs and approval.needed_in(namespace):
                why = (
                    f"Role {role} would allow it, but in {_either(approval.namespaces)} it takes a second "
                    f"person of role {approval.role} to approve, and podbot cannot ask for approvals yet."
                )
                return _refusal(verb, namespace, why)
        why = f"Role {role} allows it: {grant}."
        return Decision(allowed=True, verb=verb, namespace=namespace, rule=_rule(role, grant), why=why)

    def _grants(self, asker: Asker) -> Iterator[tuple[str, Grant]]:
        """Every grant that holds for this asker in this place, with its role."""
        for binding in self.bindings:
            if binding.names(asker) and binding.holds_in(asker.channel):
                for grant in self.roles.get(binding.role, ()):
                    if grant.holds_on(self.cluster):
                        yield binding.role, grant

    def _why_not(self, asker: Asker, verb: Verb, namespace: str) -> str:
        """What comes nearest to allowing it, so that the person knows whom and what to ask for."""
        able = self._able(verb, namespace)
        for binding in self.bindings:
            if binding.role in able and binding.names(asker):
                channels = _either(tuple(sorted(binding.channels)))
                return f"Role {binding.role} would allow it, but only when you ask in channel {channels}."
        for role, grant in self._grants(asker):
            if verb in grant.verbs:
                return f"Role {role} would allow it, {grant.limits(namespace)}."
        for role, clusters in self._elsewhere(asker, verb, namespace):
            return f"Role {role} would allow it, on {_kind(clusters)} {_either(clusters)} only."
        if not able:
            return "No role allows it: a rule for it would have to be added to the policy file."
        roles = _either(tuple(sorted(able)))
        for binding in self.bindings:
            if binding.role in able and binding.everyone and not asker.person.full_member:
                return (
                    f"Role {binding.role} would allow it, but only to full members of this workspace, "
                    "and podbot does not see you as one."
                )
        return f"It takes the role {roles}, which the policy file does not give you."

    def _able(self, verb: Verb, namespace: str) -> frozenset[str]:
        """The roles that allow this here."""
        return frozenset(
            role
            for role, grants in self.roles.items()
            if any(
                verb in grant.verbs and grant.covers(namespace) and grant.holds_on(self.cluster)
                for grant in grants
            )
        )

    def _who_may(
        self, asker: Asker, verb: Verb, namespace: str
    ) -> tuple[tuple[UsergroupId, ...], tuple[UserId, ...]]:
        """Whom to ask: the groups and people to whom such a role is given by name.

        Nobody where the asker has it themselves, in another channel, or would have it as a full member.
        """
        able = self._able(verb, namespace)
        bindings = [each for each in self.bindings if each.role in able]
        if any(each.everyone or each.names(asker) for each in bindings):
            return (), ()
        groups = dict.fromkeys(group for each in bindings for group in sorted(each.usergroups))
        people = dict.fromkeys(user for each in bindings for user in sorted(each.users))
        return tuple(groups), tuple(people)

    def _elsewhere(self, asker: Asker, verb: Verb, namespace: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The asker's roles that would allow this on other clusters, and on which."""
        for binding in self.bindings:
            if binding.names(asker) and binding.holds_in(asker.channel):
                for grant in self.roles.get(binding.role, ()):
                    if verb in grant.verbs and grant.covers(namespace) and grant.clusters:
                        yield binding.role, grant.clusters


NOTHING_ALLOWED = Policy(roles={})
"""What holds while there is no policy file."""


def _rule(role: str, grant: Grant) -> Rule:
    return Rule(role=role, line=f"role {role}: {grant}")


def _refusal(verb: Verb, namespace: str, why: str) -> Decision:
    return Decision(allowed=False, verb=verb, namespace=namespace, rule=None, why=why)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _kind(clusters: tuple[str, ...]) -> str:
    return "cluster" if len(clusters) == 1 else "clusters"


def _image_fits(image: str, pattern: str) -> bool:
    """Whether an image is one of a pattern's.

    A `*` reaches neither over a slash, behind which another registry's image could hide, nor over an `@`,
    behind which a digest overrules the tag.
    """
    shape = re.escape(pattern).replace(r"\*", "[^/@]*").replace(r"\?", "[^/@]")
    return re.fullmatch(shape, image) is not None


def _either(names: tuple[str, ...]) -> str:
    *rest, last = names
    return f"{', '.join(rest)} or {last}" if rest else last
