"""What every layer may use: errors, exit statuses, time, files, locks, rights."""
