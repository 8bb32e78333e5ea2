"""metrics.k8s.io: what pods use, measured when it is asked for."""

from aiohttp import web

from bot.playground.cluster import errors
from bot.playground.cluster.api.answers import json_answer
from bot.playground.cluster.api.context import ApiContext, Target
from bot.playground.cluster.metrics import usage
from bot.playground.cluster.resources import POD_METRICS, PODS
from bot.playground.cluster.selectors import selector


def serve_usage(context: ApiContext, request: web.Request, target: Target) -> web.Response:
    """Answer with one `PodMetrics` or a list of them.

    Raises:
        Refusal: there are none of the pod (404), or a selector cannot be understood (400).
    """
    store, now = context.world.store, context.world.agenda.now()
    if target.name:
        found = usage(store.get(PODS, target.namespace, target.name), now)
        if found is None:
            raise errors.not_found(POD_METRICS, f"{target.namespace}/{target.name}")
        return json_answer(found)
    wanted = selector(PODS, request.query.get("labelSelector", ""), request.query.get("fieldSelector", ""))
    pods = [pod for pod in store.all(PODS, target.namespace) if wanted(pod)]
    measured = [found for pod in pods if (found := usage(pod, now)) is not None]
    items = [
        {key: value for key, value in each.items() if key not in {"kind", "apiVersion"}} for each in measured
    ]
    return json_answer(
        {
            "kind": "PodMetricsList",
            "apiVersion": "metrics.k8s.io/v1beta1",
            "metadata": {},
            "items": items,
        }
    )
