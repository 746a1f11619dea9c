"""What all background work shares: the database row is the truth, a message is only a hint (ADR 2)."""
