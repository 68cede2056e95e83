"""What tests share: the cast, the race harness, the query budget and a real PostgreSQL."""
