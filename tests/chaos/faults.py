"""The faults of a trial: one function each, which returns when what it broke works again or soon will."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import partial

from bot.playground.faults import Answer, Cut, Delay, Ending, Match, Reset, Rule, Side, Verb
from tests.chaos.replica import Replica
from tests.chaos.trial import LED_WITHIN, Trial
from tests.support.waiting import eventually

Fault = Callable[[Trial], Coroutine[None, None, None]]

AN_HOUR = 3600.0
SAYING = Match(slack="chat.*")
ANNOUNCING = Match(slack="chat.*", contains="podbot_incident")
POSTING = ("chat.postMessage", "chat.update")
WATCHING = Match(verb=Verb.WATCH, resource="pods")

WRONG_FOR = 1.0
"""Seconds for which a disk is full, or a clock is wrong."""

SOME = 3
"""Deaths that a leader that hangs would have to announce, and as many that another has announced by then."""

HELD_FOR = 5.0
"""Seconds for which an announcement is kept on its way: long enough to stop its sender meanwhile."""


async def killed(trial: Trial) -> None:
    """`kill -9`, at any moment."""
    await _killed(trial, trial.bot)


async def terminated(trial: Trial) -> None:
    """SIGTERM, as a rollout does it."""
    bot = trial.bot
    await bot.stop()
    await trial.absence()
    await bot.start()


async def leader_killed(trial: Trial) -> None:
    """`kill -9` of the replica that announces."""
    await _killed(trial, await trial.has_leader())


async def standby_killed(trial: Trial) -> None:
    """`kill -9` of a replica that only watches, and serves commands."""
    leader = await trial.has_leader()
    await _killed(trial, trial.chance.choice([bot for bot in trial.bots if bot is not leader]))


async def all_killed(trial: Trial) -> None:
    """`kill -9` of every replica: for a while there is none."""
    await _killed(trial, *trial.bots)


async def _killed(trial: Trial, *bots: Replica) -> None:
    for bot in bots:
        await bot.kill()
    await trial.absence()
    await asyncio.gather(*(bot.start() for bot in bots))


async def leader_hangs(trial: Trial) -> None:
    """SIGSTOP in the middle of an announcement, until another leads: who then goes on announces nothing.

    In the middle, because whoever is stopped in the moment between its last look at the lease and sending
    says one thing more when it goes on, and Slack, which knows of no terms, takes it: nobody can help that.
    """
    trial.ground.kill(trial.chance)
    held = [rules.add(Rule(match=ANNOUNCING, action=Delay(seconds=HELD_FOR))) for rules in trial.to_slack]
    await eventually(lambda: any(each.injected for each in held), within=trial.scale.told_within)
    announcing = next(number for number, each in enumerate(held) if each.injected)
    leader, its_rules = trial.bots[announcing], trial.to_slack[announcing]
    leader.pause()
    paused_at = time.monotonic()
    for rules, rule in zip(trial.to_slack, held, strict=True):
        rules.remove(rule.name)  # Slack takes it now, and nobody hears the answer
    await trial.dies(SOME, during=trial.scale.between)
    others = [bot for bot in trial.bots if bot is not leader]
    await eventually(lambda: any(bot.leads for bot in others), within=LED_WITHIN)
    await trial.dies(SOME, during=trial.scale.between)
    with its_rules.applied(Rule(match=ANNOUNCING, action=Delay(seconds=0.0))) as announced:
        leader.resume()
        trial.held_up.append((paused_at, time.monotonic()))
        await eventually(lambda: not leader.leads, within=LED_WITHIN)
        await leader.ready()
    if announced.injected:
        trial.seen.append(f"{leader.name} hung, went on, and announced {announced.injected} times")


async def api_server_restarts(trial: Trial) -> None:
    """All connections to the cluster are lost; the objects and their history stay."""
    await trial.ground.served.stop()
    await trial.absence()
    await trial.ground.served.start()


async def watch_is_cut(trial: Trial) -> None:
    """The watch ends, in order or torn, perhaps in the middle of a line."""
    ending = trial.chance.choice((Ending.CLEAN, Ending.RESET))
    trial.to_cluster.add(
        Rule(match=WATCHING, action=Cut(after_bytes=trial.chance.randrange(5_000), ending=ending), times=1)
    )


async def history_is_compacted(trial: Trial) -> None:
    """410: what happened while the API server was away is gone, but for the pods' present statuses.

    What vanished before has to be told by now, and nothing may vanish until the bot has looked again: or
    nobody could know of it.
    """
    trial.vanishing = False
    trial.dying.clear()
    await trial.all_is_told()
    bot = trial.bot
    kills = trial.chance.random() < 0.5 and len(trial.bots) == 1
    await trial.ground.served.stop()
    if kills:
        await bot.kill()
    trial.dying.set()
    for _ in range(8):
        trial.ground.kill(trial.chance, may_vanish=False)
        await asyncio.sleep(0.05)
    trial.dying.clear()
    trial.ground.cluster.compact()
    await trial.ground.served.start()
    if kills:
        await bot.start()
    await trial.all_is_told()
    trial.dying.set()
    trial.vanishing = True


async def slack_says_slower(trial: Trial) -> None:
    """429 to every message, for a minute."""
    answer = Answer(status=429, retry_after=max(1, round(trial.scale.slow_minute / 4)))
    trial.breaks_slack(Rule(match=SAYING, action=answer, for_seconds=trial.scale.slow_minute))
    trial.slack_refuses(trial.scale.slow_minute)


async def slack_is_broken(trial: Trial) -> None:
    """500 to every message for a while; some of what leaves a trace is posted all the same.

    What one person alone sees leaves none: nobody could know whether it was shown, so it never is.
    """
    for match, side in ((Match(slack=trial.chance.choice(POSTING)), Side.RESPONSE), (SAYING, Side.REQUEST)):
        answer = Answer(status=500, side=side)
        trial.breaks_slack(Rule(match=match, action=answer, probability=0.4, for_seconds=2.0))
    trial.slack_refuses(2.0)


async def answers_are_lost(trial: Trial) -> None:
    """Messages are posted, and the connection breaks before Slack can say so."""
    match = Match(slack=trial.chance.choice(POSTING))
    trial.breaks_slack(Rule(match=match, action=Reset(side=Side.RESPONSE), times=3, for_seconds=5.0))
    trial.slack_refuses(5.0)


async def socket_breaks(trial: Trial) -> None:
    """Socket Mode is cut, or Slack asks for another connection."""
    if trial.chance.random() < 0.5:
        trial.office.socket.cut()
    else:
        await trial.office.socket.disconnect()


async def slack_repeats_itself(trial: Trial) -> None:
    """What Slack believes lost comes twice."""
    trial.office.repeats = 0.5
    await asyncio.sleep(2.0)
    trial.office.repeats = 0.0


async def clock_steps(trial: Trial) -> None:
    """The wall clock goes forward or back by an hour, and later comes right."""
    bot = trial.bot
    bot.step_clock(trial.chance.choice((AN_HOUR, -AN_HOUR)))
    await asyncio.sleep(WRONG_FOR)
    bot.step_clock(0.0)


async def disk_is_full(trial: Trial) -> None:
    """Of SQLite: nothing more can be written, at all or at the end of the file.

    What was said meanwhile only the bot knows. It warns of that, and is not ended before it is written.
    """
    bot = trial.bot
    files = sorted(trial.folder.glob("podbot.db*"))
    sizes = [1, *(each.stat().st_size for each in files if each.exists())]
    bot.fill_disk(max(1, trial.chance.choice(sizes)))
    await asyncio.sleep(WRONG_FOR)
    bot.free_disk()
    await bot.saves()


async def database_restarts(trial: Trial) -> None:
    """Of PostgreSQL: connections are cut, transactions under way are lost.

    As with a full disk, nobody is ended before what was said meanwhile is written.
    """
    assert trial.postgres is not None
    hard = trial.chance.random() < 0.5
    await asyncio.to_thread(partial(trial.postgres.stop, hard=hard))
    await trial.absence()
    await asyncio.to_thread(trial.postgres.start)
    for bot in trial.bots:
        await bot.saves()


OF_ONE_PROCESS: Sequence[Fault] = (killed, killed, terminated)
OF_REPLICAS: Sequence[Fault] = (leader_killed, standby_killed, all_killed, leader_hangs, terminated)
OF_THE_CLUSTER: Sequence[Fault] = (api_server_restarts, watch_is_cut, history_is_compacted)
OF_SLACK: Sequence[Fault] = (
    slack_says_slower,
    slack_is_broken,
    answers_are_lost,
    socket_breaks,
    slack_repeats_itself,
)


def all_faults(trial: Trial) -> list[Fault]:
    """Those that may befall this trial."""
    of_store = disk_is_full if trial.postgres is None else database_restarts
    of_processes = OF_ONE_PROCESS if len(trial.bots) == 1 else OF_REPLICAS
    return [*of_processes, *OF_THE_CLUSTER, *OF_SLACK, clock_steps, of_store]


def drawn(trial: Trial, among: Sequence[Fault]) -> list[Fault]:
    """As many faults as the trial has, in random order: each kind as often as any other, or once more."""
    drawn: list[Fault] = []
    while len(drawn) < trial.scale.faults:
        drawn += trial.chance.sample(list(among), k=len(among))
    return drawn[: trial.scale.faults]
