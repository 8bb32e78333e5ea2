"""The ways to the app: Socket Mode and signed HTTP, and the courier that uses them."""
