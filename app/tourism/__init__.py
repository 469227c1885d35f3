"""Pages of the tourism domain: visitors by location, how well they are foretold, campaign plans."""
