import pyarrow.csv
import pyarrow.parquet
import pytest

from tambo import lake
from tambo.errors import LakeError
from tambo.lake.export import export_table
from tambo.settings import Settings


@pytest.fixture
def settings(tmp_path) -> Settings:
    settings = Settings(home=tmp_path / "home")
    with lake.writer(settings, "test") as connection:
        connection.execute(
            "CREATE TABLE lake.marts.fares AS SELECT i AS id, 'Recife, \"PE\"' AS place "
            "FROM range(3) t(i)"
        )
    return settings


def test_csv_and_parquet_hold_every_row(settings: Settings, tmp_path) -> None:
    for name, read in (("x.csv", pyarrow.csv.read_csv), ("x.parquet", pyarrow.parquet.read_table)):
        assert export_table(settings, "marts.fares", tmp_path / name) == 3
        table = read(tmp_path / name)
        assert table.column("id").to_pylist() == [0, 1, 2]
        assert table.column("place").to_pylist() == ['Recife, "PE"'] * 3


def test_an_older_snapshot_can_be_exported(settings: Settings, tmp_path) -> None:
    snapshot = lake.head(settings)
    with lake.writer(settings, "test") as connection:
        connection.execute("DELETE FROM lake.marts.fares")
    assert export_table(settings, "marts.fares", tmp_path / "old.csv", snapshot=snapshot) == 3
    assert export_table(settings, "marts.fares", tmp_path / "new.csv") == 0


def test_an_unknown_table_lists_the_known(settings: Settings, tmp_path) -> None:
    with pytest.raises(LakeError, match=r"no table marts\.fare") as error:
        export_table(settings, "marts.fare", tmp_path / "x.csv")
    assert "marts.fares" in str(error.value.remedy)


def test_an_unknown_ending_is_refused(settings: Settings, tmp_path) -> None:
    with pytest.raises(LakeError, match=r"the ending \.xlsx"):
        export_table(settings, "marts.fares", tmp_path / "x.xlsx")
