"""Raw tourism data: visitor counts, weather, calendars and campaigns."""
