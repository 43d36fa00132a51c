"""White-box victims: how margins lean towards edits, and descent in balls of embeddings."""
