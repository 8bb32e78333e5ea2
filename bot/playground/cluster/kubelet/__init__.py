"""The kubelets of the simulated nodes: they start, probe, kill and restart containers and write it all into
pod statuses.
"""
