"""POST /v1/traveller-gender: the chances of the gender that a traveller states."""
