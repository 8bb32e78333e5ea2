"""The outbox: the only way by which anything is announced.

`dispatcher` is the way in; `branches` has one for Slack and one for webhooks. A `desk` has the letters of one
cluster, and `reading` brings those that its store kept. `ways` gives each to the `lane` of its channel, which
makes its `calls` when `schedule` says so.
"""
