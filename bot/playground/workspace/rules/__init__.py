"""What Slack takes and refuses: Block Kit, messages and views, as pure functions over JSON."""
