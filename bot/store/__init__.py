"""What podbot keeps: the only SQL of the project, over SQLite or PostgreSQL.

`store.open_store` is the way in. Whatever a database or its driver raises leaves this package as one of
`bot.errors`.
"""
