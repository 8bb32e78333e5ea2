"""podbot: Slack chat-ops for Kubernetes pods."""
