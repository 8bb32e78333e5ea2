"""Unit tests of the grammar and the replies."""
