"""Where what belongs to one Tambo home lies inside it."""

from __future__ import annotations

from pathlib import Path


class HomePaths:
    """Files and folders below `home`, absolute."""

    home: Path

    @property
    def catalog(self) -> Path:
        """SQLite catalog of the DuckLake."""
        return self.home.absolute() / "lake" / "catalog.sqlite"

    @property
    def lake_data(self) -> Path:
        """Folder of the DuckLake's parquet files."""
        return self.home.absolute() / "lake" / "data"

    @property
    def lock_file(self) -> Path:
        """File lock of the one writer."""
        return self.home.absolute() / "lake" / "writer.lock"

    @property
    def spool(self) -> Path:
        """What waits to be written into the lake: a folder for each table."""
        return self.home.absolute() / "spool"

    @property
    def landing(self) -> Path:
        """What doors have read and the lake has not yet: a folder for each domain and door."""
        return self.home.absolute() / "landing"

    @property
    def scratch(self) -> Path:
        """Folder for DuckDB's spill files and for work files; safe to delete."""
        return self.home.absolute() / "scratch"

    @property
    def archive(self) -> Path:
        """Raw files as they came, named by content hash."""
        return self.home.absolute() / "archive"

    @property
    def world(self) -> Path:
        """Folder of the sample world: a folder of CSV files for each domain."""
        return self.home.absolute() / "world"

    @property
    def plans(self) -> Path:
        """Plans that somebody kept: a folder for each domain."""
        return self.home.absolute() / "plans"

    @property
    def online_store(self) -> Path:
        """SQLite online store written by Feast."""
        return self.home.absolute() / "features" / "online.sqlite"

    @property
    def registry(self) -> Path:
        """Feast's registry file."""
        return self.home.absolute() / "features" / "registry.db"

    @property
    def mlflow_uri(self) -> str:
        """MLflow tracking and registry database."""
        return f"sqlite:///{self.home.absolute() / 'mlflow' / 'mlflow.db'}"

    @property
    def mlflow_artifacts(self) -> Path:
        """Folder of MLflow's artefacts."""
        return self.home.absolute() / "mlflow" / "artifacts"

    @property
    def bento_home(self) -> Path:
        """BentoML's store."""
        return self.home.absolute() / "bentoml"

    @property
    def data_docs(self) -> Path:
        """Great Expectations project with its static data docs."""
        return self.home.absolute() / "expectations"

    @property
    def dbt_target(self) -> Path:
        """Manifest, compiled SQL and docs of dbt."""
        return self.home.absolute() / "dbt"
