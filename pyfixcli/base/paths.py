"""Where the parts of an instance lie beneath its queue directory.

``public`` (0755) holds what ordinary users reach, ``private`` (0700) the rest.
"""

from __future__ import annotations

PUBLIC = "public"
PRIVATE = "private"

# public: submission, queue listing, flush requests, log lines
SUBMIT = "public/submit"
SHOWQ = "public/showq"
FLUSH = "public/flush"
POSTLOG = "public/postlog"

# private: the store's clients, the delivery agents' meeting place, tables that are open for all
STORE = "private/store"
AGENTS = "private/agents"
PROXYMAP = "private/proxymap"

MASTER_PID = "pid/master.pid"
MASTER_LOCK = "pid/master.lock"
ROLE_LOCK = "pid/{}.lock"  # of a role that only one process may have

COUNTS = "counts"  # no path: the name under which workers get the shared counts

CONTENT = "content"  # directory of content files
MAILDROP = "maildrop"
ENVIRONMENT = "mail"  # directory of the LMDB environment

# public: triggers (postkick)
PICKUP = "public/pickup"
QMGR = "public/qmgr"

# private: postfix(1) speaks to master
MASTER = "private/master"
