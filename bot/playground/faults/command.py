"""`podbot faults`: a proxy for rehearsals, with its rules from a file and over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from bot.playground.faults.control import serve_control
from bot.playground.faults.proxy import serve
from bot.playground.faults.rules import Rules
from bot.playground.faults.rules_file import RulesFile, load


async def run(
    stop: asyncio.Event,
    *,
    upstream: str,
    file: Path | None,
    port: int,
    control_port: int,
    say: Callable[[str], None],
) -> None:
    """Pass on to the upstream until `stop` is set, and say every fault as it is injected.

    Raises: RulesWrong. OSError: a port cannot be had. ValueError: `upstream` is no http or https URL.
    """
    document = RulesFile() if file is None else load(file)
    rules = Rules(document.rules, seed=document.seed)
    rules.log.listen(lambda entry: say(str(entry)))
    async with (
        serve(upstream, rules=rules, port=port) as proxy,
        serve_control(rules, port=control_port) as control,
    ):
        say(_welcome(proxy.url, upstream, control, len(document.rules)))
        await stop.wait()


def _welcome(url: str, upstream: str, control: str, rules: int) -> str:
    return f"""
  {url}  leads to  {upstream}

  Give it to the bot as SLACK_API_URL or PODBOT_KUBE_API_URL, whichever the upstream is.
  Rules in force: {rules}. Look at them and change them while it runs:
    curl {control}/__faults__/rules
    curl -X PUT {control}/__faults__/rules/hang -d '{{"action": "drop", "for_seconds": 30}}'
    curl -X DELETE {control}/__faults__/rules/hang
    curl {control}/__faults__/log

  Ctrl-C ends it.
"""
