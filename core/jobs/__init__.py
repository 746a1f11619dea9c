"""The base of all background work: the database row is the truth, a message is only a hint (ADR 2)."""
