"""The playground: a Slack-compatible workspace with a page, a simulated cluster, and the demo of both."""
