"""The documented mapping of the Azure maintenance set: a failure counts once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import feature_lake
import pytest
from ingest_files import query
from typer.testing import CliRunner

from tambo.cli import app
from tambo.errors import ContractError
from tambo.ingest import ingest
from tambo.settings import PROJECT_ROOT, Settings, get_settings

MAPPING = PROJECT_ROOT / "docs/mappings/azure_pdm.yml"
FILES = {
    "PdM_machines.csv": '"machineID","model","age"\n1,"model3",18\n2,"model4",7\n',
    "PdM_errors.csv": '"datetime","machineID","errorID"\n'
    '2020-01-03 07:00:00,1,"error1"\n2020-01-03 07:00:00,1,"error3"\n',
    # Two components fail at one instant.
    "PdM_failures.csv": '"datetime","machineID","failure"\n'
    '2020-01-05 06:00:00,1,"comp4"\n2020-01-05 06:00:00,1,"comp1"\n2020-03-06 06:00:00,2,"comp1"\n',
    # The first two are the failure again, the third is of another machine at its instant.
    "PdM_maint.csv": '"datetime","machineID","comp"\n'
    '2020-01-05 06:00:00,1,"comp4"\n2020-01-05 06:00:00,1,"comp2"\n'
    '2020-01-05 06:00:00,2,"comp4"\n2020-02-01 06:00:00,1,"comp1"\n2020-02-01 06:00:00,1,"comp2"\n',
}


def write(raw: Path) -> Settings:
    raw.mkdir()
    for name, text in FILES.items():
        (raw / name).write_text(text)
    return Settings(home=raw.parent / "home", raw=raw, mapping=MAPPING)


def test_a_failure_that_is_also_a_maintenance_counts_once(tmp_path: Path) -> None:
    home = write(tmp_path / "raw")
    report = ingest(home, tmp_path / "raw")
    assert all(file.conserved for file in report.files)
    assert not any(file.quarantined.records for file in report.files)
    (maintenance,) = (file for file in report.files if file.source_file == "PdM_maint.csv")
    assert maintenance.filtered.records == 2
    found = query(
        home, "SELECT aircraft_id, kind, started_at, cost FROM lake.raw.maintenance ORDER BY ALL"
    )
    assert found == [
        ("machine 1", "scheduled", datetime(2020, 2, 1, 6), None),
        ("machine 1", "unscheduled", datetime(2020, 1, 5, 6), None),
        ("machine 2", "scheduled", datetime(2020, 1, 5, 6), None),
        ("machine 2", "unscheduled", datetime(2020, 3, 6, 6), None),
    ]
    entries = query(home, "SELECT severity, author FROM lake.raw.service_logs ORDER BY ALL")
    assert entries == [("major", "error1"), ("major", "error3")]


def test_what_the_set_lacks_is_listed_by_status(tmp_path: Path) -> None:
    home = write(tmp_path / "raw")
    ingest(home, tmp_path / "raw")
    known = "aircraft_id, started_at AS event_timestamp, _known_at AS created_timestamp"
    feature_lake.write(
        home,
        f"CREATE TABLE lake.marts.aircraft_maintenance AS SELECT {known}, kind, "
        "cost AS last_maintenance_cost FROM lake.raw.maintenance",
        f"CREATE TABLE lake.marts.aircraft_health AS SELECT {known}, 1.0 AS engine_health_score "
        "FROM lake.raw.maintenance WHERE false",
    )
    counts = {"marts.aircraft_maintenance": 4, "marts.aircraft_health": 0}
    feature_lake.release(home, 1, domain="fleet", row_counts=counts)

    said = CliRunner().invoke(app, ["status"], env={"TAMBO_HOME": str(home.home)})
    get_settings.cache_clear()

    (line,) = (one for one in said.output.splitlines() if one.startswith("null in every row"))
    assert set(line.partition(": ")[2].split(", ")) == {
        "raw.aircraft.aircraft_type",
        "raw.aircraft.home_base",
        "raw.aircraft.in_service_since",
        "raw.maintenance.cost",
        "marts.aircraft_maintenance.last_maintenance_cost",
        "all of marts.aircraft_health",
    }


def test_a_file_to_look_in_must_be_there(tmp_path: Path) -> None:
    home = write(tmp_path / "raw")
    (tmp_path / "raw" / "PdM_failures.csv").unlink()
    with pytest.raises(ContractError, match=r"looks in .*PdM_failures\.csv, which does not exist"):
        ingest(home, tmp_path / "raw")
