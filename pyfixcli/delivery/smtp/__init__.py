"""smtp(8): deliveries over SMTP."""
