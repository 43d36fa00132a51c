"""From rows to model inputs: a source opens the records of a split, loading makes checked rows of them, encoding makes inputs."""
