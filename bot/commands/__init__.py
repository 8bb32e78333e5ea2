"""Text to typed command (`grammar`), answer to message (`replies`). Pure."""
