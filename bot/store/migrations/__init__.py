"""How a database gets from each version of the schema to the next; run by `bot.store.migrate`."""
