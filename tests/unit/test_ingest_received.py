"""The list of when single lines of a file were received."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tambo.errors import IngestError
from tambo.ingest.received import RECEIVED, read_received

HEAD = "file,record,received_at\n"


def test_a_list_names_instants_by_file_and_line(tmp_path: Path):
    assert read_received(tmp_path) == {}
    (tmp_path / RECEIVED).write_text(
        HEAD + "a.csv,1,2026-03-01 10:00:00.000250\nb.csv,7,2026-03-02\n"
    )
    assert read_received(tmp_path) == {
        "a.csv": {1: datetime(2026, 3, 1, 10, 0, 0, 250)},
        "b.csv": {7: datetime(2026, 3, 2)},
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "file,record\n",
        HEAD + "a,x,2026-03-01\n",
        HEAD + "a,0,2026-03-01\n",
        HEAD + "a,1,soon\n",
        HEAD + "a,1,2026-03-01T00:00:00Z\n",
        HEAD + "a,1\n",
    ],
)
def test_a_wrong_list_is_refused(tmp_path: Path, text: str):
    (tmp_path / RECEIVED).write_text(text)
    with pytest.raises(IngestError, match=f"{RECEIVED}, line"):
        read_received(tmp_path)
