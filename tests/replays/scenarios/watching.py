"""What happens to the watch and to the bot, and must change nothing of what is told."""

from __future__ import annotations

from tests.replays.script import clock, gone, incident, listed, lost, restarted, scenario, see, stopped, told
from tests.support.pods import STATEFUL_SET, a_pod, condition, crashed, ended, running, waiting

LOOPING = a_pod(waiting(restarts=9, last=ended(1, at=-60, run="j")))
PULLING = a_pod(waiting("app", "ImagePullBackOff"), phase="Pending")

scenario(
    "first-look-at-a-crash-loop",
    "What is failing at the first look is told as old; the next death is news.",
    listed(0, LOOPING),
    see(5, a_pod(running(restarts=10, last=ended(1, at=-60, run="j"), since=5))),
    see(20, a_pod(crashed(at=20, run="k", restarts=10, last=ended(1, at=-60, run="j")))),
    told=[told(0, "Error", "app", 9, 1, before=True), told(20, "Error", "app", 10, 1)],
)
scenario(
    "first-look-at-a-pod-that-runs-again",
    "It crashed a minute ago and runs: that is over.",
    listed(0, a_pod(running(restarts=9, last=ended(1, at=-60, run="j"), since=-30))),
    clock(3_600),
)
scenario(
    "first-look-at-an-evicted-pod",
    "It has been lying there since yesterday.",
    listed(0, a_pod(crashed(exit_code=137), phase="Failed", reason="Evicted")),
    see(10, a_pod(crashed(exit_code=137), phase="Failed", reason="Evicted")),
)
scenario(
    "first-look-at-a-stuck-pod",
    "It has waited for an hour already: due at once, and told as such.",
    listed(
        0,
        a_pod(
            phase="Pending",
            node="",
            conditions=[condition("PodScheduled", "False", reason="Unschedulable", since=-3_600)],
        ),
    ),
    clock(60),
    told=[told(0, "Unschedulable", before=True)],
)
scenario(
    "death-while-the-watch-was-lost",
    "The listing after the gap shows it: told once, and not again by the updates that follow.",
    listed(0, a_pod(running())),
    lost(60, a_pod(running(restarts=1, last=ended(137, at=30, reason="OOMKilled"), since=31))),
    see(70, a_pod(running(restarts=1, last=ended(137, at=30, reason="OOMKilled"), since=31))),
    told=[told(60, "OOMKilled", "app", 0, 137)],
)
scenario(
    "nothing-new-after-the-gap",
    "Everything is listed again, and all of it was told.",
    listed(0, a_pod(running())),
    see(10, a_pod(crashed())),
    lost(60, a_pod(waiting(last=ended(1)))),
    lost(90, a_pod(waiting(last=ended(1)))),
    told=[told(10, "Error", "app", 0, 1)],
)
scenario(
    "born-and-crashed-while-the-watch-was-lost",
    "Nothing of it was known, so all of it is news.",
    listed(),
    lost(60, a_pod(waiting(restarts=3, last=ended(1, at=50)))),
    told=[told(60, "Error", "app", 3, 1, unseen=3)],
)
scenario(
    "replaced-under-its-name-while-the-watch-was-lost",
    "db-0 is another one by now, with a death of its own; how the first one ended nobody can know.",
    listed(0, a_pod(running(), name="db-0", uid="one", owner=STATEFUL_SET)),
    lost(60, a_pod(crashed(at=50), name="db-0", uid="two", owner=STATEFUL_SET)),
    told=[told(60, "Error", "app", 0, 1, pod="db-0", owner="statefulset/db")],
)
scenario(
    "replaced-while-its-end-was-not-explained",
    "The end of db-0 was seen, the kubelet's last word was not, and another db-0 is there by now.",
    listed(0, a_pod(running(), name="db-0", uid="one", owner=STATEFUL_SET)),
    see(
        10,
        a_pod(
            crashed(),
            name="db-0",
            uid="one",
            owner=STATEFUL_SET,
            conditions=[condition("Ready", "False", reason="PodFailed", since=10)],
        ),
    ),
    lost(60, a_pod(running(since=50), name="db-0", uid="two", owner=STATEFUL_SET)),
    told=[told(60, "Error", "app", 0, 1, pod="db-0", owner="statefulset/db")],
)
scenario(
    "last-line-is-the-first-to-show-it",
    "The DELETED line shows an end from before the deletion.",
    listed(0, a_pod(running())),
    gone(30, a_pod(crashed(exit_code=137, reason="OOMKilled", at=5), deleted=20)),
    told=[told(30, "OOMKilled", "app", 0, 137)],
)
scenario(
    "bot-restarted-in-a-crash-loop",
    "With its memory it repeats nothing, and misses nothing.",
    listed(0, a_pod(running())),
    see(10, a_pod(crashed(run="a"))),
    restarted(20, a_pod(waiting(last=ended(1, run="a")))),
    see(40, a_pod(crashed(at=40, run="b", restarts=1, last=ended(1, run="a")))),
    restarted(50, a_pod(waiting(restarts=1, last=ended(1, at=40, run="b")))),
    told=[told(10, "Error", "app", 0, 1), told(40, "Error", "app", 1, 1)],
)
scenario(
    "death-while-the-bot-was-down",
    "Down from 14:00 to 14:10; what died meanwhile is told.",
    listed(0, a_pod(running()), a_pod(running(), name="web-7d4b9c-b", uid="b")),
    restarted(
        600,
        a_pod(running(restarts=1, last=ended(137, at=300, reason="OOMKilled"), since=301)),
        a_pod(running(), name="web-7d4b9c-b", uid="b"),
    ),
    told=[told(600, "OOMKilled", "app", 0, 137)],
)
scenario(
    "eviction-while-the-bot-was-down",
    "The evicted pod still lies there when it comes back.",
    listed(0, a_pod(running())),
    restarted(
        600,
        a_pod(crashed(exit_code=137, at=300), phase="Failed", reason="Evicted"),
        a_pod(running(since=310), name="web-7d4b9c-new", uid="new"),
    ),
    told=[told(600, "Evicted")],
)
scenario(
    "bot-restarted-without-memory",
    "Then all that there is is a first look: the old story is not told as new, but as still failing.",
    listed(0, a_pod(running())),
    see(10, a_pod(crashed(run="a"))),
    restarted(20, a_pod(waiting(last=ended(1, run="a"))), forgets=True),
    told=[told(10, "Error", "app", 0, 1), told(20, "Error", "app", 0, 1, before=True)],
    incidents=[incident("Error", "deployment/web", 1, 1), incident("Error", "deployment/web", 1, 1)],
)
scenario(
    "bot-restarted-while-an-image-is-missing",
    "It was told; a restart of the bot is no reason to tell it again.",
    listed(),
    see(1, PULLING),
    restarted(120, PULLING),
    clock(3_600),
    told=[told(61, "ImagePull", "app", 0)],
)
scenario(
    "bot-restarted-within-the-minute",
    "The minute goes on where it was.",
    listed(),
    see(1, PULLING),
    restarted(31, PULLING),
    clock(3_600),
    told=[told(61, "ImagePull", "app", 0)],
)
scenario(
    "stuck-pod-deleted-while-the-bot-was-down",
    "Nothing is left of it to tell.",
    listed(),
    see(1, PULLING),
    restarted(31, a_pod(running(since=20), name="web-7d4b9c-new", uid="new")),
    clock(3_600),
)
scenario(
    "died-and-vanished-while-the-bot-was-down",
    "Its successor runs when the bot is back; the cluster still knows of the one that died.",
    listed(0, a_pod(running())),
    stopped(10),
    see(20, a_pod(crashed(at=20, exit_code=137, reason="OOMKilled"))),
    gone(30, a_pod(crashed(at=20, exit_code=137, reason="OOMKilled"), deleted=30)),
    restarted(60, a_pod(running(since=40), uid="uid-2", name="web-7d4b9c-ab3de")),
    clock(600),
    told=[told(60, "OOMKilled", "app", 0, 137)],
)
scenario(
    "born-died-and-vanished-while-the-bot-was-down",
    "Nothing of it was there before, and nothing is there after.",
    listed(),
    stopped(10),
    see(20, a_pod(running(since=20))),
    see(25, a_pod(crashed(at=25))),
    gone(30, a_pod(crashed(at=25), deleted=30)),
    restarted(60),
    clock(600),
    told=[told(60, "Error", "app", 0, 1)],
)
scenario(
    "told-before-the-bot-went-down",
    "It died, it was told, and it vanished while the bot was down: once is enough.",
    listed(0, a_pod(running())),
    see(5, a_pod(crashed(at=5))),
    stopped(10),
    gone(30, a_pod(crashed(at=5), deleted=30)),
    restarted(60),
    clock(600),
    told=[told(5, "Error", "app", 0, 1)],
)

_BARE = a_pod(running(), name="toolbox", owner=None)
_BARE_GONE = a_pod(running(), name="toolbox", owner=None, deleted=10)
scenario(
    "removed-before-the-bot-went-down",
    "It was seen, and not judged yet: the next process judges it.",
    listed(0, _BARE),
    gone(10, _BARE_GONE),
    restarted(15),
    clock(600),
    told=[told(20, "Deleted", pod="toolbox", owner="pod/toolbox")],
)
scenario(
    "removed-and-put-back-while-the-bot-was-down",
    "A pod of its name is there when the bot is back.",
    listed(0, _BARE),
    gone(10, _BARE_GONE),
    restarted(15, a_pod(running(since=14), name="toolbox", owner=None, uid="uid-2")),
    clock(600),
)
