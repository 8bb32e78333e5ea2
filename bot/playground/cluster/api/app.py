"""The API server: every request is let in, understood, allowed and sent to the module that answers it."""

import hmac

from aiohttp import web

from bot.playground.cluster import errors
from bot.playground.cluster.api.answers import (
    form_of,
    included,
    json_answer,
    list_body,
    object_body,
    refusal_answer,
)
from bot.playground.cluster.api.context import ApiContext, Target, parse_target, verb_of
from bot.playground.cluster.api.discovery import VERSION, api_group, api_groups, api_resources, api_versions
from bot.playground.cluster.api.listing import list_objects
from bot.playground.cluster.api.logs import serve_log
from bot.playground.cluster.api.usage import serve_usage
from bot.playground.cluster.api.watching import is_watch, serve_watch
from bot.playground.cluster.api.writing import change, create, delete, evict, scale
from bot.playground.cluster.objects import Json
from bot.playground.cluster.resources import POD_METRICS

_HEALTH = frozenset({"healthz", "readyz", "livez"})


class ApiServer:
    """Answers the requests of Kubernetes clients."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        faults = self._context.faults
        await faults.wait_while_hanging()
        try:
            if faults.broken:
                raise errors.internal_error("the cluster was told to be broken")
            parts = [part for part in request.path.split("/") if part]
            if parts and parts[0] in _HEALTH:
                return web.Response(text="ok")
            self._authenticate(request)
            return await self._route(request, parts)
        except errors.Refusal as refusal:
            return refusal_answer(refusal)

    def _authenticate(self, request: web.Request) -> None:
        token = self._context.faults.token
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token is not None and not hmac.compare_digest(given.encode(), token.encode()):
            raise errors.unauthorized()

    async def _route(self, request: web.Request, parts: list[str]) -> web.StreamResponse:
        found = self._discovery(request, parts)
        if found is not None:
            return json_answer(found)
        if len(parts) > 2 and parts[0] == "api":
            return await self._resource(request, parse_target(parts[2:], "", parts[1]))
        if parts[:2] == ["apis", POD_METRICS.group] and self._context.faults.without_metrics:
            return web.Response(status=404, text="404 page not found\n")
        if len(parts) > 3 and parts[0] == "apis" and api_resources(parts[1], parts[2]) is not None:
            return await self._resource(request, parse_target(parts[3:], parts[1], parts[2]))
        if parts and parts[0] == "api":
            raise errors.unknown_path()
        return web.Response(status=404, text="404 page not found\n")

    @staticmethod
    def _discovery(request: web.Request, parts: list[str]) -> Json | None:
        match parts:
            case ["version"]:
                return VERSION
            case ["api"]:
                return api_versions(request.host)
            case ["api", version]:
                return api_resources("", version)
            case ["apis"]:
                return api_groups()
            case ["apis", group]:
                return api_group(group)
            case ["apis", group, version]:
                return api_resources(group, version)
        return None

    async def _resource(self, request: web.Request, target: Target) -> web.StreamResponse:
        watching = request.method == "GET" and is_watch(request) and not target.subresource
        verb = "watch" if watching else verb_of(request.method, target, watching=False)
        faults = self._context.faults
        if faults.forbids(verb, self._rbac_name(target), target.namespace):
            raise errors.forbidden(
                target.resource,
                target.name,
                user=faults.user,
                verb=verb,
                namespace=target.namespace,
                subresource=target.subresource,
            )
        if target.resource is POD_METRICS:
            return serve_usage(self._context, request, target)
        if watching:
            return await serve_watch(self._context, request, target)
        if target.subresource in {"log", "eviction", "scale"}:
            return await self._subresource(request, target)
        return await self._verb(request, target, verb)

    @staticmethod
    def _rbac_name(target: Target) -> str:
        plural = target.resource.plural
        return f"{plural}/{target.subresource}" if target.subresource else plural

    async def _subresource(self, request: web.Request, target: Target) -> web.StreamResponse:
        if target.subresource == "log":
            return await serve_log(self._context, request, target)
        if target.subresource == "eviction":
            return json_answer(await evict(self._context, request, target), 201)
        return json_answer(await scale(self._context, request, target))

    async def _verb(self, request: web.Request, target: Target, verb: str) -> web.Response:
        store, now = self._context.world.store, self._context.world.agenda.now()
        form = form_of(request.headers.get("Accept", ""))
        include = included(request.query.get("includeObject", ""))
        code = 200
        if verb == "list":
            items, metadata = list_objects(store, target, request.query)
            return json_answer(
                list_body(target.resource, items, metadata, form=form, include=include, now=now)
            )
        if verb == "get":
            obj = store.get(target.resource, target.namespace, target.name)
        elif verb == "create":
            obj, code = await create(self._context, request, target), 201
        elif verb == "delete":
            obj, code = await delete(self._context, request, target)
        else:
            obj = await change(self._context, request, target)
        if obj["kind"] != target.resource.kind:
            return json_answer(obj, code)
        return json_answer(object_body(obj, form=form, include=include, now=now), code)
