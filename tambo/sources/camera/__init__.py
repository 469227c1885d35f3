"""Gate cameras: people who cross a line are counted; no picture, face or path is kept."""
