"""What a debug container does: it runs one command, writes what that would write, and ends.

A handful of commands that people look into pods with are known; the answers follow from the pod.
"""

from collections.abc import Callable

from bot.playground.cluster.kubelet.plans import Ending
from bot.playground.cluster.objects import Json, name_of, namespace_of

COMMAND_SECONDS = 1.0


def debug_ending(pod: Json, container: str) -> Ending:
    """Return how the run of a debug container ends, with what its command wrote."""
    (spec,) = [each for each in pod["spec"]["ephemeralContainers"] if each["name"] == container]
    command = [*(spec.get("command") or ()), *(spec.get("args") or ())]
    if command[:2] == ["sh", "-c"] and len(command) > 2:
        command = command[2].split()
    if not command:
        # A shell that nobody types into reads its end of input and goes.
        return Ending(after=COMMAND_SECONDS, exit_code=0, reason="Completed")
    if command[0] == "sleep":
        return Ending(after=_seconds(command), exit_code=0, reason="Completed")
    answer = _COMMANDS.get(command[0])
    if answer is None:
        words: tuple[str, ...] = (f"sh: {command[0]}: not found",)
        return Ending(after=COMMAND_SECONDS, exit_code=127, reason="Error", last_words=words)
    words = answer(pod, spec, command[1:])
    return Ending(after=COMMAND_SECONDS, exit_code=0, reason="Completed", last_words=words)


def _seconds(command: list[str]) -> float:
    text = command[1] if len(command) > 1 else ""
    return float(text) if text.isdecimal() else COMMAND_SECONDS


def _ps(_pod: Json, spec: Json, words: list[str]) -> tuple[str, ...]:
    own = f"    1 root      0:00 {' '.join(['ps', *words])}"
    target = spec.get("targetContainerName")
    if not target:
        return ("PID   USER     TIME  COMMAND", own)
    return (
        "PID   USER     TIME  COMMAND",
        f"    1 app       2:41 /usr/local/bin/{target} --listen=:8080",
        f"   27 app       0:03 /usr/local/bin/{target} worker",
        own.replace("    1", "   94"),
    )


def _df(_pod: Json, _spec: Json, _words: list[str]) -> tuple[str, ...]:
    return (
        "Filesystem                Size      Used Available Use% Mounted on",
        "overlay                  96.7G     71.2G     25.5G  74% /",
        "tmpfs                    64.0M         0     64.0M   0% /dev",
        "/dev/sda1                96.7G     71.2G     25.5G  74% /etc/hosts",
    )


def _env(pod: Json, _spec: Json, _words: list[str]) -> tuple[str, ...]:
    return (
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        f"HOSTNAME={name_of(pod)}",
        "KUBERNETES_SERVICE_HOST=10.96.0.1",
        "KUBERNETES_SERVICE_PORT=443",
        "HOME=/root",
    )


def _nslookup(pod: Json, _spec: Json, words: list[str]) -> tuple[str, ...]:
    name = words[0] if words else "kubernetes.default"
    full = name if "." in name else f"{name}.{namespace_of(pod)}.svc.cluster.local"
    return ("Server:\t\t10.96.0.10", "Address:\t10.96.0.10:53", "", f"Name:\t{full}", "Address: 10.96.17.40")


def _wget(_pod: Json, _spec: Json, words: list[str]) -> tuple[str, ...]:
    url = words[-1] if words else "http://localhost:8080"
    return (f"Connecting to {url}", "HTTP/1.1 200 OK", '{"status":"ok"}')


def _hostname(pod: Json, _spec: Json, _words: list[str]) -> tuple[str, ...]:
    return (name_of(pod),)


def _echo(_pod: Json, _spec: Json, words: list[str]) -> tuple[str, ...]:
    return (" ".join(words),)


_COMMANDS: dict[str, Callable[[Json, Json, list[str]], tuple[str, ...]]] = {
    "curl": _wget,
    "df": _df,
    "echo": _echo,
    "env": _env,
    "hostname": _hostname,
    "nslookup": _nslookup,
    "ps": _ps,
    "wget": _wget,
}
