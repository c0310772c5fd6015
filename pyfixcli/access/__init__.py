"""Who may send what to whom: the SMTP server's restrictions (SMTPD_ACCESS_README)."""
