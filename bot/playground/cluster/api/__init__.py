"""The Kubernetes HTTP API of the simulated cluster: what kubectl and client libraries talk to."""
