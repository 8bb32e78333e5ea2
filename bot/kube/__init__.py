"""The cluster, over the Kubernetes API. The only user of the kubernetes package."""
