"""`python -m tambo <verb>`: the command line where no program `tambo` is installed."""

from __future__ import annotations

from tambo.cli import main

if __name__ == "__main__":
    main()
