"""THE parameter table, made by tests/tools/make_params; do not edit.

Types: str, bool, int, and time with its default unit (times, timem, timeh, timed, timew). Defaults are unexpanded.
"""

from pyfixcli.config.parameter_table import ParameterTable

# name | type | minimum | maximum | default | text
PARAMETERS = ParameterTable(
    r"""
2bounce_notice_recipient | str |  |  | postmaster | 2bounce notice recipient
access_map_defer_code | int | 0 |  | 450 | access map defer code
access_map_reject_code | int | 0 |  | 554 | access map reject code
address_verify_cache_cleanup_interval | timeh | 0 |  | 12h | address verification: cache cleanup interval
address_verify_default_transport | str |  |  | $default_transport | address verification: default transport
address_verify_local_transport | str |  |  | $local_transport | address verification: local transport
address_verify_map | str |  |  | btree:$data_directory/verify_cache | address verification: map
address_verify_negative_cache | bool |  |  | yes | address verification: negative cache
address_verify_negative_expire_time | timed | 0 |  | 3d | address verification: negative expire time
address_verify_negative_refresh_time | timeh | 0 |  | 3h | address verification: negative refresh time
address_verify_pending_request_limit | int | 0 |  | 5000 | address verification: pending request limit
address_verify_poll_count | int | 0 |  | ${stress?{1}:{3}} | address verification: poll count
address_verify_poll_delay | times | 0 |  | 3s | address verification: poll delay
address_verify_positive_expire_time | timed | 0 |  | 31d | address verification: positive expire time
address_verify_positive_refresh_time | timed | 0 |  | 7d | address verification: positive refresh time
address_verify_relay_transport | str |  |  | $relay_transport | address verification: relay transport
address_verify_relayhost | str |  |  | $relayhost | address verification: relayhost
address_verify_sender | str |  |  | $double_bounce_sender | address verification: sender
address_verify_sender_dependent_default_transport_maps | str |  |  | $sender_dependent_default_transport_maps | address verification: sender dependent default transport maps
address_verify_sender_dependent_relayhost_maps | str |  |  | $sender_dependent_relayhost_maps | address verification: sender dependent relayhost maps
address_verify_sender_ttl | times | 0 |  | 0s | address verification: sender ttl
address_verify_service_name | str |  |  | verify | address verification: service name
address_verify_transport_maps | str |  |  | $transport_maps | address verification: transport maps
address_verify_virtual_transport | str |  |  | $virtual_transport | address verification: virtual transport
alias_database | str |  |  | lmdb:/etc/aliases | alias database
alias_maps | str |  |  | lmdb:/etc/aliases | alias maps
allow_mail_to_commands | str |  |  | alias, forward | allow mail to commands
allow_mail_to_files | str |  |  | alias, forward | allow mail to files
allow_min_user | bool |  |  | no | allow min user
allow_percent_hack | bool |  |  | yes | allow percent hack
allow_untrusted_routing | bool |  |  | no | allow untrusted routing
alternate_config_directories | str |  |  |  | alternate config directories
always_add_missing_headers | bool |  |  | no | always add missing headers
always_bcc | str |  |  |  | always bcc
anvil_rate_time_unit | times | 0 |  | 60s | anvil rate time unit
anvil_status_update_time | times | 0 |  | 600s | anvil status update time
append_at_myorigin | bool |  |  | yes | append at myorigin
append_dot_mydomain | bool |  |  | ${{$compatibility_level} <level {1} ? {yes} : {no}} | append dot mydomain
application_event_drain_time | times | 0 |  | 100s | application event drain time
authorized_flush_users | str |  |  | static:anyone | authorized flush users
authorized_mailq_users | str |  |  | static:anyone | authorized mailq users
authorized_submit_users | str |  |  | static:anyone | authorized submit users
backwards_bounce_logfile_compatibility | bool |  |  | yes | backwards bounce logfile compatibility
berkeley_db_create_buffer_size | int | 0 |  | 16777216 | berkeley db create buffer size
berkeley_db_read_buffer_size | int | 0 |  | 131072 | berkeley db read buffer size
best_mx_transport | str |  |  |  | best mx transport
biff | bool |  |  | yes | biff
body_checks | str |  |  |  | body checks
body_checks_size_limit | int | 0 |  | 51200 | body checks size limit
bounce_notice_recipient | str |  |  | postmaster | bounce notice recipient
bounce_queue_lifetime | timed | 0 |  | 5d | bounce queue lifetime
bounce_service_name | str |  |  | bounce | bounce service name
bounce_size_limit | int | 1 |  | 50000 | bounce size limit
bounce_template_file | str |  |  |  | bounce template file
broken_sasl_auth_clients | bool |  |  | no | broken sasl auth clients
canonical_classes | str |  |  | envelope_sender, envelope_recipient, header_sender, header_recipient | canonical classes
canonical_maps | str |  |  |  | canonical maps
cleanup_replace_stray_cr_lf | bool |  |  | yes | cleanup replace stray cr lf
cleanup_service_name | str |  |  | cleanup | cleanup service name
command_directory | str |  |  | /usr/sbin | command directory
command_execution_directory | str |  |  |  | command execution directory
command_expansion_filter | str |  |  | 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ | command expansion filter
command_time_limit | times | 1 |  | 1000s | command time limit
compatibility_level | str |  |  | 0 | compatibility level
config_directory | str |  |  | /etc/pyfix | config directory
confirm_delay_cleared | bool |  |  | no | confirm delay cleared
connection_cache_protocol_timeout | times | 0 |  | 5s | connection cache protocol timeout
connection_cache_service_name | str |  |  | scache | connection cache service name
connection_cache_status_update_time | times | 0 |  | 600s | connection cache status update time
connection_cache_ttl_limit | times | 0 |  | 2s | connection cache ttl limit
content_filter | str |  |  |  | content filter
cyrus_sasl_config_path | str |  |  |  | cyrus sasl config path
daemon_autostart | bool |  |  | no | launch the daemon from commands of the instance's owner
daemon_directory | str |  |  | /usr/lib/postfix/sbin | daemon directory
daemon_table_open_error_is_fatal | bool |  |  | no | daemon table open error is fatal
daemon_timeout | times | 1 |  | 18000s | daemon timeout
data_directory | str |  |  | /var/lib/pyfix | data directory
debug_peer_level | int | 0 |  | 2 | debug peer level
debug_peer_list | str |  |  |  | debug peer list
debugger_command | str |  |  |  | debugger command
default_database_type | str |  |  | lmdb | default database type
default_delivery_slot_cost | int | 0 |  | 5 | default delivery slot cost
default_delivery_slot_discount | int | 0 |  | 50 | default delivery slot discount
default_delivery_slot_loan | int | 0 |  | 3 | default delivery slot loan
default_delivery_status_filter | str |  |  |  | default delivery status filter
default_destination_concurrency_failed_cohort_limit | int | 0 |  | 1 | default destination concurrency failed cohort limit
default_destination_concurrency_limit | int | 0 |  | 20 | default destination concurrency limit
default_destination_concurrency_negative_feedback | int | 0 |  | 1 | default destination concurrency negative feedback
default_destination_concurrency_positive_feedback | int | 0 |  | 1 | default destination concurrency positive feedback
default_destination_rate_delay | times | 0 |  | 0s | default destination rate delay
default_destination_recipient_limit | int | 0 |  | 50 | default destination recipient limit
default_extra_recipient_limit | int | 0 |  | 1000 | default extra recipient limit
default_filter_nexthop | str |  |  |  | default filter nexthop
default_minimum_delivery_slots | int | 0 |  | 3 | default minimum delivery slots
default_privs | str |  |  | nobody | default privs
default_process_limit | int | 1 |  | 100 | default process limit
default_rbl_reply | str |  |  | $rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; $rbl_reason} | default rbl reply
default_recipient_limit | int | 1 |  | 20000 | default recipient limit
default_recipient_refill_delay | times | 0 |  | 5s | default recipient refill delay
default_recipient_refill_limit | int | 0 |  | 100 | default recipient refill limit
default_transport | str |  |  | smtp | default transport
default_transport_rate_delay | times | 0 |  | 0s | default transport rate delay
default_verp_delimiters | str |  |  | += | default verp delimiters
defer_code | int | 0 |  | 450 | defer code
defer_service_name | str |  |  | defer | defer service name
defer_transports | str |  |  |  | defer transports
delay_logging_resolution_limit | int | 0 |  | 2 | delay logging resolution limit
delay_notice_recipient | str |  |  | postmaster | delay notice recipient
delay_warning_time | timeh | 0 |  | 0h | delay warning time
deliver_lock_attempts | int | 1 |  | 20 | deliver lock attempts
deliver_lock_delay | times | 1 |  | 1s | deliver lock delay
deliver_processes | int | 0 |  | 0 | number of deliver processes (0: one per CPU, at most 4)
destination_concurrency_feedback_debug | bool |  |  | no | destination concurrency feedback debug
detect_8bit_encoding_header | bool |  |  | yes | detect 8bit encoding header
disable_dns_lookups | bool |  |  | no | disable dns lookups
disable_mime_input_processing | bool |  |  | no | disable mime input processing
disable_mime_output_conversion | bool |  |  | no | disable mime output conversion
disable_verp_bounces | bool |  |  | no | disable verp bounces
disable_vrfy_command | bool |  |  | no | disable vrfy command
dns_ncache_ttl_fix_enable | bool |  |  | no | dns ncache ttl fix enable
dnsblog_reply_delay | times | 0 |  | 0s | dnsblog reply delay
dnsblog_service_name | str |  |  | dnsblog | dnsblog service name
dnssec_probe | str |  |  | ns:. | dnssec probe
dont_remove | int | 0 |  | 0 | dont remove
double_bounce_sender | str |  |  | double-bounce | double bounce sender
duplicate_filter_limit | int | 1 |  | 1000 | duplicate filter limit
edge_processes | int | 0 |  | 0 | number of edge processes (0: one per CPU, at most 4)
empty_address_default_transport_maps_lookup_key | str |  |  | <> | empty address default transport maps lookup key
empty_address_local_login_sender_maps_lookup_key | str |  |  | <> | empty address local login sender maps lookup key
empty_address_recipient | str |  |  | MAILER-DAEMON | empty address recipient
empty_address_relayhost_maps_lookup_key | str |  |  | <> | empty address relayhost maps lookup key
enable_idna2003_compatibility | bool |  |  | no | enable idna2003 compatibility
enable_long_queue_ids | bool |  |  | no | enable long queue ids
enable_original_recipient | bool |  |  | yes | enable original recipient
enable_threaded_bounces | bool |  |  | no | enable threaded bounces
error_notice_recipient | str |  |  | postmaster | error notice recipient
error_service_name | str |  |  | error | error service name
execution_directory_expansion_filter | str |  |  | 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ | execution directory expansion filter
expand_owner_alias | bool |  |  | no | expand owner alias
export_environment | str |  |  | TZ MAIL_CONFIG LANG | export environment
fallback_transport | str |  |  |  | fallback transport
fallback_transport_maps | str |  |  |  | fallback transport maps
fast_flush_domains | str |  |  | $relay_domains | fast flush domains
fast_flush_purge_time | timed | 0 |  | 7d | fast flush purge time
fast_flush_refresh_time | timeh | 0 |  | 12h | fast flush refresh time
fault_injection_code | int | 0 |  | 0 | fault injection code
flush_service_name | str |  |  | flush | flush service name
fork_attempts | int | 1 |  | 5 | fork attempts
fork_delay | times | 1 |  | 1s | fork delay
forward_expansion_filter | str |  |  | 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ | forward expansion filter
forward_path | str |  |  | $home/.forward${recipient_delimiter}${extension}, $home/.forward | forward path
frozen_delivered_to | bool |  |  | yes | frozen delivered to
hash_queue_depth | int | 0 |  | 1 | hash queue depth
hash_queue_names | str |  |  | deferred, defer | hash queue names
header_address_token_limit | int | 1 |  | 10240 | header address token limit
header_checks | str |  |  |  | header checks
header_from_format | str |  |  | standard | header from format
header_size_limit | int | 1 |  | 102400 | header size limit
helpful_warnings | bool |  |  | yes | helpful warnings
home_mailbox | str |  |  |  | home mailbox
hopcount_limit | int | 1 |  | 50 | hopcount limit
html_directory | str |  |  | /usr/share/doc/postfix/html | html directory
ignore_mx_lookup_error | bool |  |  | no | ignore mx lookup error
import_environment | str |  |  | MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME | import environment
in_flow_delay | times | 0 |  | 1s | in flow delay
inet_interfaces | str |  |  | all | inet interfaces
inet_protocols | str |  |  | all | inet protocols
info_log_address_format | str |  |  | external | info log address format
initial_destination_concurrency | int | 0 |  | 5 | initial destination concurrency
internal_mail_filter_classes | str |  |  |  | internal mail filter classes
invalid_hostname_reject_code | int | 0 |  | 501 | invalid hostname reject code
ipc_idle | times | 1 |  | 5s | ipc idle
ipc_timeout | times | 1 |  | 3600s | ipc timeout
ipc_ttl | times | 1 |  | 1000s | ipc ttl
known_tcp_ports | str |  |  | lmtp=24, smtp=25, smtps=submissions=465, submission=587 | known tcp ports
line_length_limit | int | 512 |  | 2048 | line length limit
lmdb_map_size | int | 0 |  | 16777216 | lmdb map size
lmtp_address_preference | str |  |  | any | LMTP client: address preference
lmtp_address_verify_target | str |  |  | rcpt | LMTP client: address verify target
lmtp_assume_final | bool |  |  | no | LMTP client: assume final
lmtp_balance_inet_protocols | bool |  |  | yes | LMTP client: balance inet protocols
lmtp_bind_address | str |  |  |  | LMTP client: bind address
lmtp_bind_address6 | str |  |  |  | LMTP client: bind address6
lmtp_bind_address_enforce | bool |  |  | no | LMTP client: bind address enforce
lmtp_body_checks | str |  |  |  | LMTP client: body checks
lmtp_cname_overrides_servername | bool |  |  | no | LMTP client: cname overrides servername
lmtp_connect_timeout | times | 0 |  | 0s | LMTP client: connect timeout
lmtp_connection_cache_destinations | str |  |  |  | LMTP client: connection cache destinations
lmtp_connection_cache_on_demand | bool |  |  | yes | LMTP client: connection cache on demand
lmtp_connection_cache_time_limit | times | 0 |  | 2s | LMTP client: connection cache time limit
lmtp_connection_reuse_count_limit | int | 0 |  | 0 | LMTP client: connection reuse count limit
lmtp_connection_reuse_time_limit | times | 0 |  | 300s | LMTP client: connection reuse time limit
lmtp_data_done_timeout | times | 0 |  | 600s | LMTP client: data done timeout
lmtp_data_init_timeout | times | 0 |  | 120s | LMTP client: data init timeout
lmtp_data_xfer_timeout | times | 0 |  | 180s | LMTP client: data xfer timeout
lmtp_defer_if_no_mx_address_found | bool |  |  | no | LMTP client: defer if no mx address found
lmtp_delivery_status_filter | str |  |  | $default_delivery_status_filter | LMTP client: delivery status filter
lmtp_discard_lhlo_keyword_address_maps | str |  |  |  | LMTP client: discard lhlo keyword address maps
lmtp_discard_lhlo_keywords | str |  |  |  | LMTP client: discard lhlo keywords
lmtp_dns_reply_filter | str |  |  |  | LMTP client: dns reply filter
lmtp_dns_resolver_options | str |  |  |  | LMTP client: dns resolver options
lmtp_dns_support_level | str |  |  |  | LMTP client: dns support level
lmtp_enforce_tls | bool |  |  | no | LMTP client: enforce tls
lmtp_fallback_relay | str |  |  |  | LMTP client: fallback relay
lmtp_generic_maps | str |  |  |  | LMTP client: generic maps
lmtp_header_checks | str |  |  |  | LMTP client: header checks
lmtp_host_lookup | str |  |  | dns | LMTP client: host lookup
lmtp_lhlo_name | str |  |  | $myhostname | LMTP client: lhlo name
lmtp_lhlo_timeout | times | 0 |  | 300s | LMTP client: lhlo timeout
lmtp_line_length_limit | int | 0 |  | 998 | LMTP client: line length limit
lmtp_mail_timeout | times | 0 |  | 300s | LMTP client: mail timeout
lmtp_mime_header_checks | str |  |  |  | LMTP client: mime header checks
lmtp_min_data_rate | int | 0 |  | 500 | LMTP client: min data rate
lmtp_mx_address_limit | int | 0 |  | 5 | LMTP client: mx address limit
lmtp_mx_session_limit | int | 0 |  | 2 | LMTP client: mx session limit
lmtp_nested_header_checks | str |  |  |  | LMTP client: nested header checks
lmtp_per_request_deadline | str |  |  | ${lmtp_per_record_deadline?{$lmtp_per_record_deadline}:{no}} | LMTP client: per request deadline
lmtp_pix_workaround_delay_time | times | 0 |  | 10s | LMTP client: pix workaround delay time
lmtp_pix_workaround_maps | str |  |  |  | LMTP client: pix workaround maps
lmtp_pix_workaround_threshold_time | times | 0 |  | 500s | LMTP client: pix workaround threshold time
lmtp_pix_workarounds | str |  |  | disable_esmtp,delay_dotcrlf | LMTP client: pix workarounds
lmtp_quit_timeout | times | 0 |  | 300s | LMTP client: quit timeout
lmtp_quote_rfc821_envelope | bool |  |  | yes | LMTP client: quote rfc821 envelope
lmtp_randomize_addresses | bool |  |  | yes | LMTP client: randomize addresses
lmtp_rcpt_timeout | times | 0 |  | 300s | LMTP client: rcpt timeout
lmtp_reply_filter | str |  |  |  | LMTP client: reply filter
lmtp_rset_timeout | times | 0 |  | 20s | LMTP client: rset timeout
lmtp_sasl_auth_cache_name | str |  |  |  | LMTP client: sasl auth cache name
lmtp_sasl_auth_cache_time | timed | 0 |  | 90d | LMTP client: sasl auth cache time
lmtp_sasl_auth_enable | bool |  |  | no | LMTP client: sasl auth enable
lmtp_sasl_auth_soft_bounce | bool |  |  | yes | LMTP client: sasl auth soft bounce
lmtp_sasl_mechanism_filter | str |  |  |  | LMTP client: sasl mechanism filter
lmtp_sasl_password_maps | str |  |  |  | LMTP client: sasl password maps
lmtp_sasl_path | str |  |  |  | LMTP client: sasl path
lmtp_sasl_security_options | str |  |  | noplaintext, noanonymous | LMTP client: sasl security options
lmtp_sasl_tls_security_options | str |  |  | $lmtp_sasl_security_options | LMTP client: sasl tls security options
lmtp_sasl_tls_verified_security_options | str |  |  | $lmtp_sasl_tls_security_options | LMTP client: sasl tls verified security options
lmtp_sasl_type | str |  |  | cyrus | LMTP client: sasl type
lmtp_send_dummy_mail_auth | bool |  |  | no | LMTP client: send dummy mail auth
lmtp_send_xforward_command | bool |  |  | no | LMTP client: send xforward command
lmtp_sender_dependent_authentication | bool |  |  | no | LMTP client: sender dependent authentication
lmtp_skip_5xx_greeting | bool |  |  | yes | LMTP client: skip 5xx greeting
lmtp_skip_quit_response | bool |  |  | no | LMTP client: skip quit response
lmtp_starttls_timeout | times | 0 |  | 300s | LMTP client: starttls timeout
lmtp_tcp_port | int | 0 |  | 24 | LMTP client: tcp port
lmtp_tls_CAfile | str |  |  |  | LMTP client TLS: CAfile
lmtp_tls_CApath | str |  |  |  | LMTP client TLS: CApath
lmtp_tls_block_early_mail_reply | bool |  |  | no | LMTP client TLS: block early mail reply
lmtp_tls_cert_file | str |  |  |  | LMTP client TLS: cert file
lmtp_tls_chain_files | str |  |  |  | LMTP client TLS: chain files
lmtp_tls_ciphers | str |  |  | medium | LMTP client TLS: ciphers
lmtp_tls_connection_reuse | bool |  |  | no | LMTP client TLS: connection reuse
lmtp_tls_dcert_file | str |  |  |  | LMTP client TLS: dcert file
lmtp_tls_dkey_file | str |  |  | $lmtp_tls_dcert_file | LMTP client TLS: dkey file
lmtp_tls_eccert_file | str |  |  |  | LMTP client TLS: eccert file
lmtp_tls_eckey_file | str |  |  | $lmtp_tls_eccert_file | LMTP client TLS: eckey file
lmtp_tls_enforce_peername | bool |  |  | yes | LMTP client TLS: enforce peername
lmtp_tls_exclude_ciphers | str |  |  |  | LMTP client TLS: exclude ciphers
lmtp_tls_fingerprint_cert_match | str |  |  |  | LMTP client TLS: fingerprint cert match
lmtp_tls_fingerprint_digest | str |  |  | ${{$compatibility_level} <level {3.6} ? {md5} : {sha256}} | LMTP client TLS: fingerprint digest
lmtp_tls_force_insecure_host_tlsa_lookup | bool |  |  | no | LMTP client TLS: force insecure host tlsa lookup
lmtp_tls_key_file | str |  |  | $lmtp_tls_cert_file | LMTP client TLS: key file
lmtp_tls_loglevel | int | 0 |  | 0 | LMTP client TLS: loglevel
lmtp_tls_mandatory_ciphers | str |  |  | medium | LMTP client TLS: mandatory ciphers
lmtp_tls_mandatory_exclude_ciphers | str |  |  |  | LMTP client TLS: mandatory exclude ciphers
lmtp_tls_mandatory_protocols | str |  |  | >=TLSv1 | LMTP client TLS: mandatory protocols
lmtp_tls_note_starttls_offer | bool |  |  | no | LMTP client TLS: note starttls offer
lmtp_tls_per_site | str |  |  |  | LMTP client TLS: per site
lmtp_tls_policy_maps | str |  |  |  | LMTP client TLS: policy maps
lmtp_tls_protocols | str |  |  | >=TLSv1 | LMTP client TLS: protocols
lmtp_tls_scert_verifydepth | int | 0 |  | 9 | LMTP client TLS: scert verifydepth
lmtp_tls_secure_cert_match | str |  |  | nexthop | LMTP client TLS: secure cert match
lmtp_tls_security_level | str |  |  |  | LMTP client TLS: security level
lmtp_tls_servername | str |  |  |  | LMTP client TLS: servername
lmtp_tls_session_cache_database | str |  |  |  | LMTP client TLS: session cache database
lmtp_tls_session_cache_timeout | times | 0 |  | 3600s | LMTP client TLS: session cache timeout
lmtp_tls_trust_anchor_file | str |  |  |  | LMTP client TLS: trust anchor file
lmtp_tls_verify_cert_match | str |  |  | hostname | LMTP client TLS: verify cert match
lmtp_tls_wrappermode | bool |  |  | no | LMTP client TLS: wrappermode
lmtp_use_tls | bool |  |  | no | LMTP client: use tls
lmtp_xforward_timeout | times | 0 |  | 300s | LMTP client: xforward timeout
local_command_shell | str |  |  |  | local delivery: command shell
local_delivery_status_filter | str |  |  | $default_delivery_status_filter | local delivery: delivery status filter
local_destination_concurrency_limit | int | 0 |  | 2 | local delivery: destination concurrency limit
local_destination_recipient_limit | int | 0 |  | 1 | local delivery: destination recipient limit
local_header_rewrite_clients | str |  |  | permit_inet_interfaces | local delivery: header rewrite clients
local_login_sender_maps | str |  |  | static:* | local delivery: login sender maps
local_processes | int | 0 |  | 0 | number of local delivery processes (0: automatic)
local_recipient_maps | str |  |  | proxy:unix:passwd.byname $alias_maps | local delivery: recipient maps
local_transport | str |  |  | local:$myhostname | local delivery: transport
luser_relay | str |  |  |  | luser relay
mail_name | str |  |  | Pyfix | mail name
mail_owner | str |  |  | postfix | mail owner
mail_release_date | int | 0 |  | 20240304 | mail release date
mail_spool_directory | str |  |  | /var/mail | mail spool directory
mail_version | str |  |  | 3.7.11-pyfix0.1 | mail version
mailbox_command | str |  |  |  | mailbox command
mailbox_command_maps | str |  |  |  | mailbox command maps
mailbox_delivery_lock | str |  |  | fcntl, dotlock | mailbox delivery lock
mailbox_size_limit | int | 0 |  | 51200000 | mailbox size limit
mailbox_transport | str |  |  |  | mailbox transport
mailbox_transport_maps | str |  |  |  | mailbox transport maps
maillog_file | str |  |  |  | maillog file
maillog_file_compressor | str |  |  | gzip | maillog file compressor
maillog_file_prefixes | str |  |  | /var, /dev/stdout | maillog file prefixes
maillog_file_rotate_suffix | str |  |  | %Y%m%d-%H%M%S | maillog file rotate suffix
maillog_json_file | str |  |  |  | file that gets each log event as a JSON object too
mailq_path | str |  |  | /usr/bin/mailq | mailq path
manpage_directory | str |  |  | /usr/share/man | manpage directory
maps_rbl_domains | str |  |  |  | maps rbl domains
maps_rbl_reject_code | int | 0 |  | 554 | maps rbl reject code
masquerade_classes | str |  |  | envelope_sender, header_sender, header_recipient | masquerade classes
masquerade_domains | str |  |  |  | masquerade domains
masquerade_exceptions | str |  |  |  | masquerade exceptions
master_service_disable | str |  |  |  | master service disable
max_idle | times | 1 |  | 100s | max idle
max_use | int | 1 |  | 100 | max use
maximal_backoff_time | times | 1 |  | 4000s | maximal backoff time
maximal_queue_lifetime | timed | 0 |  | 5d | maximal queue lifetime
message_drop_headers | str |  |  | bcc, content-length, resent-bcc, return-path | message drop headers
message_reject_characters | str |  |  |  | message reject characters
message_size_limit | int | 0 |  | 10240000 | message size limit
message_strip_characters | str |  |  |  | message strip characters
meta_directory | str |  |  | /etc/pyfix | meta directory
milter_command_timeout | times | 0 |  | 30s | milters: command timeout
milter_connect_macros | str |  |  | j {daemon_name} {daemon_addr} v _ | milters: connect macros
milter_connect_timeout | times | 0 |  | 30s | milters: connect timeout
milter_content_timeout | times | 0 |  | 300s | milters: content timeout
milter_data_macros | str |  |  | i | milters: data macros
milter_default_action | str |  |  | tempfail | milters: default action
milter_end_of_data_macros | str |  |  | i | milters: end of data macros
milter_end_of_header_macros | str |  |  | i | milters: end of header macros
milter_header_checks | str |  |  |  | milters: header checks
milter_helo_macros | str |  |  | {tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer} | milters: helo macros
milter_macro_daemon_name | str |  |  | $myhostname | milters: macro daemon name
milter_macro_defaults | str |  |  |  | milters: macro defaults
milter_macro_v | str |  |  | $mail_name $mail_version | milters: macro v
milter_mail_macros | str |  |  | i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer} | milters: mail macros
milter_protocol | int | 0 |  | 6 | milters: protocol
milter_rcpt_macros | str |  |  | i {rcpt_addr} {rcpt_host} {rcpt_mailer} | milters: rcpt macros
milter_unknown_command_macros | str |  |  |  | milters: unknown command macros
mime_boundary_length_limit | int | 0 |  | 2048 | mime boundary length limit
mime_header_checks | str |  |  | $header_checks | mime header checks
mime_nesting_limit | int | 0 |  | 100 | mime nesting limit
minimal_backoff_time | times | 1 |  | 300s | minimal backoff time
multi_instance_directories | str |  |  |  | multi instance directories
multi_instance_enable | bool |  |  | no | multi instance enable
multi_instance_group | str |  |  |  | multi instance group
multi_instance_name | str |  |  |  | multi instance name
multi_instance_wrapper | str |  |  |  | multi instance wrapper
multi_recipient_bounce_reject_code | int | 0 |  | 550 | multi recipient bounce reject code
mydestination | str |  |  | $myhostname, localhost.$mydomain, localhost | mydestination
mydomain | str |  |  |  | mydomain
myhostname | str |  |  |  | myhostname
mynetworks | str |  |  |  | mynetworks
mynetworks_style | str |  |  | ${{$compatibility_level} <level {2} ? {subnet} : {host}} | mynetworks style
myorigin | str |  |  | $myhostname | myorigin
nested_header_checks | str |  |  | $header_checks | nested header checks
newaliases_path | str |  |  | /usr/bin/newaliases | newaliases path
non_fqdn_reject_code | int | 0 |  | 504 | non fqdn reject code
non_smtpd_milters | str |  |  |  | non smtpd milters
notify_classes | str |  |  | resource, software | notify classes
openssl_path | str |  |  | openssl | openssl path
owner_request_special | bool |  |  | yes | owner request special
parent_domain_matches_subdomains | str |  |  | debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_authorized_clients,relay_domains,smtpd_access_maps | parent domain matches subdomains
permit_mx_backup_networks | str |  |  |  | permit mx backup networks
pickup_service_name | str |  |  | pickup | pickup service name
pipe_delivery_status_filter | str |  |  | $default_delivery_status_filter | pipe delivery status filter
plaintext_reject_code | int | 0 |  | 450 | plaintext reject code
postlog_service_name | str |  |  | postlog | postlog service name
postlogd_watchdog_timeout | times | 0 |  | 10s | postlogd watchdog timeout
postmulti_control_commands | str |  |  | reload flush | postmulti control commands
postmulti_start_commands | str |  |  | start | postmulti start commands
postmulti_stop_commands | str |  |  | stop abort drain quick-stop | postmulti stop commands
postscreen_access_list | str |  |  | permit_mynetworks | postscreen: access list
postscreen_allowlist_interfaces | str |  |  | ${postscreen_whitelist_interfaces?{$postscreen_whitelist_interfaces}:{static:all}} | postscreen: allowlist interfaces
postscreen_bare_newline_action | str |  |  | ignore | postscreen: bare newline action
postscreen_bare_newline_enable | bool |  |  | no | postscreen: bare newline enable
postscreen_bare_newline_ttl | timed | 0 |  | 30d | postscreen: bare newline ttl
postscreen_cache_cleanup_interval | timeh | 0 |  | 12h | postscreen: cache cleanup interval
postscreen_cache_map | str |  |  | btree:$data_directory/postscreen_cache | postscreen: cache map
postscreen_cache_retention_time | timed | 0 |  | 7d | postscreen: cache retention time
postscreen_client_connection_count_limit | int | 0 |  | $smtpd_client_connection_count_limit | postscreen: client connection count limit
postscreen_command_count_limit | int | 0 |  | 20 | postscreen: command count limit
postscreen_command_filter | str |  |  |  | postscreen: command filter
postscreen_command_time_limit | times | 0 |  | ${stress?{10}:{300}}s | postscreen: command time limit
postscreen_denylist_action | str |  |  | ${postscreen_blacklist_action?{$postscreen_blacklist_action}:{ignore}} | postscreen: denylist action
postscreen_disable_vrfy_command | bool |  |  | $disable_vrfy_command | postscreen: disable vrfy command
postscreen_discard_ehlo_keyword_address_maps | str |  |  | $smtpd_discard_ehlo_keyword_address_maps | postscreen: discard ehlo keyword address maps
postscreen_discard_ehlo_keywords | str |  |  | $smtpd_discard_ehlo_keywords | postscreen: discard ehlo keywords
postscreen_dnsbl_action | str |  |  | ignore | postscreen: dnsbl action
postscreen_dnsbl_allowlist_threshold | str |  |  | ${postscreen_dnsbl_whitelist_threshold?{$postscreen_dnsbl_whitelist_threshold}:{0}} | postscreen: dnsbl allowlist threshold
postscreen_dnsbl_max_ttl | str |  |  | ${postscreen_dnsbl_ttl?{$postscreen_dnsbl_ttl}:{1}}h | postscreen: dnsbl max ttl
postscreen_dnsbl_min_ttl | times | 0 |  | 60s | postscreen: dnsbl min ttl
postscreen_dnsbl_reply_map | str |  |  |  | postscreen: dnsbl reply map
postscreen_dnsbl_sites | str |  |  |  | postscreen: dnsbl sites
postscreen_dnsbl_threshold | int | 0 |  | 1 | postscreen: dnsbl threshold
postscreen_dnsbl_timeout | times | 0 |  | 10s | postscreen: dnsbl timeout
postscreen_enforce_tls | bool |  |  | $smtpd_enforce_tls | postscreen: enforce tls
postscreen_expansion_filter | str |  |  | $smtpd_expansion_filter | postscreen: expansion filter
postscreen_forbidden_commands | str |  |  | $smtpd_forbidden_commands | postscreen: forbidden commands
postscreen_greet_action | str |  |  | ignore | postscreen: greet action
postscreen_greet_banner | str |  |  | $smtpd_banner | postscreen: greet banner
postscreen_greet_ttl | timed | 0 |  | 1d | postscreen: greet ttl
postscreen_greet_wait | times | 0 |  | ${stress?{2}:{6}}s | postscreen: greet wait
postscreen_helo_required | bool |  |  | $smtpd_helo_required | postscreen: helo required
postscreen_non_smtp_command_action | str |  |  | drop | postscreen: non smtp command action
postscreen_non_smtp_command_enable | bool |  |  | no | postscreen: non smtp command enable
postscreen_non_smtp_command_ttl | timed | 0 |  | 30d | postscreen: non smtp command ttl
postscreen_pipelining_action | str |  |  | enforce | postscreen: pipelining action
postscreen_pipelining_enable | bool |  |  | no | postscreen: pipelining enable
postscreen_pipelining_ttl | timed | 0 |  | 30d | postscreen: pipelining ttl
postscreen_post_queue_limit | int | 0 |  | $default_process_limit | postscreen: post queue limit
postscreen_pre_queue_limit | int | 0 |  | $default_process_limit | postscreen: pre queue limit
postscreen_reject_footer | str |  |  | $smtpd_reject_footer | postscreen: reject footer
postscreen_reject_footer_maps | str |  |  | $smtpd_reject_footer_maps | postscreen: reject footer maps
postscreen_tls_security_level | str |  |  | $smtpd_tls_security_level | postscreen: tls security level
postscreen_upstream_proxy_protocol | str |  |  |  | postscreen: upstream proxy protocol
postscreen_upstream_proxy_timeout | times | 0 |  | 5s | postscreen: upstream proxy timeout
postscreen_use_tls | bool |  |  | $smtpd_use_tls | postscreen: use tls
postscreen_watchdog_timeout | times | 0 |  | 10s | postscreen: watchdog timeout
prepend_delivered_header | str |  |  | command, file, forward | prepend delivered header
process_id | str |  |  |  | process id
process_id_directory | str |  |  | pid | process id directory
process_name | str |  |  |  | process name
propagate_unmatched_extensions | str |  |  | canonical, virtual | propagate unmatched extensions
proxy_interfaces | str |  |  |  | proxy interfaces
proxy_read_maps | str |  |  | $local_recipient_maps $mydestination $virtual_alias_maps $virtual_alias_domains $virtual_mailbox_maps $virtual_mailbox_domains $relay_recipient_maps $relay_domains $canonical_maps $sender_canonical_maps $recipient_canonical_maps $relocated_maps $transport_maps $mynetworks $smtpd_sender_login_maps $sender_bcc_maps $recipient_bcc_maps $smtp_generic_maps $lmtp_generic_maps $alias_maps $smtpd_client_restrictions $smtpd_helo_restrictions $smtpd_sender_restrictions $smtpd_relay_restrictions $smtpd_recipient_restrictions $address_verify_sender_dependent_default_transport_maps $address_verify_sender_dependent_relayhost_maps $address_verify_transport_maps $fallback_transport_maps $lmtp_discard_lhlo_keyword_address_maps $lmtp_pix_workaround_maps $lmtp_sasl_password_maps $lmtp_tls_policy_maps $mailbox_command_maps $mailbox_transport_maps $postscreen_discard_ehlo_keyword_address_maps $rbl_reply_maps $sender_dependent_default_transport_maps $sender_dependent_relayhost_maps $smtp_discard_ehlo_keyword_address_maps $smtp_pix_workaround_maps $smtp_sasl_password_maps $smtp_tls_policy_maps $smtpd_discard_ehlo_keyword_address_maps $smtpd_milter_maps $virtual_gid_maps $virtual_uid_maps $local_login_sender_maps $postscreen_reject_footer_maps $smtpd_reject_footer_maps $tls_server_sni_maps $tlsproxy_client_policy_maps $default_delivery_status_filter $lmtp_delivery_status_filter $lmtp_dns_reply_filter $lmtp_reply_filter $local_delivery_status_filter $pipe_delivery_status_filter $postscreen_command_filter $smtp_delivery_status_filter $smtp_dns_reply_filter $smtp_reply_filter $smtpd_command_filter $smtpd_dns_reply_filter $virtual_delivery_status_filter $body_checks $header_checks $lmtp_body_checks $lmtp_header_checks $lmtp_mime_header_checks $lmtp_nested_header_checks $milter_header_checks $mime_header_checks $nested_header_checks $smtp_body_checks $smtp_header_checks $smtp_mime_header_checks $smtp_nested_header_checks | proxy read maps
proxy_write_maps | str |  |  | $smtp_sasl_auth_cache_name $lmtp_sasl_auth_cache_name $address_verify_map $postscreen_cache_map | proxy write maps
proxymap_service_name | str |  |  | proxymap | proxymap service name
proxywrite_service_name | str |  |  | proxywrite | proxywrite service name
qmgr_clog_warn_time | times | 0 |  | 300s | queue manager: clog warn time
qmgr_daemon_timeout | times | 0 |  | 1000s | queue manager: daemon timeout
qmgr_fudge_factor | int | 0 |  | 100 | queue manager: fudge factor
qmgr_ipc_timeout | times | 0 |  | 60s | queue manager: ipc timeout
qmgr_message_active_limit | int | 1 |  | 20000 | queue manager: message active limit
qmgr_message_recipient_limit | int | 0 |  | 20000 | queue manager: message recipient limit
qmgr_message_recipient_minimum | int | 0 |  | 10 | queue manager: message recipient minimum
qmqpd_authorized_clients | str |  |  |  | qmqpd authorized clients
qmqpd_client_port_logging | bool |  |  | no | qmqpd client port logging
qmqpd_error_delay | times | 0 |  | 1s | qmqpd error delay
qmqpd_timeout | times | 0 |  | 300s | qmqpd timeout
queue_content_limit | int | 0 |  | 16384 | octets of content that are kept inside the queue
queue_directory | str |  |  | /var/spool/pyfix | queue directory
queue_file_attribute_count_limit | int | 0 |  | 100 | queue file attribute count limit
queue_map_size | int | 0 |  | 68719476736 | octets that the queue environment may grow to
queue_minfree | int | 0 |  | 0 | queue minfree
queue_run_delay | times | 1 |  | 300s | queue run delay
queue_service_name | str |  |  | qmgr | queue service name
rbl_reply_maps | str |  |  |  | rbl reply maps
readme_directory | str |  |  | /usr/share/doc/postfix | readme directory
receive_override_options | str |  |  |  | receive override options
recipient_bcc_maps | str |  |  |  | recipient bcc maps
recipient_canonical_classes | str |  |  | envelope_recipient, header_recipient | recipient canonical classes
recipient_canonical_maps | str |  |  |  | recipient canonical maps
recipient_delimiter | str |  |  |  | recipient delimiter
reject_code | int | 0 |  | 554 | reject code
reject_tempfail_action | str |  |  | defer_if_permit | reject tempfail action
relay_clientcerts | str |  |  |  | relay clientcerts
relay_domains | str |  |  | ${{$compatibility_level} <level {2} ? {$mydestination} : {}} | relay domains
relay_domains_reject_code | int | 0 |  | 554 | relay domains reject code
relay_recipient_maps | str |  |  |  | relay recipient maps
relay_transport | str |  |  | relay | relay transport
relayhost | str |  |  |  | relayhost
relocated_maps | str |  |  |  | relocated maps
remote_header_rewrite_domain | str |  |  |  | remote header rewrite domain
require_home_directory | bool |  |  | no | require home directory
reset_owner_alias | bool |  |  | no | reset owner alias
resolve_dequoted_address | bool |  |  | yes | resolve dequoted address
resolve_null_domain | bool |  |  | no | resolve null domain
resolve_numeric_domain | bool |  |  | no | resolve numeric domain
respectful_logging | bool |  |  | ${{$compatibility_level} <level {3.6} ? {no} : {yes}} | respectful logging
rewrite_service_name | str |  |  | rewrite | rewrite service name
sample_directory | str |  |  | /etc/postfix | sample directory
send_cyrus_sasl_authzid | bool |  |  | no | send cyrus sasl authzid
sender_bcc_maps | str |  |  |  | sender bcc maps
sender_canonical_classes | str |  |  | envelope_sender, header_sender | sender canonical classes
sender_canonical_maps | str |  |  |  | sender canonical maps
sender_dependent_default_transport_maps | str |  |  |  | sender dependent default transport maps
sender_dependent_relayhost_maps | str |  |  |  | sender dependent relayhost maps
sendmail_fix_line_endings | str |  |  | always | sendmail fix line endings
sendmail_path | str |  |  | /usr/sbin/sendmail | sendmail path
service_name | str |  |  |  | service name
service_throttle_time | times | 0 |  | 60s | service throttle time
setgid_group | str |  |  | postdrop | setgid group
shlib_directory | str |  |  | /usr/lib/postfix | shlib directory
show_user_unknown_table_name | bool |  |  | yes | show user unknown table name
showq_service_name | str |  |  | showq | showq service name
smtp_address_preference | str |  |  | any | SMTP client: address preference
smtp_address_verify_target | str |  |  | rcpt | SMTP client: address verify target
smtp_always_send_ehlo | bool |  |  | yes | SMTP client: always send ehlo
smtp_balance_inet_protocols | bool |  |  | yes | SMTP client: balance inet protocols
smtp_bind_address | str |  |  |  | SMTP client: bind address
smtp_bind_address6 | str |  |  |  | SMTP client: bind address6
smtp_bind_address_enforce | bool |  |  | no | SMTP client: bind address enforce
smtp_body_checks | str |  |  |  | SMTP client: body checks
smtp_cname_overrides_servername | bool |  |  | no | SMTP client: cname overrides servername
smtp_connect_timeout | times | 0 |  | 30s | SMTP client: connect timeout
smtp_connection_cache_destinations | str |  |  |  | SMTP client: connection cache destinations
smtp_connection_cache_on_demand | bool |  |  | yes | SMTP client: connection cache on demand
smtp_connection_cache_time_limit | times | 0 |  | 2s | SMTP client: connection cache time limit
smtp_connection_reuse_count_limit | int | 0 |  | 0 | SMTP client: connection reuse count limit
smtp_connection_reuse_time_limit | times | 0 |  | 300s | SMTP client: connection reuse time limit
smtp_data_done_timeout | times | 0 |  | 600s | SMTP client: data done timeout
smtp_data_init_timeout | times | 0 |  | 120s | SMTP client: data init timeout
smtp_data_xfer_timeout | times | 0 |  | 180s | SMTP client: data xfer timeout
smtp_defer_if_no_mx_address_found | bool |  |  | no | SMTP client: defer if no mx address found
smtp_delivery_status_filter | str |  |  | $default_delivery_status_filter | SMTP client: delivery status filter
smtp_discard_ehlo_keyword_address_maps | str |  |  |  | SMTP client: discard ehlo keyword address maps
smtp_discard_ehlo_keywords | str |  |  |  | SMTP client: discard ehlo keywords
smtp_dns_reply_filter | str |  |  |  | SMTP client: dns reply filter
smtp_dns_resolver_options | str |  |  |  | SMTP client: dns resolver options
smtp_dns_support_level | str |  |  |  | SMTP client: dns support level
smtp_enforce_tls | bool |  |  | no | SMTP client: enforce tls
smtp_fallback_relay | str |  |  | $fallback_relay | SMTP client: fallback relay
smtp_generic_maps | str |  |  |  | SMTP client: generic maps
smtp_header_checks | str |  |  |  | SMTP client: header checks
smtp_helo_name | str |  |  | $myhostname | SMTP client: helo name
smtp_helo_timeout | times | 1 |  | 300s | SMTP client: helo timeout
smtp_host_lookup | str |  |  | dns | SMTP client: host lookup
smtp_line_length_limit | int | 0 |  | 998 | SMTP client: line length limit
smtp_mail_timeout | times | 1 |  | 300s | SMTP client: mail timeout
smtp_mime_header_checks | str |  |  |  | SMTP client: mime header checks
smtp_min_data_rate | int | 0 |  | 500 | SMTP client: min data rate
smtp_mx_address_limit | int | 0 |  | 5 | SMTP client: mx address limit
smtp_mx_session_limit | int | 0 |  | 2 | SMTP client: mx session limit
smtp_nested_header_checks | str |  |  |  | SMTP client: nested header checks
smtp_never_send_ehlo | bool |  |  | no | SMTP client: never send ehlo
smtp_per_request_deadline | str |  |  | ${smtp_per_record_deadline?{$smtp_per_record_deadline}:{no}} | SMTP client: per request deadline
smtp_pix_workaround_delay_time | times | 0 |  | 10s | SMTP client: pix workaround delay time
smtp_pix_workaround_maps | str |  |  |  | SMTP client: pix workaround maps
smtp_pix_workaround_threshold_time | times | 0 |  | 500s | SMTP client: pix workaround threshold time
smtp_pix_workarounds | str |  |  | disable_esmtp,delay_dotcrlf | SMTP client: pix workarounds
smtp_quit_timeout | times | 0 |  | 300s | SMTP client: quit timeout
smtp_quote_rfc821_envelope | bool |  |  | yes | SMTP client: quote rfc821 envelope
smtp_randomize_addresses | bool |  |  | yes | SMTP client: randomize addresses
smtp_rcpt_timeout | times | 1 |  | 300s | SMTP client: rcpt timeout
smtp_reply_filter | str |  |  |  | SMTP client: reply filter
smtp_rset_timeout | times | 0 |  | 20s | SMTP client: rset timeout
smtp_sasl_auth_cache_name | str |  |  |  | SMTP client: sasl auth cache name
smtp_sasl_auth_cache_time | timed | 0 |  | 90d | SMTP client: sasl auth cache time
smtp_sasl_auth_enable | bool |  |  | no | SMTP client: sasl auth enable
smtp_sasl_auth_soft_bounce | bool |  |  | yes | SMTP client: sasl auth soft bounce
smtp_sasl_mechanism_filter | str |  |  |  | SMTP client: sasl mechanism filter
smtp_sasl_password_maps | str |  |  |  | SMTP client: sasl password maps
smtp_sasl_path | str |  |  |  | SMTP client: sasl path
smtp_sasl_security_options | str |  |  | noplaintext, noanonymous | SMTP client: sasl security options
smtp_sasl_tls_security_options | str |  |  | $smtp_sasl_security_options | SMTP client: sasl tls security options
smtp_sasl_tls_verified_security_options | str |  |  | $smtp_sasl_tls_security_options | SMTP client: sasl tls verified security options
smtp_sasl_type | str |  |  | cyrus | SMTP client: sasl type
smtp_send_dummy_mail_auth | bool |  |  | no | SMTP client: send dummy mail auth
smtp_send_xforward_command | bool |  |  | no | SMTP client: send xforward command
smtp_sender_dependent_authentication | bool |  |  | no | SMTP client: sender dependent authentication
smtp_skip_5xx_greeting | bool |  |  | yes | SMTP client: skip 5xx greeting
smtp_skip_quit_response | bool |  |  | yes | SMTP client: skip quit response
smtp_starttls_timeout | times | 0 |  | 300s | SMTP client: starttls timeout
smtp_tcp_port | str |  |  | smtp | SMTP client: tcp port
smtp_tls_CAfile | str |  |  |  | SMTP client TLS: CAfile
smtp_tls_CApath | str |  |  |  | SMTP client TLS: CApath
smtp_tls_block_early_mail_reply | bool |  |  | no | SMTP client TLS: block early mail reply
smtp_tls_cert_file | str |  |  |  | SMTP client TLS: cert file
smtp_tls_chain_files | str |  |  |  | SMTP client TLS: chain files
smtp_tls_ciphers | str |  |  | medium | SMTP client TLS: ciphers
smtp_tls_connection_reuse | bool |  |  | no | SMTP client TLS: connection reuse
smtp_tls_dane_insecure_mx_policy | str |  |  | ${{$smtp_tls_security_level} == {dane} ? {dane} : {may}} | SMTP client TLS: dane insecure mx policy
smtp_tls_dcert_file | str |  |  |  | SMTP client TLS: dcert file
smtp_tls_dkey_file | str |  |  | $smtp_tls_dcert_file | SMTP client TLS: dkey file
smtp_tls_eccert_file | str |  |  |  | SMTP client TLS: eccert file
smtp_tls_eckey_file | str |  |  | $smtp_tls_eccert_file | SMTP client TLS: eckey file
smtp_tls_enforce_peername | bool |  |  | yes | SMTP client TLS: enforce peername
smtp_tls_exclude_ciphers | str |  |  |  | SMTP client TLS: exclude ciphers
smtp_tls_fingerprint_cert_match | str |  |  |  | SMTP client TLS: fingerprint cert match
smtp_tls_fingerprint_digest | str |  |  | ${{$compatibility_level} <level {3.6} ? {md5} : {sha256}} | SMTP client TLS: fingerprint digest
smtp_tls_force_insecure_host_tlsa_lookup | bool |  |  | no | SMTP client TLS: force insecure host tlsa lookup
smtp_tls_key_file | str |  |  | $smtp_tls_cert_file | SMTP client TLS: key file
smtp_tls_loglevel | int | 0 |  | 0 | SMTP client TLS: loglevel
smtp_tls_mandatory_ciphers | str |  |  | medium | SMTP client TLS: mandatory ciphers
smtp_tls_mandatory_exclude_ciphers | str |  |  |  | SMTP client TLS: mandatory exclude ciphers
smtp_tls_mandatory_protocols | str |  |  | >=TLSv1 | SMTP client TLS: mandatory protocols
smtp_tls_note_starttls_offer | bool |  |  | no | SMTP client TLS: note starttls offer
smtp_tls_per_site | str |  |  |  | SMTP client TLS: per site
smtp_tls_policy_maps | str |  |  |  | SMTP client TLS: policy maps
smtp_tls_protocols | str |  |  | >=TLSv1 | SMTP client TLS: protocols
smtp_tls_scert_verifydepth | int | 0 |  | 9 | SMTP client TLS: scert verifydepth
smtp_tls_secure_cert_match | str |  |  | nexthop, dot-nexthop | SMTP client TLS: secure cert match
smtp_tls_security_level | str |  |  |  | SMTP client TLS: security level
smtp_tls_servername | str |  |  |  | SMTP client TLS: servername
smtp_tls_session_cache_database | str |  |  |  | SMTP client TLS: session cache database
smtp_tls_session_cache_timeout | times | 0 |  | 3600s | SMTP client TLS: session cache timeout
smtp_tls_trust_anchor_file | str |  |  |  | SMTP client TLS: trust anchor file
smtp_tls_verify_cert_match | str |  |  | hostname | SMTP client TLS: verify cert match
smtp_tls_wrappermode | bool |  |  | no | SMTP client TLS: wrappermode
smtp_use_tls | bool |  |  | no | SMTP client: use tls
smtp_xforward_timeout | times | 0 |  | 300s | SMTP client: xforward timeout
smtpd_authorized_verp_clients | str |  |  | $authorized_verp_clients | SMTP server: authorized verp clients
smtpd_authorized_xclient_hosts | str |  |  |  | SMTP server: authorized xclient hosts
smtpd_authorized_xforward_hosts | str |  |  |  | SMTP server: authorized xforward hosts
smtpd_banner | str |  |  | $myhostname ESMTP $mail_name | SMTP server: banner
smtpd_client_auth_rate_limit | int | 0 |  | 0 | SMTP server: client auth rate limit
smtpd_client_connection_count_limit | int | 0 |  | 50 | SMTP server: client connection count limit
smtpd_client_connection_rate_limit | int | 0 |  | 0 | SMTP server: client connection rate limit
smtpd_client_event_limit_exceptions | str |  |  | ${smtpd_client_connection_limit_exceptions:$mynetworks} | SMTP server: client event limit exceptions
smtpd_client_message_rate_limit | int | 0 |  | 0 | SMTP server: client message rate limit
smtpd_client_new_tls_session_rate_limit | int | 0 |  | 0 | SMTP server: client new tls session rate limit
smtpd_client_port_logging | bool |  |  | no | SMTP server: client port logging
smtpd_client_recipient_rate_limit | int | 0 |  | 0 | SMTP server: client recipient rate limit
smtpd_client_restrictions | str |  |  |  | SMTP server: client restrictions
smtpd_command_filter | str |  |  |  | SMTP server: command filter
smtpd_data_restrictions | str |  |  |  | SMTP server: data restrictions
smtpd_delay_open_until_valid_rcpt | bool |  |  | yes | SMTP server: delay open until valid rcpt
smtpd_delay_reject | bool |  |  | yes | SMTP server: delay reject
smtpd_discard_ehlo_keyword_address_maps | str |  |  |  | SMTP server: discard ehlo keyword address maps
smtpd_discard_ehlo_keywords | str |  |  |  | SMTP server: discard ehlo keywords
smtpd_dns_reply_filter | str |  |  |  | SMTP server: dns reply filter
smtpd_end_of_data_restrictions | str |  |  |  | SMTP server: end of data restrictions
smtpd_enforce_tls | bool |  |  | no | SMTP server: enforce tls
smtpd_error_sleep_time | times | 0 |  | 1s | SMTP server: error sleep time
smtpd_etrn_restrictions | str |  |  |  | SMTP server: etrn restrictions
smtpd_expansion_filter | str |  |  | \t\40!"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ | SMTP server: expansion filter
smtpd_forbid_bare_newline | str |  |  | normalize | SMTP server: forbid bare newline
smtpd_forbid_bare_newline_exclusions | str |  |  | $mynetworks | SMTP server: forbid bare newline exclusions
smtpd_forbid_bare_newline_reject_code | int | 0 |  | 550 | SMTP server: forbid bare newline reject code
smtpd_forbid_unauth_pipelining | bool |  |  | yes | SMTP server: forbid unauth pipelining
smtpd_forbidden_commands | str |  |  | CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}} | SMTP server: forbidden commands
smtpd_hard_error_limit | int | 0 |  | ${stress?{1}:{20}} | SMTP server: hard error limit
smtpd_helo_required | bool |  |  | no | SMTP server: helo required
smtpd_helo_restrictions | str |  |  |  | SMTP server: helo restrictions
smtpd_history_flush_threshold | int | 0 |  | 100 | SMTP server: history flush threshold
smtpd_junk_command_limit | int | 0 |  | ${stress?{1}:{100}} | SMTP server: junk command limit
smtpd_log_access_permit_actions | str |  |  |  | SMTP server: log access permit actions
smtpd_milter_maps | str |  |  |  | SMTP server: milter maps
smtpd_milters | str |  |  |  | SMTP server: milters
smtpd_min_data_rate | int | 0 |  | 500 | SMTP server: min data rate
smtpd_noop_commands | str |  |  |  | SMTP server: noop commands
smtpd_null_access_lookup_key | str |  |  | <> | SMTP server: null access lookup key
smtpd_peername_lookup | bool |  |  | yes | SMTP server: peername lookup
smtpd_per_request_deadline | str |  |  | ${smtpd_per_record_deadline?{$smtpd_per_record_deadline}:{${stress?{yes}:{no}}}} | SMTP server: per request deadline
smtpd_policy_service_default_action | str |  |  | 451 4.3.5 Server configuration problem | SMTP server: policy service default action
smtpd_policy_service_max_idle | times | 0 |  | 300s | SMTP server: policy service max idle
smtpd_policy_service_max_ttl | times | 0 |  | 1000s | SMTP server: policy service max ttl
smtpd_policy_service_policy_context | str |  |  |  | SMTP server: policy service policy context
smtpd_policy_service_request_limit | int | 0 |  | 0 | SMTP server: policy service request limit
smtpd_policy_service_retry_delay | times | 0 |  | 1s | SMTP server: policy service retry delay
smtpd_policy_service_timeout | times | 0 |  | 100s | SMTP server: policy service timeout
smtpd_policy_service_try_limit | int | 0 |  | 2 | SMTP server: policy service try limit
smtpd_proxy_ehlo | str |  |  | $myhostname | SMTP server: proxy ehlo
smtpd_proxy_filter | str |  |  |  | SMTP server: proxy filter
smtpd_proxy_options | str |  |  |  | SMTP server: proxy options
smtpd_proxy_timeout | times | 0 |  | 100s | SMTP server: proxy timeout
smtpd_recipient_limit | int | 1 |  | 1000 | SMTP server: recipient limit
smtpd_recipient_overshoot_limit | int | 0 |  | 1000 | SMTP server: recipient overshoot limit
smtpd_recipient_restrictions | str |  |  |  | SMTP server: recipient restrictions
smtpd_reject_footer | str |  |  |  | SMTP server: reject footer
smtpd_reject_footer_maps | str |  |  |  | SMTP server: reject footer maps
smtpd_reject_unlisted_recipient | bool |  |  | yes | SMTP server: reject unlisted recipient
smtpd_reject_unlisted_sender | bool |  |  | no | SMTP server: reject unlisted sender
smtpd_relay_before_recipient_restrictions | bool |  |  | ${{$compatibility_level} <level {3.6} ? {no} : {yes}} | SMTP server: relay before recipient restrictions
smtpd_relay_restrictions | str |  |  | ${{$compatibility_level} <level {1} ? {} : {permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination}} | SMTP server: relay restrictions
smtpd_restriction_classes | str |  |  |  | SMTP server: restriction classes
smtpd_sasl_auth_enable | bool |  |  | no | SMTP server: sasl auth enable
smtpd_sasl_authenticated_header | bool |  |  | no | SMTP server: sasl authenticated header
smtpd_sasl_exceptions_networks | str |  |  |  | SMTP server: sasl exceptions networks
smtpd_sasl_local_domain | str |  |  |  | SMTP server: sasl local domain
smtpd_sasl_mechanism_filter | str |  |  | !external, static:rest | SMTP server: sasl mechanism filter
smtpd_sasl_path | str |  |  | smtpd | SMTP server: sasl path
smtpd_sasl_response_limit | int | 0 |  | 12288 | SMTP server: sasl response limit
smtpd_sasl_security_options | str |  |  | noanonymous | SMTP server: sasl security options
smtpd_sasl_service | str |  |  | smtp | SMTP server: sasl service
smtpd_sasl_tls_security_options | str |  |  | $smtpd_sasl_security_options | SMTP server: sasl tls security options
smtpd_sasl_type | str |  |  | cyrus | SMTP server: sasl type
smtpd_sender_login_maps | str |  |  |  | SMTP server: sender login maps
smtpd_sender_restrictions | str |  |  |  | SMTP server: sender restrictions
smtpd_service_name | str |  |  | smtpd | SMTP server: service name
smtpd_soft_error_limit | int | 0 |  | 10 | SMTP server: soft error limit
smtpd_starttls_timeout | times | 0 |  | ${stress?{10}:{300}}s | SMTP server: starttls timeout
smtpd_timeout | times | 1 |  | ${stress?{10}:{300}}s | SMTP server: timeout
smtpd_tls_CAfile | str |  |  |  | SMTP server TLS: CAfile
smtpd_tls_CApath | str |  |  |  | SMTP server TLS: CApath
smtpd_tls_always_issue_session_ids | bool |  |  | yes | SMTP server TLS: always issue session ids
smtpd_tls_ask_ccert | bool |  |  | no | SMTP server TLS: ask ccert
smtpd_tls_auth_only | bool |  |  | no | SMTP server TLS: auth only
smtpd_tls_ccert_verifydepth | int | 0 |  | 9 | SMTP server TLS: ccert verifydepth
smtpd_tls_cert_file | str |  |  |  | SMTP server TLS: cert file
smtpd_tls_chain_files | str |  |  |  | SMTP server TLS: chain files
smtpd_tls_ciphers | str |  |  | medium | SMTP server TLS: ciphers
smtpd_tls_dcert_file | str |  |  |  | SMTP server TLS: dcert file
smtpd_tls_dh1024_param_file | str |  |  |  | SMTP server TLS: dh1024 param file
smtpd_tls_dh512_param_file | str |  |  |  | SMTP server TLS: dh512 param file
smtpd_tls_dkey_file | str |  |  | $smtpd_tls_dcert_file | SMTP server TLS: dkey file
smtpd_tls_eccert_file | str |  |  |  | SMTP server TLS: eccert file
smtpd_tls_eckey_file | str |  |  | $smtpd_tls_eccert_file | SMTP server TLS: eckey file
smtpd_tls_eecdh_grade | str |  |  | auto | SMTP server TLS: eecdh grade
smtpd_tls_exclude_ciphers | str |  |  |  | SMTP server TLS: exclude ciphers
smtpd_tls_fingerprint_digest | str |  |  | ${{$compatibility_level} <level {3.6} ? {md5} : {sha256}} | SMTP server TLS: fingerprint digest
smtpd_tls_key_file | str |  |  | $smtpd_tls_cert_file | SMTP server TLS: key file
smtpd_tls_loglevel | int | 0 |  | 0 | SMTP server TLS: loglevel
smtpd_tls_mandatory_ciphers | str |  |  | medium | SMTP server TLS: mandatory ciphers
smtpd_tls_mandatory_exclude_ciphers | str |  |  |  | SMTP server TLS: mandatory exclude ciphers
smtpd_tls_mandatory_protocols | str |  |  | >=TLSv1 | SMTP server TLS: mandatory protocols
smtpd_tls_protocols | str |  |  | >=TLSv1 | SMTP server TLS: protocols
smtpd_tls_received_header | bool |  |  | no | SMTP server TLS: received header
smtpd_tls_req_ccert | bool |  |  | no | SMTP server TLS: req ccert
smtpd_tls_security_level | str |  |  |  | SMTP server TLS: security level
smtpd_tls_session_cache_database | str |  |  |  | SMTP server TLS: session cache database
smtpd_tls_session_cache_timeout | times | 0 |  | 3600s | SMTP server TLS: session cache timeout
smtpd_tls_wrappermode | bool |  |  | no | SMTP server TLS: wrappermode
smtpd_upstream_proxy_protocol | str |  |  |  | SMTP server: upstream proxy protocol
smtpd_upstream_proxy_timeout | times | 0 |  | 5s | SMTP server: upstream proxy timeout
smtpd_use_tls | bool |  |  | no | SMTP server: use tls
smtputf8_autodetect_classes | str |  |  | sendmail, verify | smtputf8 autodetect classes
smtputf8_enable | bool |  |  | ${{$compatibility_level} <level {1} ? {no} : {yes}} | smtputf8 enable
soft_bounce | bool |  |  | no | soft bounce
stale_lock_time | times | 1 |  | 500s | stale lock time
stress | str |  |  |  | stress
strict_7bit_headers | bool |  |  | no | strict 7bit headers
strict_8bitmime | bool |  |  | no | strict 8bitmime
strict_8bitmime_body | bool |  |  | no | strict 8bitmime body
strict_mailbox_ownership | bool |  |  | yes | strict mailbox ownership
strict_mime_encoding_domain | bool |  |  | no | strict mime encoding domain
strict_rfc821_envelopes | bool |  |  | no | strict rfc821 envelopes
strict_smtputf8 | bool |  |  | no | strict smtputf8
sun_mailtool_compatibility | bool |  |  | no | sun mailtool compatibility
swap_bangpath | bool |  |  | yes | swap bangpath
syslog_facility | str |  |  | mail | syslog facility
syslog_name | str |  |  | ${multi_instance_name?{$multi_instance_name}:{postfix}} | syslog name
tcp_windowsize | int | 0 |  | 0 | tcp windowsize
tls_append_default_CA | bool |  |  | no | TLS: append default CA
tls_config_file | str |  |  | default | TLS: config file
tls_config_name | str |  |  |  | TLS: config name
tls_daemon_random_bytes | int | 0 |  | 32 | TLS: daemon random bytes
tls_dane_digests | str |  |  | sha512 sha256 | TLS: dane digests
tls_disable_workarounds | str |  |  |  | TLS: disable workarounds
tls_eecdh_auto_curves | str |  |  | X25519 X448 prime256v1 secp521r1 secp384r1 | TLS: eecdh auto curves
tls_eecdh_strong_curve | str |  |  | prime256v1 | TLS: eecdh strong curve
tls_eecdh_ultra_curve | str |  |  | secp384r1 | TLS: eecdh ultra curve
tls_export_cipherlist | str |  |  | aNULL:-aNULL:HIGH:MEDIUM:LOW:EXPORT:+RC4:@STRENGTH | TLS: export cipherlist
tls_fast_shutdown_enable | bool |  |  | yes | TLS: fast shutdown enable
tls_high_cipherlist | str |  |  | aNULL:-aNULL:HIGH:@STRENGTH | TLS: high cipherlist
tls_legacy_public_key_fingerprints | bool |  |  | no | TLS: legacy public key fingerprints
tls_low_cipherlist | str |  |  | aNULL:-aNULL:HIGH:MEDIUM:LOW:+RC4:@STRENGTH | TLS: low cipherlist
tls_medium_cipherlist | str |  |  | aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH | TLS: medium cipherlist
tls_null_cipherlist | str |  |  | eNULL:!aNULL | TLS: null cipherlist
tls_preempt_cipherlist | bool |  |  | no | TLS: preempt cipherlist
tls_random_bytes | int | 0 |  | 32 | TLS: random bytes
tls_random_exchange_name | str |  |  | ${data_directory}/prng_exch | TLS: random exchange name
tls_random_prng_update_period | times | 0 |  | 3600s | TLS: random prng update period
tls_random_reseed_period | times | 0 |  | 3600s | TLS: random reseed period
tls_random_source | str |  |  | dev:/dev/urandom | TLS: random source
tls_server_sni_maps | str |  |  |  | TLS: server sni maps
tls_session_ticket_cipher | str |  |  | aes-256-cbc | TLS: session ticket cipher
tls_ssl_options | str |  |  |  | TLS: ssl options
tls_wildcard_matches_multiple_labels | bool |  |  | yes | TLS: wildcard matches multiple labels
tlsmgr_service_name | str |  |  | tlsmgr | tlsmgr service name
tlsproxy_client_CAfile | str |  |  | $smtp_tls_CAfile | tlsproxy: client CAfile
tlsproxy_client_CApath | str |  |  | $smtp_tls_CApath | tlsproxy: client CApath
tlsproxy_client_cert_file | str |  |  | $smtp_tls_cert_file | tlsproxy: client cert file
tlsproxy_client_chain_files | str |  |  | $smtp_tls_chain_files | tlsproxy: client chain files
tlsproxy_client_dcert_file | str |  |  | $smtp_tls_dcert_file | tlsproxy: client dcert file
tlsproxy_client_dkey_file | str |  |  | $smtp_tls_dkey_file | tlsproxy: client dkey file
tlsproxy_client_eccert_file | str |  |  | $smtp_tls_eccert_file | tlsproxy: client eccert file
tlsproxy_client_eckey_file | str |  |  | $smtp_tls_eckey_file | tlsproxy: client eckey file
tlsproxy_client_enforce_tls | bool |  |  | $smtp_enforce_tls | tlsproxy: client enforce tls
tlsproxy_client_fingerprint_digest | str |  |  | $smtp_tls_fingerprint_digest | tlsproxy: client fingerprint digest
tlsproxy_client_key_file | str |  |  | $smtp_tls_key_file | tlsproxy: client key file
tlsproxy_client_loglevel | int | 0 |  | $smtp_tls_loglevel | tlsproxy: client loglevel
tlsproxy_client_loglevel_parameter | str |  |  | smtp_tls_loglevel | tlsproxy: client loglevel parameter
tlsproxy_client_per_site | str |  |  | $smtp_tls_per_site | tlsproxy: client per site
tlsproxy_client_policy_maps | str |  |  | ${tlsproxy_client_policy:$smtp_tls_policy_maps} | tlsproxy: client policy maps
tlsproxy_client_scert_verifydepth | int | 0 |  | $smtp_tls_scert_verifydepth | tlsproxy: client scert verifydepth
tlsproxy_client_security_level | str |  |  | ${tlsproxy_client_level:$smtp_tls_security_level} | tlsproxy: client security level
tlsproxy_client_use_tls | bool |  |  | $smtp_use_tls | tlsproxy: client use tls
tlsproxy_enforce_tls | bool |  |  | $smtpd_enforce_tls | tlsproxy: enforce tls
tlsproxy_service_name | str |  |  | tlsproxy | tlsproxy: service name
tlsproxy_tls_CAfile | str |  |  | $smtpd_tls_CAfile | tlsproxy: tls CAfile
tlsproxy_tls_CApath | str |  |  | $smtpd_tls_CApath | tlsproxy: tls CApath
tlsproxy_tls_always_issue_session_ids | bool |  |  | $smtpd_tls_always_issue_session_ids | tlsproxy: tls always issue session ids
tlsproxy_tls_ask_ccert | bool |  |  | $smtpd_tls_ask_ccert | tlsproxy: tls ask ccert
tlsproxy_tls_ccert_verifydepth | int | 0 |  | $smtpd_tls_ccert_verifydepth | tlsproxy: tls ccert verifydepth
tlsproxy_tls_cert_file | str |  |  | $smtpd_tls_cert_file | tlsproxy: tls cert file
tlsproxy_tls_chain_files | str |  |  | $smtpd_tls_chain_files | tlsproxy: tls chain files
tlsproxy_tls_ciphers | str |  |  | $smtpd_tls_ciphers | tlsproxy: tls ciphers
tlsproxy_tls_dcert_file | str |  |  | $smtpd_tls_dcert_file | tlsproxy: tls dcert file
tlsproxy_tls_dh1024_param_file | str |  |  | $smtpd_tls_dh1024_param_file | tlsproxy: tls dh1024 param file
tlsproxy_tls_dh512_param_file | str |  |  | $smtpd_tls_dh512_param_file | tlsproxy: tls dh512 param file
tlsproxy_tls_dkey_file | str |  |  | $smtpd_tls_dkey_file | tlsproxy: tls dkey file
tlsproxy_tls_eccert_file | str |  |  | $smtpd_tls_eccert_file | tlsproxy: tls eccert file
tlsproxy_tls_eckey_file | str |  |  | $smtpd_tls_eckey_file | tlsproxy: tls eckey file
tlsproxy_tls_eecdh_grade | str |  |  | $smtpd_tls_eecdh_grade | tlsproxy: tls eecdh grade
tlsproxy_tls_exclude_ciphers | str |  |  | $smtpd_tls_exclude_ciphers | tlsproxy: tls exclude ciphers
tlsproxy_tls_fingerprint_digest | str |  |  | $smtpd_tls_fingerprint_digest | tlsproxy: tls fingerprint digest
tlsproxy_tls_key_file | str |  |  | $smtpd_tls_key_file | tlsproxy: tls key file
tlsproxy_tls_loglevel | int | 0 |  | $smtpd_tls_loglevel | tlsproxy: tls loglevel
tlsproxy_tls_mandatory_ciphers | str |  |  | $smtpd_tls_mandatory_ciphers | tlsproxy: tls mandatory ciphers
tlsproxy_tls_mandatory_exclude_ciphers | str |  |  | $smtpd_tls_mandatory_exclude_ciphers | tlsproxy: tls mandatory exclude ciphers
tlsproxy_tls_mandatory_protocols | str |  |  | $smtpd_tls_mandatory_protocols | tlsproxy: tls mandatory protocols
tlsproxy_tls_protocols | str |  |  | $smtpd_tls_protocols | tlsproxy: tls protocols
tlsproxy_tls_req_ccert | bool |  |  | $smtpd_tls_req_ccert | tlsproxy: tls req ccert
tlsproxy_tls_security_level | str |  |  | $smtpd_tls_security_level | tlsproxy: tls security level
tlsproxy_use_tls | bool |  |  | $smtpd_use_tls | tlsproxy: use tls
tlsproxy_watchdog_timeout | times | 0 |  | 10s | tlsproxy: watchdog timeout
trace_service_name | str |  |  | trace | trace service name
transport_maps | str |  |  |  | transport maps
transport_retry_time | times | 1 |  | 60s | transport retry time
trigger_timeout | times | 1 |  | 10s | trigger timeout
undisclosed_recipients_header | str |  |  |  | undisclosed recipients header
unknown_address_reject_code | int | 0 |  | 450 | unknown address reject code
unknown_address_tempfail_action | str |  |  | $reject_tempfail_action | unknown address tempfail action
unknown_client_reject_code | int | 0 |  | 450 | unknown client reject code
unknown_helo_hostname_tempfail_action | str |  |  | $reject_tempfail_action | unknown helo hostname tempfail action
unknown_hostname_reject_code | int | 0 |  | 450 | unknown hostname reject code
unknown_local_recipient_reject_code | int | 0 |  | 550 | unknown local recipient reject code
unknown_relay_recipient_reject_code | int | 0 |  | 550 | unknown relay recipient reject code
unknown_virtual_alias_reject_code | int | 0 |  | 550 | unknown virtual alias reject code
unknown_virtual_mailbox_reject_code | int | 0 |  | 550 | unknown virtual mailbox reject code
unverified_recipient_defer_code | int | 0 |  | 450 | unverified recipient defer code
unverified_recipient_reject_code | int | 0 |  | 450 | unverified recipient reject code
unverified_recipient_reject_reason | str |  |  |  | unverified recipient reject reason
unverified_recipient_tempfail_action | str |  |  | $reject_tempfail_action | unverified recipient tempfail action
unverified_sender_defer_code | int | 0 |  | 450 | unverified sender defer code
unverified_sender_reject_code | int | 0 |  | 450 | unverified sender reject code
unverified_sender_reject_reason | str |  |  |  | unverified sender reject reason
unverified_sender_tempfail_action | str |  |  | $reject_tempfail_action | unverified sender tempfail action
verp_delimiter_filter | str |  |  | -=+ | verp delimiter filter
virtual_alias_address_length_limit | int | 0 |  | 1000 | virtual delivery: alias address length limit
virtual_alias_domains | str |  |  | $virtual_alias_maps | virtual delivery: alias domains
virtual_alias_expansion_limit | int | 0 |  | 1000 | virtual delivery: alias expansion limit
virtual_alias_maps | str |  |  | $virtual_maps | virtual delivery: alias maps
virtual_alias_recursion_limit | int | 0 |  | 1000 | virtual delivery: alias recursion limit
virtual_delivery_status_filter | str |  |  | $default_delivery_status_filter | virtual delivery: delivery status filter
virtual_gid_maps | str |  |  |  | virtual delivery: gid maps
virtual_mailbox_base | str |  |  |  | virtual delivery: mailbox base
virtual_mailbox_domains | str |  |  | $virtual_mailbox_maps | virtual delivery: mailbox domains
virtual_mailbox_limit | int | 0 |  | 51200000 | virtual delivery: mailbox limit
virtual_mailbox_lock | str |  |  | fcntl, dotlock | virtual delivery: mailbox lock
virtual_mailbox_maps | str |  |  |  | virtual delivery: mailbox maps
virtual_minimum_uid | int | 0 |  | 100 | virtual delivery: minimum uid
virtual_transport | str |  |  | virtual | virtual delivery: transport
virtual_uid_maps | str |  |  |  | virtual delivery: uid maps
"""
)

OWN = frozenset(
    (
        "daemon_autostart",
        "deliver_processes",
        "edge_processes",
        "local_processes",
        "maillog_json_file",
        "queue_content_limit",
        "queue_map_size",
    )
)
