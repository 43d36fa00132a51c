"""Pure scoring functions: plain values in, fractions in [0, 1] out; no model, no file, no task."""
