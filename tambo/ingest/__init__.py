"""Raw files into lake.raw, bad lines into lake.quarantine: every byte is accounted for."""

from tambo.ingest.load import ingest
from tambo.ingest.replay import Replay, replay
from tambo.ingest.report import Count, FileReport, IngestReport, reports
from tambo.ingest.withdraw import Withdrawal, withdraw

__all__ = [
    "Count",
    "FileReport",
    "IngestReport",
    "Replay",
    "Withdrawal",
    "ingest",
    "replay",
    "reports",
    "withdraw",
]
