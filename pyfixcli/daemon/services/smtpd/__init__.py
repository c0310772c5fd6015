"""smtpd(8): SMTP in, by asyncio in the edge processes."""
