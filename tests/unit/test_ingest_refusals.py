"""The list of lines that whoever wrote a file refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tambo.errors import IngestError
from tambo.ingest.reasons import MESSAGE_REASONS, SHAPE_CODES
from tambo.ingest.refusals import REFUSALS, read_refusals
from tambo.ingest.splitter import BLANK


def test_a_list_names_lines_by_file(tmp_path: Path):
    assert read_refusals(tmp_path) == {}
    (tmp_path / REFUSALS).write_text(
        "file,record,reason\na.csv,2,not_json\na.csv,9,from_the_future\nb.csv,1,not_json\n"
    )
    assert read_refusals(tmp_path) == {
        "a.csv": {2: "not_json", 9: "from_the_future"},
        "b.csv": {1: "not_json"},
    }


@pytest.mark.parametrize(
    "text",
    ["", "file,record\n", "file,record,reason\na,x,not_json\n", "file,record,reason\na,1,orphan\n"],
)
def test_a_wrong_list_is_refused(tmp_path: Path, text: str):
    (tmp_path / REFUSALS).write_text(text)
    with pytest.raises(IngestError) as caught:
        read_refusals(tmp_path)
    assert set(MESSAGE_REASONS) <= set(caught.value.remedy.replace(",", "").split())


def test_every_reason_has_a_number_of_its_own():
    assert len(set(SHAPE_CODES)) == len(SHAPE_CODES) < BLANK
