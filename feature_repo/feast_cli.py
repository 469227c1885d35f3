"""What Feast's own command line registers: the definitions of the newest release's domains.

It looks for objects in the names of this module alone (see .feastignore): it imports files by their
path, so an object would otherwise be found twice, once in `travel.views` and once in
`feature_repo.travel.views`. A view whose table no release holds cannot be applied.
"""

from __future__ import annotations

from feature_repo.definitions import all_objects
from tambo.lake import releases
from tambo.settings import get_settings

_held = releases.get(get_settings()).as_of.by_domain
globals().update({f"{type(one).__name__}_{one.name}": one for one in all_objects(_held)})
