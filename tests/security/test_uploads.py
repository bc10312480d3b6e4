"""No file is taken in that nobody here could want: it would fill the disk of a sudden."""

import pytest
from django.core.files import uploadhandler
from django.core.files.uploadedfile import SimpleUploadedFile
from django.middleware.csrf import _get_new_csrf_string
from django.test import Client

from trunks.domain.sheet_reading import MOST_BYTES

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(monkeypatch) -> list[int]:
    """How much went to the disk."""
    sizes: list[int] = []
    receive = uploadhandler.TemporaryFileUploadHandler.receive_data_chunk

    def watched(self, raw_data, start):
        sizes.append(len(raw_data))
        return receive(self, raw_data, start)

    monkeypatch.setattr(uploadhandler.TemporaryFileUploadHandler, "receive_data_chunk", watched)
    return sizes


@pytest.mark.parametrize("path", ["/accounts/login/", "/staff/batches/import/", "/"])
def test_a_stranger_fills_no_disk(written, path):
    stranger = Client(enforce_csrf_checks=True)
    stranger.cookies["csrftoken"] = _get_new_csrf_string()
    file = SimpleUploadedFile("big.csv", b"x" * (4 * MOST_BYTES))
    assert stranger.post(path, {"file": file}).status_code == 400
    assert not written


def test_a_sheet_that_is_too_large_is_refused_with_a_word(client_of, sam):
    file = SimpleUploadedFile("trunks.csv", b"x" * (MOST_BYTES + 1))
    answer = client_of(sam).post("/staff/batches/import/", {"file": file})
    assert "larger than 5 MB" in answer.content.decode()
