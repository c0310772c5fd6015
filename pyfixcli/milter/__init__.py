"""Mail filters that are asked while mail comes in (MILTER_README): who they are, what they are told, what they say."""
