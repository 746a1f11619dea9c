"""Everything on one account: its health, what it may do, its caps, its posts and its history."""
