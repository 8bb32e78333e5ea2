"""`podbot check`: whether what podbot is set up with is right, and where alerts would go."""
