"""One file for each step, numbered, and never changed once it is released."""
