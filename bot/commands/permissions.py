"""How `can-i` and `whoami` are answered."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands.pod_list import place
from bot.commands.prose import counted, joined, marked, message, said
from bot.model.answers import Decision, Identity
from bot.model.commands import WhoAmI
from bot.model.messages import (
    Actions,
    Button,
    GroupMention,
    Inline,
    Line,
    Mention,
    Message,
    Paragraph,
    Text,
    code,
    plain,
)
from bot.model.problems import IN_WORDS


def decision(answer: Decision) -> Message:
    """Allowed or not, and by which rule."""
    may = "Yes, you may" if answer.allowed else "No, you may not"
    where = code(answer.namespace) if answer.namespace else place(answer.namespace)
    doing = marked(IN_WORDS.get(answer.verb, f"`{answer.verb.value}`"))
    lines = [said(f"{may} ", doing, " in ", where, "."), marked(answer.why), *whom_to_ask(answer)]
    return message(
        Paragraph(tuple(line for line in lines if line)), Actions((Button("What I may do", WhoAmI()),))
    )


_ASKED_SHOWN = 5


def whom_to_ask(refusal: Decision) -> Iterator[Line]:
    """Who may do it instead. One person reads this, and so nobody is called by it."""
    every: list[Inline] = [*map(GroupMention, refusal.groups), *map(Mention, refusal.people)]
    named: list[Inline] = []
    for each in every[:_ASKED_SHOWN]:
        named += [Text(" or "), each] if named else [each]
    if named:
        yield said("Ask ", *named, ", who may.")


_RULES_SHOWN = 30


def identity(answer: Identity) -> Message:
    """Who someone is to podbot, and the rules that hold for them here."""
    person = answer.person
    member = (
        "full member"
        if person.full_member
        else "no full member of this workspace (guest, bot or deactivated)"
    )
    groups = ", ".join(sorted(person.usergroups)[:20])
    first = joined(
        said(f"You are {person.name}, ", code(person.id)), member, f"groups {groups}" if groups else ""
    )
    rules: list[Line] = [plain(f"• {rule.line}") for rule in answer.rules[:_RULES_SHOWN]]
    if len(answer.rules) > _RULES_SHOWN:
        rules.append(plain(f"and {counted(len(answer.rules) - _RULES_SHOWN, 'more rule')}."))
    if rules:
        second = marked("What you may do here, beside `help`, `whoami` and `can-i`:")
    else:
        second = marked(
            "Here you may do nothing but `help`, `whoami` and `can-i`: no rule of the policy holds for you."
        )
        rules.append(
            said(
                "To get more, ask whoever keeps podbot's policy file to bind a role to ",
                code(person.id),
                " or to one of your user groups.",
            )
        )
    problem = (
        (Paragraph((said("The policy: ", marked(answer.policy_problem)),)),) if answer.policy_problem else ()
    )
    return message(Paragraph((first, second, *rules)), *problem)
