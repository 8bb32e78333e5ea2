"""The watch: a mirror of the cluster's pods, and the deaths that its changes tell of."""
