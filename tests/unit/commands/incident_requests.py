"""Commands about incidents and silences, as people can type them, for hypothesis."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from bot.model.commands import Command
from bot.model.deaths import Cause
from bot.model.incident_commands import (
    AcknowledgeIncident,
    Among,
    CreateSilence,
    EditSilence,
    EndSilence,
    ExportForm,
    ExportIncident,
    ListIncidents,
    ListSilences,
    ResolveIncident,
    RoutePod,
    ShowIncident,
    ShowRestarts,
    ShowStats,
    SilenceIncident,
    UnacknowledgeIncident,
)
from bot.model.silences import SilenceScope

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def incident_requests(
    *,
    namespaces: st.SearchStrategy[str],
    pods: st.SearchStrategy[str],
    workloads: st.SearchStrategy[str],
    reasons: st.SearchStrategy[str],
) -> st.SearchStrategy[Command]:
    """Each kind that can be typed; what is only ever pressed is left out."""
    ids = st.text(_SIGNS, min_size=4, max_size=4) | st.text(_SIGNS, min_size=7, max_size=7)
    silence_ids = st.text(_SIGNS, min_size=4, max_size=4).map("S{}".format)
    lasting = st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=7))
    since = st.none() | st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=400))
    patterns = st.sampled_from(["web-*", "*", "w?b"])
    kinds = st.sampled_from(["deployment", "statefulset", "daemonset", "replicaset", "job", "cronjob"])
    owners = st.builds("{}/{}".format, kinds, workloads)
    causes = st.just("") | st.sampled_from(Cause).map(lambda each: each.value)
    scopes = (
        st.builds(SilenceScope, namespace=st.just("") | namespaces, cause=causes)
        | st.builds(
            SilenceScope,
            namespace=namespaces | patterns,
            owner=owners | st.builds("deployment/{}".format, patterns),
            cause=causes,
        )
        | st.builds(SilenceScope, namespace=namespaces, pod=pods | patterns, cause=causes)
    )
    return st.one_of(
        st.builds(AcknowledgeIncident, incident=ids, lasting=st.none() | lasting),
        st.builds(UnacknowledgeIncident, incident=ids),
        st.builds(SilenceIncident, incident=ids, lasting=st.none() | lasting, reason=reasons),
        st.builds(SilenceIncident, incident=ids, until_resolved=st.just(True), reason=reasons),
        st.builds(CreateSilence, scope=scopes, lasting=lasting, reason=reasons),
        st.builds(EditSilence, silence=silence_ids, lasting=lasting, reason=reasons),
        st.builds(EditSilence, silence=silence_ids, reason=reasons.filter(bool)),
        st.builds(EndSilence, silence=silence_ids | ids),
        st.just(ListSilences()),
        st.builds(ResolveIncident, incident=ids, reason=reasons),
        st.builds(ResolveIncident, incident=ids, reason=reasons.filter(bool), force=st.just(True)),
        st.builds(ListIncidents, namespace=st.just("") | namespaces, owner=st.just("") | owners | workloads),
        st.builds(ListIncidents, among=st.just(Among.RECENT), since=since),
        st.builds(ShowIncident, incident=ids),
        st.builds(ExportIncident, incident=ids, form=st.sampled_from(ExportForm)),
        st.builds(ShowStats, namespace=st.just("") | namespaces, since=since),
        st.builds(RoutePod, namespace=namespaces, pod=pods),
        st.builds(ShowRestarts, incident=ids),
    )
