"""How Great Expectations' pages are drawn: by templates of ours that load nothing from elsewhere.

The package's own templates take styles and scripts from six hosts on the network: bare pages
where there is none, and news of every reader where there is. Named in the site's configuration,
and imported by Great Expectations itself.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from great_expectations.render.view import DefaultJinjaPageView  # noqa: TID253 - see above
from jinja2 import ChoiceLoader, FileSystemLoader, pass_context

TEMPLATES = Path(__file__).resolve().parent / "pages"


class OfflinePageView(DefaultJinjaPageView):  # type: ignore[misc]
    """Draws one page; the template `page.j2` and what it includes are looked up here first."""

    def __init__(self, **directories: str | None) -> None:
        super().__init__(**directories)
        self.env.loader = ChoiceLoader([FileSystemLoader(TEMPLATES), self.env.loader])

    @pass_context
    def render_content_block(self, context: Any, block: Any, *args: Any, **options: Any) -> Any:
        """Draw a part of a page; plain text is escaped, since values come from raw files."""
        if isinstance(block, str):
            return html.escape(block, quote=False)
        return super().render_content_block(context, block, *args, **options)
