"""POST /v1/hotel-recommendations: which hotels a traveller may want, in order, and why."""
