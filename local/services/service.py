"""What every local service has in common: starting and stopping, by call or `with` block."""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

from local.services.ports import HOST, start_on_free_port
from local.services.process import ChildProcess, ServiceError


class Service(ABC):
    """Runs from `start()` (or `with`) until `stop()`."""

    @abstractmethod
    def start(self) -> Self:
        """Returns when the service answers."""

    @abstractmethod
    def stop(self) -> None:
        """Ends the service; a second call does nothing."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class PortService(Service):
    """One process on one port of 127.0.0.1: the given one, or a free one that is kept after the
    first start. Nothing is left of it after `stop()`."""

    name: ClassVar[str]
    scheme: ClassVar[str] = "http"

    def __init__(self, port: int | None = None) -> None:
        self._port = port
        self._process: ChildProcess | None = None

    @property
    def url(self) -> str:
        """Where it answers; stays the same after the first start."""
        if self._port is None:
            raise ServiceError(f"{self.name} has no port before its first start")
        return f"{self.scheme}://{HOST}:{self._port}"

    def start(self) -> Self:
        """Returns when it answers; raises ServiceError with its log when it does not."""
        if self._process is None:
            self._process, self._port = start_on_free_port(self._launch, self._port)
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    @abstractmethod
    def _launch(self, port: int) -> ChildProcess:
        """The process on this port, answering."""
