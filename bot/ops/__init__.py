"""What the operator of the bot needs: the HTTP endpoint with health."""
