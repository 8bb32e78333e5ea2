"""Bad days at random, by a seed: whatever happens, every death is told once, every command answered once."""
