"""One suite for the ports of the cluster, played on every implementation there is."""
