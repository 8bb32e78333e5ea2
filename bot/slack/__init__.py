"""Slack: the only user of slack_bolt and slack_sdk. `door` is its front.

A request comes in by `connection` (Socket Mode) or `http` (signed requests), is dispatched by `app`, read
by `payloads`, done by `desk` and `deletion`, drawn by `blocks` and said by `speaker`. `delivery` and
`people` are the ports that the outbox and the pod service ask for.
"""
