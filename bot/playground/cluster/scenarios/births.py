"""Pods that never get to run: bad images, missing configuration, no room, mounts that hang; and some that
never end.
"""

from collections.abc import Callable

from bot.playground.cluster.kubelet.plans import ContainerPlan, PodPlan, Refusal
from bot.playground.cluster.objects import Json, name_of, namespace_of, uid_of
from bot.playground.cluster.scenarios.stage import Choice, Stage
from bot.playground.cluster.scenarios.table import Group, Scenario, TargetKind


def _title(workload: Json) -> str:
    return f"{name_of(workload)} in {namespace_of(workload)}"


def _roll_out_image(
    stage: Stage, choice: Choice, image_of: Callable[[str], str], refuse: Callable[[str], Refusal]
) -> tuple[Json, str]:
    workload = stage.workload(choice)
    images = []

    def change(template: Json) -> None:
        container = template["spec"]["containers"][0]
        container["image"] = image_of(container["image"])
        images.append(container["image"])

    changed = stage.change_template(workload, change)
    first = changed["spec"]["template"]["spec"]["containers"][0]["name"]
    stage.plan_workload(changed, ContainerPlan(refusal=refuse(images[0])), container=first)
    return workload, images[0]


def _image_not_found(stage: Stage, choice: Choice) -> str:
    def refuse(image: str) -> Refusal:
        message = (
            f'rpc error: code = NotFound desc = failed to pull and unpack image "{image}": failed to '
            f'resolve reference "{image}": {image}: not found'
        )
        return Refusal(reason="ErrImagePull", message=message, image_pull=True)

    workload, image = _roll_out_image(
        stage, choice, lambda old: f"{old.rsplit(':', 1)[0]}:9.9.9-typo", refuse
    )
    return f"{_title(workload)}: rolled out with {image}, which does not exist"


def _image_denied(stage: Stage, choice: Choice) -> str:
    def refuse(image: str) -> Refusal:
        host, _, path = image.partition("/")
        repository = path.rsplit(":", 1)[0]
        message = (
            f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": pull access '
            "denied, repository does not exist or may require authorization: authorization failed: no basic "
            f"auth credentials ({host}/{repository})"
        )
        return Refusal(reason="ErrImagePull", message=message, image_pull=True)

    workload, image = _roll_out_image(
        stage, choice, lambda old: f"registry.internal.example/private/{old.rsplit('/', 1)[-1]}", refuse
    )
    return f"{_title(workload)}: rolled out with {image}, which it may not pull"


def _image_name(stage: Stage, choice: Choice) -> str:
    def refuse(image: str) -> Refusal:
        message = (
            f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": '
            "invalid reference format"
        )
        return Refusal(reason="InvalidImageName", message=message, event_reason="InspectFailed")

    workload, image = _roll_out_image(
        stage, choice, lambda old: f"{old.rsplit(':', 1)[0]}:v1.5:latest", refuse
    )
    return f"{_title(workload)}: rolled out with {image}, which is no image name"


def _config_error(stage: Stage, choice: Choice) -> str:
    workload = stage.workload(choice)
    missing = f"{name_of(workload)}-flags"

    def change(template: Json) -> None:
        template["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": missing}}]

    changed = stage.change_template(workload, change)
    refusal = Refusal(reason="CreateContainerConfigError", message=f'configmap "{missing}" not found')
    first = changed["spec"]["template"]["spec"]["containers"][0]["name"]
    stage.plan_workload(changed, ContainerPlan(refusal=refusal), container=first)
    return f"{_title(workload)}: a new revision wants the ConfigMap {missing}, which is missing"


def _unschedulable(stage: Stage, choice: Choice) -> str:
    workload = stage.workload(choice)

    def change(template: Json) -> None:
        resources = {"requests": {"cpu": "64", "memory": "2Gi"}, "limits": {"cpu": "64", "memory": "2Gi"}}
        template["spec"]["containers"][0]["resources"] = resources

    stage.change_template(workload, change)
    return f"{_title(workload)}: a new revision wants 64 cores, which no node has"


def _stuck_creating(stage: Stage, choice: Choice) -> str:
    workload = stage.workload(choice)
    secret = f"{name_of(workload)}-tls"

    def change(template: Json) -> None:
        template["spec"]["volumes"] = [{"name": "tls", "secret": {"secretName": secret, "defaultMode": 420}}]
        mounts = [{"name": "tls", "mountPath": "/etc/tls", "readOnly": True}]
        template["spec"]["containers"][0]["volumeMounts"] = mounts

    changed = stage.change_template(workload, change)
    message = f'MountVolume.SetUp failed for volume "tls" : secret "{secret}" not found'
    stage.plan_pods(changed, PodPlan(mount_failure=message))
    return f"{_title(workload)}: a new revision waits for the secret {secret} (ContainerCreating)"


def _stuck_terminating(stage: Stage, choice: Choice) -> str:
    pod = stage.pod(choice)
    stage.kubelet.host.plans.pod_as_whole(uid_of(pod), PodPlan(never_stops=True))
    stage.world.delete_pod(pod)
    return f"{name_of(pod)} in {namespace_of(pod)}: deleted, and its container cannot be stopped"


def _not_ready(stage: Stage, choice: Choice) -> str:
    actor = stage.actor(choice)
    stage.kubelet.runner.fail_readiness(
        actor.runtime, actor.container, "HTTP probe failed with statuscode: 503"
    )
    return f"{actor.title} runs on and is not ready any more"


def _never(
    id_: str,
    title: str,
    hint: str,
    act: Callable[[Stage, Choice], str],
    *,
    usual: tuple[str, str] = ("shop", "web"),
    target: TargetKind = TargetKind.WORKLOAD,
) -> Scenario:
    return Scenario(
        id=id_, title=title, hint=hint, group=Group.NEVER_STARTS, target=target, usual=usual, act=act
    )


BIRTHS = (
    _never(
        "image-not-found", "Image not found", "A rollout with a tag that does not exist", _image_not_found
    ),
    _never("image-denied", "Image not allowed", "A rollout with an image it may not pull", _image_denied),
    _never("image-name", "Invalid image name", "A rollout with a malformed image name", _image_name),
    _never("config-error", "Missing ConfigMap", "A rollout that wants a missing ConfigMap", _config_error),
    _never("unschedulable", "Unschedulable", "A rollout that wants more than any node has", _unschedulable),
    _never("stuck-creating", "Stuck creating", "A rollout that waits for a missing secret", _stuck_creating),
    _never(
        "stuck-terminating",
        "Stuck terminating",
        "A deleted pod whose container cannot be stopped",
        _stuck_terminating,
        target=TargetKind.POD,
    ),
    _never(
        "not-ready",
        "Not ready",
        "The readiness probe fails, the container runs on",
        _not_ready,
        target=TargetKind.POD,
    ),
)
