"""What the operator of the bot needs: health, leadership, the heartbeat, pages, word of its own troubles."""
