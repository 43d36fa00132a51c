"""How adapters of one layer act together: fused, gated, averaged, merged, stacked, or side by side."""
