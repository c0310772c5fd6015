"""Database tables that values name (``ldap:name``), and the parameters that belong to them.

A table that is not in a file of its own (``ldap:/etc/x.cf``) has its parameters in main.cf, as ``name_suffix``
(ldap_table(5) and its like, postconf(1)).
"""

from __future__ import annotations

from pyfixcli.config.braced_words import braced_words, inner_text

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
COMPOSED = ("pipemap", "unionmap")


def find_databases(value: str, problems: list[str]) -> Iterator[tuple[str, str]]:
    """(type, name) of each database that a value names, also inside braces, ``proxy:`` and tables made of tables.

    ``problems`` gets the reference's words for braces that do not enclose the whole of a word or a name.
    """
    for word in braced_words(value):
        if word[0] == "{":
            yield from find_databases(inner_text(word, problems), problems)
            continue
        kind, _, name = word.partition(":")
        while kind == "proxy":
            kind, _, name = name.partition(":")
        if name[:1] == "{":
            inner = inner_text(name, problems)
            if kind in COMPOSED:
                yield from find_databases(inner, problems)
        elif kind in SUFFIXES and name:
            yield kind, name
