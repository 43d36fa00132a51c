"""Statistics: intervals, tests, power and resampling, pure functions of tables of numbers."""
