"""The controllers of the cluster: what kube-scheduler and kube-controller-manager do for pods and their
owners.
"""
