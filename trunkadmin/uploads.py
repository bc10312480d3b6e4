"""Files that are sent: how much is taken in at all."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class Bounded(FileUploadHandler):
    """Refuses a form with files as a whole when it is longer than `MOST_UPLOADED_BYTES`.

    Before anything of it is read: whoever sends it need not be signed in, since the token against
    forged requests stands in the same form, and larger files go to the disk.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        if content_length > settings.MOST_UPLOADED_BYTES:
            raise RequestDataTooBig("the form is longer than MOST_UPLOADED_BYTES")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
