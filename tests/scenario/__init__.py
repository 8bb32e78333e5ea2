"""The whole bot, driven by people in Slack and by what happens to pods, over real protocols."""
