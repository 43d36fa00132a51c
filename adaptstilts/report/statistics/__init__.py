"""Pure formulas of the verdict: estimands, slopes with two-way clusters, equivalence, reference line, resampling."""
