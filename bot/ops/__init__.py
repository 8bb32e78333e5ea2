"""What the operator of the bot needs: health, leadership, the heartbeat, pages, and word of its own troubles."""
