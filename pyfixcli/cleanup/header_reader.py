"""The reader of headers, under the name that submission knows it by."""

from __future__ import annotations

from pyfixcli.mail.header_reader import HeaderReader as HeaderReader
