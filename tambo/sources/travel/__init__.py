"""Travel: users, flights and hotels."""
