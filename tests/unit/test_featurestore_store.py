"""Feast's configuration of a home, and the promises that a certificate keeps."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tambo.errors import FeatureError
from tambo.featurestore.certificate import Certificate
from tambo.featurestore.store import connection_string


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://localhost:6379/2", "localhost:6379,db=2"),
        ("redis://cache", "cache:6379,db=0"),
        ("rediss://me:s%2Fx@cache:1/1", "cache:1,db=1,username=me,password=s/x,ssl=true"),
    ],
)
def test_a_redis_url_is_written_as_feast_wants_it(url, expected):
    assert connection_string(url) == expected


def test_what_is_no_redis_url_is_refused_without_showing_its_password():
    with pytest.raises(FeatureError, match="not a Redis URL") as error:
        connection_string("http://:secret@cache")
    assert "secret" not in str(error.value)


GOOD = Certificate(
    release=3,
    snapshot=17,
    service="flight_price_v1",
    service_hash="abc",
    rows=2,
    fan_out=1.0,
    as_known_at=True,
    newest_event=-5,
    newest_created=0,
    nulls={"a__x": 1},
    expired={"a__x": 0},
    unmatched={"a": 1},
)


def test_a_good_certificate_is_plain_json():
    GOOD.verify()
    assert json.loads(GOOD.to_json()) == GOOD.to_dict()
    replace(GOOD, newest_event=None, newest_created=None).verify()


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"newest_event": 1}, "an event 1 µs after its entity time"),
        ({"newest_created": 2}, "2 µs before it became known"),
        ({"fan_out": 1.5}, "became 1.500 rows"),
    ],
)
def test_a_certificate_with_a_broken_promise_does_not_verify(broken, message):
    with pytest.raises(FeatureError, match=message):
        replace(GOOD, **broken).verify()


def test_the_plain_join_may_use_what_was_not_yet_known():
    replace(GOOD, as_known_at=False, newest_created=2).verify()
