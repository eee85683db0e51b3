"""PostgreSQL, Redis and AWS on this machine: each started, used by its `url`, and stopped.

    with EmbeddedPostgres(Path(".local/postgres")) as postgres, EmbeddedRedis() as redis:
        connect(postgres.url, redis.url)

Any number may run at once. None outlives the process that started it, however that ends (`guard`).
Start at `service`, the interface that all share; `process` runs the commands.
"""

from local.services.fauxqs import Fauxqs
from local.services.moto_server import MotoServer
from local.services.postgres import EmbeddedPostgres
from local.services.process import ServiceError
from local.services.redis_server import EmbeddedRedis

__all__ = ["EmbeddedPostgres", "EmbeddedRedis", "Fauxqs", "MotoServer", "ServiceError"]
