"""The arguments of `debug` and of `get --raw`: read into commands, and spelled out of them again."""

from __future__ import annotations

from collections.abc import Iterator

from bot.commands import flags, list_arguments, names, values
from bot.commands.flags import Arguments
from bot.commands.misunderstood import Misunderstood, shown
from bot.model.commands import Command, DebugPod, ReadRaw

FLAGS = (flags.NAMESPACE, flags.IMAGE, flags.TARGET, flags.CONTAINER)
GET_FLAGS = (*list_arguments.FLAGS, flags.RAW)

_IMAGE_LENGTH = 500


def build_debug(args: Arguments, default_namespace: str) -> DebugPod:
    """`debug NAME --image=… -- COMMAND`: the pod's whole name, since its pod is changed."""
    command = args.behind
    words = args.words[: len(args.words) - len(command)]
    if len(words) > 1 and "/" in words[0]:
        raise Misunderstood(
            f"The command to run stands behind `--`: `/pods debug {words[0]} -- {' '.join(words[1:4])}`.",
            topic="debug",
        )
    pod = names.whole_pod(names.one_pod(words, topic="debug"), topic="debug")
    container, target = args.value(flags.CONTAINER), args.value(flags.TARGET)
    return DebugPod(
        namespace=values.one_namespace(args, default_namespace, topic="debug"),
        pod=pod,
        image=_image(args.value(flags.IMAGE)),
        target="" if target is None else names.container(target, topic="debug"),
        container="" if container is None else names.container(container, topic="debug"),
        command=command,
    )


def build_get(args: Arguments, default_namespace: str) -> Command:
    """`get --raw PATH`, or what `get` does otherwise."""
    path = args.value(flags.RAW)
    if path is None:
        return list_arguments.build_get(args, default_namespace)
    others = {*args.values, *args.switches} - {flags.RAW.name}
    if args.words or others:
        beside = args.words[0] if args.words else f"--{min(others)}"
        raise Misunderstood(
            f"`get --raw PATH` takes nothing beside the path, but {shown(beside)} stands there.", topic="get"
        )
    if not path.startswith("/"):
        raise Misunderstood(
            f"`--raw` takes a path of the API, not {shown(path)}: "
            "`/pods get --raw /api/v1/namespaces/shop/configmaps`.",
            topic="get",
        )
    return ReadRaw(path=path)


def spelled_debug(command: DebugPod, *, pod: str) -> Iterator[str]:
    """The words of the command as a person would type them; `pod` is its pod as a word."""
    yield from ("debug", pod, "-n", command.namespace)
    if command.image:
        yield f"--image={command.image}"
    if command.target:
        yield f"--target={command.target}"
    if command.container:
        yield from ("-c", command.container)
    if command.command:
        yield from ("--", *command.command)


def _image(text: str | None) -> str:
    """An image's name, by its characters alone; the policy says which may run."""
    if text is None:
        return ""
    if len(text) > _IMAGE_LENGTH or not text.isascii() or not text.isprintable() or " " in text:
        raise Misunderstood(f"{shown(text)} is no image. Write `--image=busybox:1.36`.", topic="debug")
    return text
