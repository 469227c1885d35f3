"""Where the services of a home answer, and what they are asked with.

Each writes its address into the home while it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tambo.errors import SettingsError
from tambo.settings import Settings


def address(settings: Settings, domain: str) -> str | None:
    """Address of a domain's service; None if none was started in this home.

    TAMBO_SERVICE_URL goes before what a service of this home wrote. Whoever calls the address
    finds out whether something answers there: a killed service leaves what it wrote.
    """
    if settings.service_url is not None:
        return settings.service_url.replace("{domain}", domain).rstrip("/")
    return _written(_file(settings, domain))


@contextmanager
def announced(settings: Settings, domain: str, url: str) -> Iterator[None]:
    """Write a service's address for the time of the block."""
    path = _file(settings, domain)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{url}\n", encoding="utf-8")
    try:
        yield
    finally:
        # A second service of the domain may have been started since.
        if _written(path) == url:
            path.unlink(missing_ok=True)


def credentials(settings: Settings) -> dict[str, str]:
    """Headers by which a service knows who asks; empty where no token is named.

    The file is read each time: whoever renews the token replaces it.

    Raises:
        SettingsError: it cannot be read, or holds none.
    """
    if settings.token_file is None:
        return {}
    try:
        token = settings.token_file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The token in {settings.token_file} cannot be read: {error}",
            remedy="let TAMBO_TOKEN_FILE name a file that holds a token",
        ) from error
    # A header is one line of visible characters.
    if not token or any(not "!" <= one <= "~" for one in token):
        raise SettingsError(
            f"{settings.token_file} holds no token: it is empty, or more than one word.",
            remedy="write the token alone into it",
        )
    return {"Authorization": f"Bearer {token}"}


def _written(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def _file(settings: Settings, domain: str) -> Path:
    return settings.home.absolute() / "services" / f"{domain}.url"
