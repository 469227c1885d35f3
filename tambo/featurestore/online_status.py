"""What is online beside what was released: never filled, lost, cut off, behind or up to date."""

from __future__ import annotations

from dataclasses import dataclass

from tambo.errors import OnlineStoreError
from tambo.featurestore.publish import marker, read_published, target_of
from tambo.settings import Settings


@dataclass(frozen=True)
class OnlineStatus:
    """The state of the online store.

    Attributes:
        text: what it holds, or what is wrong with it.
        remedy: what to do; None if nothing is to be done.
    """

    text: str
    remedy: str | None = None


def online_status(settings: Settings, released: int | None) -> OnlineStatus:
    """Look at the online store.

    Args:
        settings: the Tambo home.
        released: number of the latest release; None if there is none.
    """
    target = target_of(settings)
    try:
        held, state, unfinished = read_published(settings), target.state(), target.unfinished()
    except OnlineStoreError as error:
        return OnlineStatus(error.message, error.remedy)
    if held is not None:
        keys = f"{sum(held.views.values()):,} keys of {len(held.views)} views"
        text = f"release {held.release}, as of {held.as_of}, {keys}"
        behind = 0 if released is None else released - held.release
        late = f", {behind} release{'s' * (behind > 1)} behind" if behind > 0 else ""
        return OnlineStatus(text + late + unfinished, _FILL if late or unfinished else None)
    if state is not None:
        text = f"release {state.release}, as of {state.as_of}, not published from here"
        return OnlineStatus(text + unfinished, _FILL)
    if marker(settings).exists():
        return OnlineStatus(f"{target.name()} has lost what was published{unfinished}", _FILL)
    return OnlineStatus(f"none yet{unfinished}", _FILL)


_FILL = "tambo features"
