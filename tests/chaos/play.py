"""Plays a trial: a fault after the other, while things die and people ask; then all is mended, and judged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tests.chaos.faults import Fault, drawn
from tests.chaos.trial import Trial


async def play(trial: Trial, among: Sequence[Fault]) -> list[str]:
    """Carry the trial out; returns what is wrong at its end."""
    chosen = drawn(trial, among)
    asking = asyncio.create_task(trial.crowd.goes_on(every=trial.scale.asks_every), name="people")
    left = trial.scale.deaths
    try:
        for number, fault in enumerate(chosen):
            share = left // (len(chosen) - number)
            left -= share
            for bot in trial.bots:
                await bot.revive()
            trial.note(fault.__name__)
            async with asyncio.TaskGroup() as both:
                both.create_task(trial.dies(share, during=trial.scale.between), name="deaths")
                both.create_task(fault(trial), name=f"fault {fault.__name__}")
            await asyncio.sleep(trial.chance.uniform(0.0, trial.scale.between))
    finally:
        asking.cancel()
        await asyncio.wait({asking})
    if not asking.cancelled() and (failure := asking.exception()) is not None:
        raise failure
    await mend(trial)
    return await trial.judged()


async def mend(trial: Trial) -> None:
    """Make everything work again."""
    trial.note("all is mended")
    for rules in trial.to_slack:
        rules.clear()
    trial.to_cluster.clear()
    trial.office.repeats = 0.0
    for bot in trial.bots:
        bot.step_clock(0.0)
        bot.free_disk()
        if not bot.running:
            await bot.start()
        await bot.ready()
