"""Travel's own expectations, beside those made from its contracts and its marts' meta."""
