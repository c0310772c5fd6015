"""virtual(8): mailboxes of users that only tables know."""
