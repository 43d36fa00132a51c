"""What attacks know of text: clusters, scripts, keyboards, words, names."""
