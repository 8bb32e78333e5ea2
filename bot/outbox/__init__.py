"""The outbox: the only way by which anything is announced."""
