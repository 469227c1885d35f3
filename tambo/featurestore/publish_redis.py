"""Publish into Redis: rows change in place, and readers see all of a release or none of it.

Each row is written together with the one that it replaces, and with the number of the publication
that writes it. Readers look at the store's state in the same round trip: of a row from a
publication that the state does not name yet they take what it replaced. The last step is to set
the state, in one command.

    What is guaranteed: a reader of ours (OnlineReader, Feast's SDK and HTTP server on our store)
    gets, for every key of every view of one request, the values of the one release that the state
    names, or what was pushed since. So parity with that release holds before, during and after a
    publication, and after one that was killed anywhere. Stock Feast on the same database sees each
    row change as it is written, but no row half changed.

A killed run is taken up again where it ended, view by view, if the next is for the same release
and definitions; any other writes everything, under a new number. Either way the end is the same.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tambo.errors import OnlineStoreError
from tambo.featurestore.domain import domain_of
from tambo.featurestore.online.state import StoreState, redis_key
from tambo.featurestore.publish_goal import Goal, Run, increments
from tambo.settings import Settings

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView

    from tambo.featurestore.engine import LakeEngine


class RedisTarget:
    """The Redis database that the settings name."""

    path = None

    def __init__(self, settings: Settings, project: str) -> None:
        import redis

        self._settings = settings
        self._state_key = redis_key(project)
        self._attempt_key = f"tambo:attempt:{project}".encode()
        self._client: Any = redis.Redis.from_url(settings.redis_url or "")
        self._attempt: dict[str, Any] = {}
        self._deleted: list[FeatureView] = []

    def name(self) -> str:
        """The store, for people; without the password, for the marker is no place for it."""
        return f"redis:{(self._settings.redis_url or '').rsplit('@', 1)[-1].rsplit('//', 1)[-1]}"

    def state(self) -> StoreState | None:
        """What the store holds; None if it does not say.

        Raises:
            OnlineStoreError: Redis does not answer.
        """
        from redis.exceptions import RedisError

        try:
            says = self._client.get(self._state_key)
        except RedisError as error:
            raise _silent(error) from error
        return None if says is None else StoreState.parse(says)

    def unfinished(self) -> str:
        """In words, that a publication was cut off or is at work; empty if none is."""
        from redis.exceptions import RedisError

        try:
            found = self._client.get(self._attempt_key)
        except RedisError as error:
            raise _silent(error) from error
        if found is None:
            return ""
        return f", a publication of release {json.loads(found)['release']} begun and not ended"

    def begin(self, store: FeatureStore, goal: Goal, state: StoreState | None) -> Run:
        """Take up the run that was killed, or note that a new one begins."""
        from tambo.featurestore.stores.publication import Publication

        online = 0 if state is None else state.publication
        found = self._client.get(self._attempt_key)
        known = json.loads(found) if found else None
        if known is not None and int(known["publication"]) <= online:
            known = None
        wanted = {
            "release": goal.release.number,
            "definitions": goal.definitions,
            "online": online,
        }
        if known is None or {name: known[name] for name in wanted} != wanted:
            number = 1 + (online if known is None else int(known["publication"]))
            # What an abandoned run has left is only known to be covered by writing everything.
            partly = known is None and goal.extends(state)
            known = {**wanted, "publication": number, "partly": partly, "done": {}}
            self._note(known)
        self._attempt = known
        publication = Publication(
            int(known["publication"]),
            online=None if state is None else state.publication,
            overwrite=goal.overwrites(state),
        )
        since = {}
        if known["partly"] and state is not None:
            since = increments(self._settings, store, state, goal)
        return Run(publication, since, known["done"])

    def prepare(self, store: FeatureStore, run: Run) -> None:
        """Keep the rows of views that are gone until readers see the new release."""
        store._get_provider().online_store.kept = self._deleted

    def view_done(self, store: FeatureStore, name: str, run: Run, keys: int) -> None:
        """Take away what the release no longer has, and note that the view is done."""
        if run.publication.online is not None and name not in run.since:
            view = store.get_feature_view(name)
            online = store._get_provider().online_store
            for stale in online.stale_keys(store.config, view, run.publication):
                online.remove_rows(store.config, view, stale, run.publication)
        self._attempt["done"] = {**self._attempt["done"], name: keys}
        self._note(self._attempt)

    def finish(self, store: FeatureStore, run: Run, engine: LakeEngine, goal: Goal) -> None:
        """Let readers see the release, then forget what it replaced."""
        state = goal.state(run.publication.number)
        with self._client.pipeline(transaction=True) as pipe:
            pipe.set(self._state_key, state.dump())
            pipe.delete(self._attempt_key)
            pipe.execute()
        online = store._get_provider().online_store
        online.kept = None
        for view in self._deleted:
            online.delete_table(store.config, view)
        if run.publication.online is None:
            return
        for view in store.list_feature_views():
            if view.name in run.since:
                end = state.instant(domain_of(view))
                for keys in engine.touched_keys(store.registry, view, end):
                    online.settle(store.config, view, keys, run.publication)
            elif view.online:
                for keys in online.written_keys(store.config, view):
                    online.settle(store.config, view, keys, run.publication)

    def _note(self, attempt: dict[str, Any]) -> None:
        self._client.set(self._attempt_key, json.dumps(attempt))


def _silent(error: Exception) -> OnlineStoreError:
    return OnlineStoreError(
        f"Redis does not answer: {error}", remedy="start it, or unset TAMBO_REDIS_URL"
    )
