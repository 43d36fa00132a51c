"""A whole store as one page: tables, links, published scores beside its own."""
