"""The verdict on a store."""

from adaptstilts.report.verdict.findings import Verdict
from adaptstilts.report.verdict.judgement import decide, language_map, suggested, verdict

__all__ = ["Verdict", "decide", "language_map", "suggested", "verdict"]
