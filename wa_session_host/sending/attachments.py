"""The picture or workbook of a message, made from the database when it is sent first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import ValidationError

from chalicelib.errors import BadInput, CiceroError
from chalicelib.recap.files import MIME_TYPES, FileForm, RecapFile
from chalicelib.runtime import Runtime
from wa_session_host.sending.files import Files, open_files
from wa_session_host.sending.transport import File, NotSent, Outgoing, Rejected

log = logging.getLogger(__name__)

_KINDS: Mapping[FileForm, Literal["image", "document"]] = {"png": "image", "xlsx": "document"}

Make = Callable[[Runtime, RecapFile], bytes]


def make_recap(runtime: Runtime, file: RecapFile) -> bytes:
    """The file's bytes. Raises BadInput for a client that is gone, and DatabaseUnavailable."""
    from chalicelib.recap.forms.picture import picture
    from chalicelib.recap.forms.workbook import workbook
    from chalicelib.recap.load import Question, load_recap

    recap = load_recap(runtime, Question(file.client_id, file.day, file.day, at=file.of_slot))
    return picture(recap) if file.form == "png" else workbook(recap)


class Attachments:
    """Adds to messages the files that their rows describe."""

    def __init__(
        self, runtime: Runtime, files: Files | None = None, make: Make = make_recap
    ) -> None:
        self._runtime = runtime
        self._files = files or open_files(runtime.settings.recap_files_path)
        self._make = make

    def attach(self, message: Outgoing, described: Mapping[str, Any] | None) -> Outgoing:
        """The message with its file; as it is if its row describes none. Raises Rejected if the
        description is of no use, and NotSent if the file cannot be made or kept now."""
        if described is None:
            return message
        try:
            file = RecapFile.model_validate(described)
            data = self._bytes(file)
        except (ValidationError, BadInput) as error:
            raise Rejected(f"the file cannot be made ({type(error).__name__})") from None
        except CiceroError as error:
            raise NotSent(f"the file is not to be had: {error}") from None
        except Exception as error:
            log.exception("a file cannot be made")
            raise NotSent(f"the file cannot be made ({type(error).__name__})") from None
        mime_type = MIME_TYPES[file.form]
        return replace(message, file=File(_KINDS[file.form], file.name, mime_type, data))

    def _bytes(self, file: RecapFile) -> bytes:
        kept = self._files.get(file.key)
        if kept is not None:
            return kept
        made = self._make(self._runtime, file)
        self._files.put(file.key, made)
        return made
