"""Calendars: public holidays from a library, and events from CSV and iCalendar."""
