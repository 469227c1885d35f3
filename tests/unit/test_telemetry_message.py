"""A message becomes a row of the contract's columns, or says why it can be none."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from tambo.errors import SettingsError, SourceError
from tambo.ingest.checks import compile_table
from tambo.settings import Settings
from tambo.sources.contracts import of_home
from tambo.sources.mqtt.address import address_of
from tambo.sources.mqtt.judge import Judge
from tambo.sources.mqtt.message import LONGEST, Message, Reading
from tambo.sources.mqtt.recent import FILE, Recent, read_traces, write_traces
from tambo.sources.mqtt.stream import find_stream

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOPIC = "fleet/N-1/telemetry"
STREAM = find_stream("fleet")
READING = Reading(
    STREAM, of_home(Settings(home=Path("none")), "fleet"), "fleet/+/telemetry", timedelta(minutes=5)
)

JUDGE = Judge(Settings(home=Path("none")), STREAM, of_home(Settings(home=Path("none")), "fleet"))


def read(payload: bytes | dict, topic: str = TOPIC, at: datetime = NOW) -> Message:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return READING.read(topic, data, at)


def test_a_row_has_the_texts_as_they_were_sent():
    message = read(b'{"read_at": "2026-03-01T11:00:00Z", "engine_health_score": 8.10}')
    told = dict(zip(READING.columns, message.fields, strict=True))
    assert told == {
        "aircraft_id": "N-1",
        "read_at": "2026-03-01T11:00:00Z",
        "engine_health_score": "8.10",
        "temperature_variance": None,
        "withdrawn": None,
    }
    assert (message.refused, message.number) == (None, None)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "not_json"),
        (b"7", "not_json"),
        (b"[]", "not_json"),
        (b"{", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[" * 50_000, "not_json"),
        (b'{"read_at": [1]}', "not_json"),
        (b'{"oil": 1}', "unknown_field"),
        (b'{"aircraft_id": "N-2"}', "topic_mismatch"),
        (b'{"read_at": "2026-03-01T12:05:01Z"}', "from_the_future"),
        (b'{"read_at": "2026-03-01 12:06"}', "from_the_future"),
        (b" " * (LONGEST + 1), "message_too_long"),
        # What a contract can see is left to it.
        (b"{}", None),
        (b'{"read_at": "2026-03-01T12:05:00Z"}', None),
        (b'{"read_at": "soon", "engine_health_score": 1e400}', None),
        (b'{"aircraft_id": "N-1", "withdrawn": true, "message_id": 7}', None),
        (b'{"aircraft_id": null, "engine_health_score": NaN}', None),
    ],
)
def test_what_no_contract_could_see_is_refused(payload: bytes, why: str | None):
    assert read(payload).refused == why


AHEAD = NOW + timedelta(minutes=5)
BLANKS = st.text(" \t\n\r\v\f", max_size=3)
TYPED = compile_table(of_home(Settings(home=Path("none")), "fleet").tables["telemetry"], {}).typed
TAKES = duckdb.connect()


def ingested(text: str) -> datetime | None:
    """What ingest reads a time as."""
    sql = f"SELECT {TYPED['read_at']} FROM (SELECT ? AS _text_read_at)"
    (at,) = TAKES.execute(sql, [text]).fetchone()
    return at if at is None else at.replace(tzinfo=UTC)


@st.composite
def written_times(draw: st.DrawFn) -> str:
    """A time about the limit or far from it, well written, or with some characters changed."""
    near = st.integers(-10_000_000, 10_000_000).map(lambda us: AHEAD + timedelta(microseconds=us))
    far = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1))
    text = draw(near | far).strftime(draw(st.sampled_from(READING.formats)))
    if draw(st.booleans()):
        text = text.replace("-0", "-").replace(":0", ":").replace(" ", draw(BLANKS))
    if draw(st.booleans()):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.text("0123456789 -:.TZtz+\t", max_size=2)) + text[place + 1 :]
    return draw(BLANKS) + text + draw(BLANKS)


@pytest.mark.parametrize(
    "text",
    ["2026-03-01T11:00:00.250Z", "2026-03-01T11:00:00.250+00:00", "2026-03-01 11:00:00.250"],
)
def test_the_ways_in_which_senders_write_utc_are_read(text: str):
    assert ingested(text) == datetime(2026, 3, 1, 11, 0, 0, 250_000, tzinfo=UTC)


def test_another_zone_is_no_time_of_the_contract():
    """Its offset must not be passed over."""
    assert ingested("2026-03-01T11:00:00+02:00") is None


@given(text=written_times())
@example(text=" 2030-01-01T00:00:00Z")
@example(text="2030-01-01 00:00:00\n")
def test_no_way_of_writing_takes_a_time_ahead_past_the_door(text: str):
    at = ingested(text)
    refused = read({"read_at": text}).refused
    if at is not None:
        assert (refused == "from_the_future") == (at > AHEAD)


@given(payload=st.binary(max_size=200) | st.text().map(str.encode))
def test_whatever_is_sent_is_kept_as_it_was(payload: bytes):
    message = read(payload)
    assert message.refused == "not_json" or message.fields is not None
    again = Message.of_line(json.dumps(message.record()).encode())
    assert again == message
    if message.fields is None:
        assert again.raw.encode("latin-1") == payload


@given(
    told=st.dictionaries(
        st.sampled_from(READING.columns[1:]), st.none() | st.text() | st.integers() | st.booleans()
    )
)
def test_a_row_that_was_spooled_is_the_same_row(told: dict):
    message = read(told)
    assert Message.of_line(json.dumps(message.record()).encode()) == message


@given(
    told=st.dictionaries(
        st.sampled_from(READING.columns[1:]),
        st.text(st.characters(exclude_categories=())) | st.none(),
    )
)
@example(told={"engine_health_score": "\ud800"})
@example(told={"read_at": "2026-03-01T11:00:00Z\x00"})
def test_no_text_of_a_row_ends_who_judges_it(told: dict):
    # No lake is there, so no vessel is known.
    assert JUDGE.good([read(told)]) == []


@pytest.mark.parametrize("line", [b"", b"{", b"7", b"{}", b'{"id": "a", "at": "now"}'])
def test_a_torn_line_is_no_message(line: bytes):
    assert Message.of_line(line) is None


def test_a_message_is_known_by_its_topic_and_payload():
    recent = Recent(size=2)
    first, other = read({"message_id": "a"}), read({"message_id": "a"}, "fleet/N-2/telemetry")
    assert not recent.holds(first)
    recent.add(first)
    assert recent.holds(read({"message_id": "a"}, at=NOW + timedelta(days=1)))
    assert not recent.holds(other)
    assert recent.judged(read({"message_id": "a"})).refused is None
    assert recent.judged(other).refused == "message_id_reused"
    # One that is refused does not take the id away from who had it.
    recent.add(recent.judged(other))
    assert recent.judged(first).refused is None
    recent.add(read({}))
    assert not recent.holds(first)


@given(
    batches=st.lists(
        st.tuples(
            st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab") | st.none()), max_size=4),
            st.sampled_from(["whole", "torn", "twice"]),
        ),
        max_size=12,
    ),
    size=st.integers(1, 6),
)
def test_a_restart_remembers_what_the_process_did(batches, size: int):
    """However often the file is written, torn, written again and compacted."""
    process = Recent(size)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for sent, how in batches:
            messages = [
                read({"engine_health_score": value, "message_id": number}) for value, number in sent
            ]
            kept = []
            for message in messages:
                kept.append(process.judged(message))
                process.add(kept[-1])
            # A kill may come after the file was written, or in the middle of its last line.
            write_traces(folder, kept, size)
            if how == "torn" and kept:
                (folder / FILE).write_bytes((folder / FILE).read_bytes()[:-9])
            if how != "whole":
                write_traces(folder, kept, size)
            started = Recent(size)
            for trace in read_traces(folder):
                started.add_trace(trace)
            assert started.traces() == process.traces()
            for number in "ab":
                probe = read({"engine_health_score": 99, "message_id": number})
                assert started.judged(probe) == process.judged(probe)
        # A line without a sender's id is half as long.
        assert len(read_traces(folder)) <= 4 * size


@pytest.mark.parametrize(
    "url", [None, "localhost:1883", "http://host", "mqtt://", "mqtt://user:pw@host", "mqtt://h/x"]
)
def test_an_address_that_is_none_says_what_to_write(url: str | None):
    with pytest.raises(SettingsError) as caught:
        address_of(Settings(telemetry_url=url))
    assert "mqtt://host" in caught.value.remedy
    assert "pw" not in caught.value.message


@pytest.mark.parametrize("topic", ["fleet/telemetry", "fleet/#", "+/+/x", "$SYS/+", "a/b+/c", ""])
def test_a_topic_must_tell_the_vessel(topic: str):
    with pytest.raises(ValidationError):
        Settings(telemetry_topic=topic)


@pytest.mark.parametrize(
    ("topic", "sent"), [("+", "N-1"), ("+/telemetry", "N-1/telemetry"), ("a/b/+", "a/b/N-1")]
)
def test_the_vessel_may_stand_anywhere_in_a_topic(topic: str, sent: str):
    filtered = Settings(telemetry_topic=topic).telemetry_topic
    contracts = of_home(Settings(home=Path("none")), "fleet")
    message = Reading(STREAM, contracts, filtered, timedelta()).read(sent, b"{}", NOW)
    assert message.fields[0] == "N-1"


def test_a_domain_without_a_stream_is_named():
    assert find_stream() == STREAM
    with pytest.raises(SourceError, match="'travel' has no stream"):
        find_stream("travel")
