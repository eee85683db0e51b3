"""Who reads what several clients share, in Redis: the first to ask. Nobody waits for anybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib.social.shared_redis import SharedRedis

if TYPE_CHECKING:
    from redis import Redis

_LIFE_SECONDS = 3_600  # longer than any job of a slot lives


class Claims:
    """Claims on names, each held by one owner until it is given back or an hour old. They may be
    lost, and without Redis everybody holds every claim: then things are read more than once."""

    def __init__(self, redis: SharedRedis, prefix: str) -> None:
        self._redis = redis
        self._prefix = f"{prefix}:claim:"

    def take(self, owner: str, names: Sequence[str]) -> set[str]:
        """Claims those of the names that nobody else holds; returns which the owner holds now."""
        if not names:
            return set()
        holders = self._redis.ask(lambda redis: self._take(redis, owner, names))
        if holders is None:
            return set(names)
        return {name for name, holder in zip(names, holders, strict=True) if holder == owner}

    def give_back(self, owner: str, names: Sequence[str]) -> None:
        """Ends those claims on the names that the owner holds."""
        if names:
            self._redis.ask(lambda redis: self._give_back(redis, owner, names))

    def _take(self, redis: Redis, owner: str, names: Sequence[str]) -> list[str]:
        with redis.pipeline() as pipeline:
            for name in names:
                pipeline.set(self._key(name), owner, nx=True, ex=_LIFE_SECONDS)
                pipeline.get(self._key(name))
            return [str(holder) for holder in pipeline.execute()[1::2]]

    def _give_back(self, redis: Redis, owner: str, names: Sequence[str]) -> None:
        keys = [self._key(name) for name in names]
        holders = redis.mget(keys)
        if mine := [key for key, holder in zip(keys, holders, strict=True) if holder == owner]:
            redis.delete(*mine)

    def _key(self, name: str) -> str:
        return self._prefix + name
