"""What streamlit runs for every visit: the shell, and in it the page that was asked for."""

from app.shell import show

show()
