"""The documented mapping of the UCI bike hours: one file feeds flow, weather and holidays."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from ingest_files import query

from tambo.ingest import ingest
from tambo.settings import PROJECT_ROOT, Settings

MAPPING = PROJECT_ROOT / "docs/mappings/bike_sharing.yml"
HEADER = (
    "instant,dteday,season,yr,mnth,hr,holiday,weekday,workingday,weathersit,temp,atemp,hum,"
    "windspeed,casual,registered,cnt"
)
LINES = (
    "1,09/03/11,1,0,3,0,0,3,1,1,0.5,0.5,0.6,0.1,2,9,11",
    "2,17/03/11,1,0,3,0,1,4,0,3,0.25,0.2,0.9,0.1,4,7,11",
    "3,17/03/11,1,0,3,1,1,4,0,4,0.25,0.2,0.95,0.1,0,5,5",
)


def test_one_file_feeds_flow_weather_and_holidays(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "hour.csv").write_text("\n".join([HEADER, *LINES]) + "\n")
    zone = "America/New_York"
    home = Settings(home=tmp_path / "home", raw=raw, mapping=MAPPING, tourism_zone=zone)
    report = ingest(home, raw)
    assert all(file.conserved for file in report.files)
    assert not any(file.quarantined.records for file in report.files)

    # Midnight in Washington is five in the morning, UTC; from March 13 on, four.
    flow = query(
        home,
        'SELECT "timestamp", location, market, tourist_count FROM lake.raw.tourist_flow ORDER BY ALL',
    )
    assert flow[:2] == [
        (datetime(2011, 3, 9, 5), "Washington DC", "casual", 2),
        (datetime(2011, 3, 9, 5), "Washington DC", "registered", 9),
    ]
    assert {at for at, *_ in flow[2:]} == {datetime(2011, 3, 17, 4), datetime(2011, 3, 17, 5)}
    assert sum(count for *_, count in flow) == 11 + 11 + 5
    weather = query(
        home,
        "SELECT round(temperature, 6), precipitation, humidity FROM lake.raw.weather "
        'ORDER BY "timestamp"',
    )
    assert weather == [(15.5, 0.0, 60.0), (3.75, 1.0, 90.0), (3.75, 5.0, 95.0)]
    holidays = query(home, "SELECT holiday_date, holiday_type, location FROM lake.raw.holidays")
    assert holidays == [(date(2011, 3, 17), "public", "Washington DC")]
