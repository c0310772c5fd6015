"""The nouns of mail: addresses, envelopes, recipients, headers, results."""
