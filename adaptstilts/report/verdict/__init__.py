"""The verdict on a store: trajectories over k, their slopes, and what they say."""
