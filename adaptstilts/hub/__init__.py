"""The Hugging Face Hub: what goes there, how it is told, and transfers that come back."""
