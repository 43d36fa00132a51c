"""First versions of declarations: of a task from its files; of an attack, a composition and a sweep from what was named."""
