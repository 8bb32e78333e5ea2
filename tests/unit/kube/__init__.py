"""`bot.kube`, against servers that follow scripts or break."""
