"""Raw files into lake.raw, bad lines into lake.quarantine: every byte is accounted for."""

from tambo.ingest.load import ingest
from tambo.ingest.report import Count, FileReport, IngestReport, reports

__all__ = ["Count", "FileReport", "IngestReport", "ingest", "reports"]
