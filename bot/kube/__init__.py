"""The cluster, over the Kubernetes API. The only user of the kubernetes package.

`targets` says which clusters are meant, `connect` makes a `cluster` of each, `api` sends its requests by a
`kubernetes_client`. `parse` and its neighbours decode the answers, `failures` words what goes wrong.
"""
