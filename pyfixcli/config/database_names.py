"""Database tables that values name (``ldap:name``), and the parameters that belong to them.

A table that is not in a file of its own (``ldap:/etc/x.cf``) has its parameters in main.cf, as ``name_suffix``
(ldap_table(5) and its like, postconf(1)).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMMON = "domain expansion_limit result_format"
SQL = f"{COMMON} additional_conditions query select_field table where_field"
LDAP = f"""{COMMON} bind bind_dn bind_pw cache cache_expiry cache_size chase_referrals debuglevel dereference
leaf_result_attribute query_filter recursion_limit result_attribute result_filter sasl_authz_id sasl_mechs
sasl_minssf sasl_realm scope search_base server_host server_port size_limit special_result_attribute start_tls
terminal_result_attribute timeout tls_ca_cert_dir tls_ca_cert_file tls_cert tls_cipher_suite tls_key
tls_random_file tls_require_cert version"""
MYSQL = f"""{SQL} dbname hosts option_file option_group password require_result_set tls_CAfile tls_CApath
tls_cert_file tls_ciphers tls_key_file tls_verify_cert user"""
PGSQL = f"{SQL} dbname hosts password select_function user"
SQLITE = f"{SQL} dbpath"
MEMCACHE = """backup data_size_limit domain flags key_format line_size_limit max_try memcache retry_pause timeout
ttl"""
SUFFIXES: Mapping[str, frozenset[str]] = {
    "ldap": frozenset(LDAP.split()),
    "mysql": frozenset(MYSQL.split()),
    "pgsql": frozenset(PGSQL.split()),
    "sqlite": frozenset(SQLITE.split()),
    "memcache": frozenset(MEMCACHE.split()),
}
TYPES = tuple(f"{kind}:" for kind in SUFFIXES)
COMPOSED = ("pipemap", "unionmap")
SEPARATORS = ", \t\r\n"


def names_databases(value: str) -> bool:
    """Whether a value may name a database; quick, to be asked of each value."""
    return ":" in value and any(kind in value for kind in TYPES)


def find_databases(value: str) -> Iterator[tuple[str, str]]:
    """(type, name) of each database that a value names, also inside braces, ``proxy:`` and tables made of tables."""
    for word in _words(value):
        if word[0] == "{":
            yield from find_databases(word[1:].removesuffix("}"))
            continue
        kind, _, name = word.partition(":")
        while kind == "proxy":
            kind, _, name = name.partition(":")
        if kind in COMPOSED and name[:1] == "{":
            yield from find_databases(name[1:].removesuffix("}"))
        elif kind in SUFFIXES and name:
            yield kind, name


def _words(value: str) -> Iterator[str]:
    """Words of a list; separators between braces belong to a word."""
    word, depth = "", 0
    for character in value:
        if character in SEPARATORS and not depth:
            if word:
                yield word
            word = ""
            continue
        word += character
        depth = max(0, depth + (character == "{") - (character == "}"))
    if word:
        yield word
