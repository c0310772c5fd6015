"""THE parameter table, made by tests/tools/make_params; do not edit.

Types: str, bool, int, and time with its default unit (times, timem, timeh, timed, timew). Defaults are unexpanded.
"""

from pyfixcli.config.parameter_table import ParameterTable

# name | minimum | maximum | default | type
PARAMETERS = ParameterTable(
    r"""
2bounce_notice_recipient |  |  | postmaster | str
access_map_defer_code | 0 |  | 450 | int
access_map_reject_code | 0 |  | 554 | int
address_verify_cache_cleanup_interval | 0 |  | 12h | timeh
address_verify_default_transport |  |  | $default_transport | str
address_verify_local_transport |  |  | $local_transport | str
address_verify_map |  |  | btree:$data_directory/verify_cache | str
address_verify_negative_cache |  |  | yes | bool
address_verify_negative_expire_time | 0 |  | 3d | timed
address_verify_negative_refresh_time | 0 |  | 3h | timeh
address_verify_pending_request_limit | 0 |  | 5000 | int
address_verify_poll_count | 0 |  | ${stress?{1}:{3}} | int
address_verify_poll_delay | 0 |  | 3s | times
address_verify_positive_expire_time | 0 |  | 31d | timed
address_verify_positive_refresh_time | 0 |  | 7d | timed
address_verify_relay_transport |  |  | $relay_transport | str
address_verify_relayhost |  |  | $relayhost | str
address_verify_sender |  |  | $double_bounce_sender | str
address_verify_sender_dependent_default_transport_maps |  |  | $sender_dependent_default_transport_maps | str
address_verify_sender_dependent_relayhost_maps |  |  | $sender_dependent_relayhost_maps | str
address_verify_sender_ttl | 0 |  | 0s | times
address_verify_service_name |  |  | verify | str
address_verify_transport_maps |  |  | $transport_maps | str
address_verify_virtual_transport |  |  | $virtual_transport | str
alias_database |  |  | lmdb:/etc/aliases | str
alias_maps |  |  | lmdb:/etc/aliases | str
allow_mail_to_commands |  |  | alias, forward | str
allow_mail_to_files |  |  | alias, forward | str
allow_min_user |  |  | no | bool
allow_percent_hack |  |  | yes | bool
allow_untrusted_routing |  |  | no | bool
alternate_config_directories |  |  |  | str
always_add_missing_headers |  |  | no | bool
always_bcc |  |  |  | str
anvil_rate_time_unit | 0 |  | 60s | times
anvil_status_update_time | 0 |  | 600s | times
append_at_myorigin |  |  | yes | bool
append_dot_mydomain |  |  | ${{$compatibility_level} <level {1} ? {yes} : {no}} | bool
application_event_drain_time | 0 |  | 100s | times
authorized_flush_users |  |  | static:anyone | str
authorized_mailq_users |  |  | static:anyone | str
authorized_submit_users |  |  | static:anyone | str
backwards_bounce_logfile_compatibility |  |  | yes | bool
berkeley_db_create_buffer_size | 0 |  | 16777216 | int
berkeley_db_read_buffer_size | 0 |  | 131072 | int
best_mx_transport |  |  |  | str
biff |  |  | yes | bool
body_checks |  |  |  | str
body_checks_size_limit | 0 |  | 51200 | int
bounce_notice_recipient |  |  | postmaster | str
bounce_queue_lifetime | 0 |  | 5d | timed
bounce_service_name |  |  | bounce | str
bounce_size_limit | 1 |  | 50000 | int
bounce_template_file |  |  |  | str
broken_sasl_auth_clients |  |  | no | bool
canonical_classes |  |  | envelope_sender, envelope_recipient, header_sender, header_recipient | str
canonical_maps |  |  |  | str
cleanup_replace_stray_cr_lf |  |  | yes | bool
cleanup_service_name |  |  | cleanup | str
command_directory |  |  | /usr/sbin | str
command_execution_directory |  |  |  | str
command_expansion_filter |  |  | 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ | str
command_time_limit | 1 |  | 1000s | times
compatibility_level |  |  | 0 | str
config_directory |  |  | /etc/pyfix | str
confirm_delay_cleared |  |  | no | bool
connection_cache_protocol_timeout | 0 |  | 5s | times
connection_cache_service_name |  |  | scache | str
connection_cache_status_update_time | 0 |  | 600s | times
connection_cache_ttl_limit | 0 |  | 2s | times
content_filter |  |  |  | str
cyrus_sasl_config_path |  |  |  | str
daemon_autostart |  |  | no | bool
daemon_directory |  |  | /usr/lib/postfix/sbin | str
daemon_table_open_error_is_fatal |  |  | no | bool
daemon_timeout | 1 |  | 18000s | times
data_directory |  |  | /var/lib/pyfix | str
debug_peer_level | 0 |  | 2 | int
debug_peer_list |  |  |  | str
debugger_command |  |  |  | str
default_database_type |  |  | lmdb | str
default_delivery_slot_cost | 0 |  | 5 | int
default_delivery_slot_discount | 0 |  | 50 | int
default_delivery_slot_loan | 0 |  | 3 | int
default_delivery_status_filter |  |  |  | str
default_destination_concurrency_failed_cohort_limit | 0 |  | 1 | int
default_destination_concurrency_limit | 0 |  | 20 | int
default_destination_concurrency_negative_feedback | 0 |  | 1 | int
default_destination_concurrency_positive_feedback | 0 |  | 1 | int
default_destination_rate_delay | 0 |  | 0s | times
default_destination_recipient_limit | 0 |  | 50 | int
default_extra_recipient_limit | 0 |  | 1000 | int
default_filter_nexthop |  |  |  | str
default_minimum_delivery_slots | 0 |  | 3 | int
default_privs |  |  | nobody | str
default_process_limit | 1 |  | 100 | int
default_rbl_reply |  |  | $rbl_code Service unavailable; $rbl_class [$rbl_what] blocked using $rbl_domain${rbl_reason?; $rbl_reason} | str
default_recipient_limit | 1 |  | 20000 | int
default_recipient_refill_delay | 0 |  | 5s | times
default_recipient_refill_limit | 0 |  | 100 | int
default_transport |  |  | smtp | str
default_transport_rate_delay | 0 |  | 0s | times
default_verp_delimiters |  |  | += | str
defer_code | 0 |  | 450 | int
defer_service_name |  |  | defer | str
defer_transports |  |  |  | str
delay_logging_resolution_limit | 0 |  | 2 | int
delay_notice_recipient |  |  | postmaster | str
delay_warning_time | 0 |  | 0h | timeh
deliver_lock_attempts | 1 |  | 20 | int
deliver_lock_delay | 1 |  | 1s | times
deliver_processes | 0 |  | 0 | int
destination_concurrency_feedback_debug |  |  | no | bool
detect_8bit_encoding_header |  |  | yes | bool
disable_dns_lookups |  |  | no | bool
disable_mime_input_processing |  |  | no | bool
disable_mime_output_conversion |  |  | no | bool
disable_verp_bounces |  |  | no | bool
disable_vrfy_command |  |  | no | bool
dns_ncache_ttl_fix_enable |  |  | no | bool
dnsblog_reply_delay | 0 |  | 0s | times
dnsblog_service_name |  |  | dnsblog | str
dnssec_probe |  |  | ns:. | str
dont_remove | 0 |  | 0 | int
double_bounce_sender |  |  | double-bounce | str
duplicate_filter_limit | 1 |  | 1000 | int
edge_processes | 0 |  | 0 | int
empty_address_default_transport_maps_lookup_key |  |  | <> | str
empty_address_local_login_sender_maps_lookup_key |  |  | <> | str
empty_address_recipient |  |  | MAILER-DAEMON | str
empty_address_relayhost_maps_lookup_key |  |  | <> | str
enable_idna2003_compatibility |  |  | no | bool
enable_long_queue_ids |  |  | no | bool
enable_original_recipient |  |  | yes | bool
enable_threaded_bounces |  |  | no | bool
error_notice_recipient |  |  | postmaster | str
error_service_name |  |  | error | str
execution_directory_expansion_filter |  |  | 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ | str
expand_owner_alias |  |  | no | bool
export_environment |  |  | TZ MAIL_CONFIG LANG | str
fallback_transport |  |  |  | str
fallback_transport_maps |  |  |  | str
fast_flush_domains |  |  | $relay_domains | str
fast_flush_purge_time | 0 |  | 7d | timed
fast_flush_refresh_time | 0 |  | 12h | timeh
fault_injection_code | 0 |  | 0 | int
flush_service_name |  |  | flush | str
fork_attempts | 1 |  | 5 | int
fork_delay | 1 |  | 1s | times
forward_expansion_filter |  |  | 1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ | str
forward_path |  |  | $home/.forward${recipient_delimiter}${extension}, $home/.forward | str
frozen_delivered_to |  |  | yes | bool
hash_queue_depth | 0 |  | 1 | int
hash_queue_names |  |  | deferred, defer | str
header_address_token_limit | 1 |  | 10240 | int
header_checks |  |  |  | str
header_from_format |  |  | standard | str
header_size_limit | 1 |  | 102400 | int
helpful_warnings |  |  | yes | bool
home_mailbox |  |  |  | str
hopcount_limit | 1 |  | 50 | int
html_directory |  |  | /usr/share/doc/postfix/html | str
ignore_mx_lookup_error |  |  | no | bool
import_environment |  |  | MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME | str
in_flow_delay | 0 |  | 1s | times
inet_interfaces |  |  | all | str
inet_protocols |  |  | all | str
info_log_address_format |  |  | external | str
initial_destination_concurrency | 0 |  | 5 | int
internal_mail_filter_classes |  |  |  | str
invalid_hostname_reject_code | 0 |  | 501 | int
ipc_idle | 1 |  | 5s | times
ipc_timeout | 1 |  | 3600s | times
ipc_ttl | 1 |  | 1000s | times
known_tcp_ports |  |  | lmtp=24, smtp=25, smtps=submissions=465, submission=587 | str
line_length_limit | 512 |  | 2048 | int
lmdb_map_size | 0 |  | 16777216 | int
lmtp_address_preference |  |  | any | str
lmtp_address_verify_target |  |  | rcpt | str
lmtp_assume_final |  |  | no | bool
lmtp_balance_inet_protocols |  |  | yes | bool
lmtp_bind_address |  |  |  | str
lmtp_bind_address6 |  |  |  | str
lmtp_bind_address_enforce |  |  | no | bool
lmtp_body_checks |  |  |  | str
lmtp_cname_overrides_servername |  |  | no | bool
lmtp_connect_timeout | 0 |  | 0s | times
lmtp_connection_cache_destinations |  |  |  | str
lmtp_connection_cache_on_demand |  |  | yes | bool
lmtp_connection_cache_time_limit | 0 |  | 2s | times
lmtp_connection_reuse_count_limit | 0 |  | 0 | int
lmtp_connection_reuse_time_limit | 0 |  | 300s | times
lmtp_data_done_timeout | 0 |  | 600s | times
lmtp_data_init_timeout | 0 |  | 120s | times
lmtp_data_xfer_timeout | 0 |  | 180s | times
lmtp_defer_if_no_mx_address_found |  |  | no | bool
lmtp_delivery_status_filter |  |  | $default_delivery_status_filter | str
lmtp_discard_lhlo_keyword_address_maps |  |  |  | str
lmtp_discard_lhlo_keywords |  |  |  | str
lmtp_dns_reply_filter |  |  |  | str
lmtp_dns_resolver_options |  |  |  | str
lmtp_dns_support_level |  |  |  | str
lmtp_enforce_tls |  |  | no | bool
lmtp_fallback_relay |  |  |  | str
lmtp_generic_maps |  |  |  | str
lmtp_header_checks |  |  |  | str
lmtp_host_lookup |  |  | dns | str
lmtp_lhlo_name |  |  | $myhostname | str
lmtp_lhlo_timeout | 0 |  | 300s | times
lmtp_line_length_limit | 0 |  | 998 | int
lmtp_mail_timeout | 0 |  | 300s | times
lmtp_mime_header_checks |  |  |  | str
lmtp_min_data_rate | 0 |  | 500 | int
lmtp_mx_address_limit | 0 |  | 5 | int
lmtp_mx_session_limit | 0 |  | 2 | int
lmtp_nested_header_checks |  |  |  | str
lmtp_per_request_deadline |  |  | ${lmtp_per_record_deadline?{$lmtp_per_record_deadline}:{no}} | str
lmtp_pix_workaround_delay_time | 0 |  | 10s | times
lmtp_pix_workaround_maps |  |  |  | str
lmtp_pix_workaround_threshold_time | 0 |  | 500s | times
lmtp_pix_workarounds |  |  | disable_esmtp,delay_dotcrlf | str
lmtp_quit_timeout | 0 |  | 300s | times
lmtp_quote_rfc821_envelope |  |  | yes | bool
lmtp_randomize_addresses |  |  | yes | bool
lmtp_rcpt_timeout | 0 |  | 300s | times
lmtp_reply_filter |  |  |  | str
lmtp_rset_timeout | 0 |  | 20s | times
lmtp_sasl_auth_cache_name |  |  |  | str
lmtp_sasl_auth_cache_time | 0 |  | 90d | timed
lmtp_sasl_auth_enable |  |  | no | bool
lmtp_sasl_auth_soft_bounce |  |  | yes | bool
lmtp_sasl_mechanism_filter |  |  |  | str
lmtp_sasl_password_maps |  |  |  | str
lmtp_sasl_path |  |  |  | str
lmtp_sasl_security_options |  |  | noplaintext, noanonymous | str
lmtp_sasl_tls_security_options |  |  | $lmtp_sasl_security_options | str
lmtp_sasl_tls_verified_security_options |  |  | $lmtp_sasl_tls_security_options | str
lmtp_sasl_type |  |  | cyrus | str
lmtp_send_dummy_mail_auth |  |  | no | bool
lmtp_send_xforward_command |  |  | no | bool
lmtp_sender_dependent_authentication |  |  | no | bool
lmtp_skip_5xx_greeting |  |  | yes | bool
lmtp_skip_quit_response |  |  | no | bool
lmtp_starttls_timeout | 0 |  | 300s | times
lmtp_tcp_port | 0 |  | 24 | int
lmtp_tls_CAfile |  |  |  | str
lmtp_tls_CApath |  |  |  | str
lmtp_tls_block_early_mail_reply |  |  | no | bool
lmtp_tls_cert_file |  |  |  | str
lmtp_tls_chain_files |  |  |  | str
lmtp_tls_ciphers |  |  | medium | str
lmtp_tls_connection_reuse |  |  | no | bool
lmtp_tls_dcert_file |  |  |  | str
lmtp_tls_dkey_file |  |  | $lmtp_tls_dcert_file | str
lmtp_tls_eccert_file |  |  |  | str
lmtp_tls_eckey_file |  |  | $lmtp_tls_eccert_file | str
lmtp_tls_enforce_peername |  |  | yes | bool
lmtp_tls_exclude_ciphers |  |  |  | str
lmtp_tls_fingerprint_cert_match |  |  |  | str
lmtp_tls_fingerprint_digest |  |  | ${{$compatibility_level} <level {3.6} ? {md5} : {sha256}} | str
lmtp_tls_force_insecure_host_tlsa_lookup |  |  | no | bool
lmtp_tls_key_file |  |  | $lmtp_tls_cert_file | str
lmtp_tls_loglevel | 0 |  | 0 | int
lmtp_tls_mandatory_ciphers |  |  | medium | str
lmtp_tls_mandatory_exclude_ciphers |  |  |  | str
lmtp_tls_mandatory_protocols |  |  | >=TLSv1 | str
lmtp_tls_note_starttls_offer |  |  | no | bool
lmtp_tls_per_site |  |  |  | str
lmtp_tls_policy_maps |  |  |  | str
lmtp_tls_protocols |  |  | >=TLSv1 | str
lmtp_tls_scert_verifydepth | 0 |  | 9 | int
lmtp_tls_secure_cert_match |  |  | nexthop | str
lmtp_tls_security_level |  |  |  | str
lmtp_tls_servername |  |  |  | str
lmtp_tls_session_cache_database |  |  |  | str
lmtp_tls_session_cache_timeout | 0 |  | 3600s | times
lmtp_tls_trust_anchor_file |  |  |  | str
lmtp_tls_verify_cert_match |  |  | hostname | str
lmtp_tls_wrappermode |  |  | no | bool
lmtp_use_tls |  |  | no | bool
lmtp_xforward_timeout | 0 |  | 300s | times
local_command_shell |  |  |  | str
local_delivery_status_filter |  |  | $default_delivery_status_filter | str
local_destination_concurrency_limit | 0 |  | 2 | int
local_destination_recipient_limit | 0 |  | 1 | int
local_header_rewrite_clients |  |  | permit_inet_interfaces | str
local_login_sender_maps |  |  | static:* | str
local_processes | 0 |  | 0 | int
local_recipient_maps |  |  | proxy:unix:passwd.byname $alias_maps | str
local_transport |  |  | local:$myhostname | str
luser_relay |  |  |  | str
mail_name |  |  | Pyfix | str
mail_owner |  |  | postfix | str
mail_release_date | 0 |  | 20240304 | int
mail_spool_directory |  |  | /var/mail | str
mail_version |  |  | 3.7.11-pyfix0.1 | str
mailbox_command |  |  |  | str
mailbox_command_maps |  |  |  | str
mailbox_delivery_lock |  |  | fcntl, dotlock | str
mailbox_size_limit | 0 |  | 51200000 | int
mailbox_transport |  |  |  | str
mailbox_transport_maps |  |  |  | str
maillog_file |  |  |  | str
maillog_file_compressor |  |  | gzip | str
maillog_file_prefixes |  |  | /var, /dev/stdout | str
maillog_file_rotate_suffix |  |  | %Y%m%d-%H%M%S | str
maillog_json_file |  |  |  | str
mailq_path |  |  | /usr/bin/mailq | str
manpage_directory |  |  | /usr/share/man | str
maps_rbl_domains |  |  |  | str
maps_rbl_reject_code | 0 |  | 554 | int
masquerade_classes |  |  | envelope_sender, header_sender, header_recipient | str
masquerade_domains |  |  |  | str
masquerade_exceptions |  |  |  | str
master_service_disable |  |  |  | str
max_idle | 1 |  | 100s | times
max_use | 1 |  | 100 | int
maximal_backoff_time | 1 |  | 4000s | times
maximal_queue_lifetime | 0 |  | 5d | timed
message_drop_headers |  |  | bcc, content-length, resent-bcc, return-path | str
message_reject_characters |  |  |  | str
message_size_limit | 0 |  | 10240000 | int
message_strip_characters |  |  |  | str
meta_directory |  |  | /etc/pyfix | str
milter_command_timeout | 0 |  | 30s | times
milter_connect_macros |  |  | j {daemon_name} {daemon_addr} v _ | str
milter_connect_timeout | 0 |  | 30s | times
milter_content_timeout | 0 |  | 300s | times
milter_data_macros |  |  | i | str
milter_default_action |  |  | tempfail | str
milter_end_of_data_macros |  |  | i | str
milter_end_of_header_macros |  |  | i | str
milter_header_checks |  |  |  | str
milter_helo_macros |  |  | {tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer} | str
milter_macro_daemon_name |  |  | $myhostname | str
milter_macro_defaults |  |  |  | str
milter_macro_v |  |  | $mail_name $mail_version | str
milter_mail_macros |  |  | i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer} | str
milter_protocol | 0 |  | 6 | int
milter_rcpt_macros |  |  | i {rcpt_addr} {rcpt_host} {rcpt_mailer} | str
milter_unknown_command_macros |  |  |  | str
mime_boundary_length_limit | 0 |  | 2048 | int
mime_header_checks |  |  | $header_checks | str
mime_nesting_limit | 0 |  | 100 | int
minimal_backoff_time | 1 |  | 300s | times
multi_instance_directories |  |  |  | str
multi_instance_enable |  |  | no | bool
multi_instance_group |  |  |  | str
multi_instance_name |  |  |  | str
multi_instance_wrapper |  |  |  | str
multi_recipient_bounce_reject_code | 0 |  | 550 | int
mydestination |  |  | $myhostname, localhost.$mydomain, localhost | str
mydomain |  |  |  | str
myhostname |  |  |  | str
mynetworks |  |  |  | str
mynetworks_style |  |  | ${{$compatibility_level} <level {2} ? {subnet} : {host}} | str
myorigin |  |  | $myhostname | str
nested_header_checks |  |  | $header_checks | str
newaliases_path |  |  | /usr/bin/newaliases | str
non_fqdn_reject_code | 0 |  | 504 | int
non_smtpd_milters |  |  |  | str
notify_classes |  |  | resource, software | str
openssl_path |  |  | openssl | str
owner_request_special |  |  | yes | bool
parent_domain_matches_subdomains |  |  | debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_networks,qmqpd_authorized_clients,relay_domains,smtpd_access_maps | str
permit_mx_backup_networks |  |  |  | str
pickup_service_name |  |  | pickup | str
pipe_delivery_status_filter |  |  | $default_delivery_status_filter | str
plaintext_reject_code | 0 |  | 450 | int
postlog_service_name |  |  | postlog | str
postlogd_watchdog_timeout | 0 |  | 10s | times
postmulti_control_commands |  |  | reload flush | str
postmulti_start_commands |  |  | start | str
postmulti_stop_commands |  |  | stop abort drain quick-stop | str
postscreen_access_list |  |  | permit_mynetworks | str
postscreen_allowlist_interfaces |  |  | ${postscreen_whitelist_interfaces?{$postscreen_whitelist_interfaces}:{static:all}} | str
postscreen_bare_newline_action |  |  | ignore | str
postscreen_bare_newline_enable |  |  | no | bool
postscreen_bare_newline_ttl | 0 |  | 30d | timed
postscreen_cache_cleanup_interval | 0 |  | 12h | timeh
postscreen_cache_map |  |  | btree:$data_directory/postscreen_cache | str
postscreen_cache_retention_time | 0 |  | 7d | timed
postscreen_client_connection_count_limit | 0 |  | $smtpd_client_connection_count_limit | int
postscreen_command_count_limit | 0 |  | 20 | int
postscreen_command_filter |  |  |  | str
postscreen_command_time_limit | 0 |  | ${stress?{10}:{300}}s | times
postscreen_denylist_action |  |  | ${postscreen_blacklist_action?{$postscreen_blacklist_action}:{ignore}} | str
postscreen_disable_vrfy_command |  |  | $disable_vrfy_command | bool
postscreen_discard_ehlo_keyword_address_maps |  |  | $smtpd_discard_ehlo_keyword_address_maps | str
postscreen_discard_ehlo_keywords |  |  | $smtpd_discard_ehlo_keywords | str
postscreen_dnsbl_action |  |  | ignore | str
postscreen_dnsbl_allowlist_threshold |  |  | ${postscreen_dnsbl_whitelist_threshold?{$postscreen_dnsbl_whitelist_threshold}:{0}} | str
postscreen_dnsbl_max_ttl |  |  | ${postscreen_dnsbl_ttl?{$postscreen_dnsbl_ttl}:{1}}h | str
postscreen_dnsbl_min_ttl | 0 |  | 60s | times
postscreen_dnsbl_reply_map |  |  |  | str
postscreen_dnsbl_sites |  |  |  | str
postscreen_dnsbl_threshold | 0 |  | 1 | int
postscreen_dnsbl_timeout | 0 |  | 10s | times
postscreen_enforce_tls |  |  | $smtpd_enforce_tls | bool
postscreen_expansion_filter |  |  | $smtpd_expansion_filter | str
postscreen_forbidden_commands |  |  | $smtpd_forbidden_commands | str
postscreen_greet_action |  |  | ignore | str
postscreen_greet_banner |  |  | $smtpd_banner | str
postscreen_greet_ttl | 0 |  | 1d | timed
postscreen_greet_wait | 0 |  | ${stress?{2}:{6}}s | times
postscreen_helo_required |  |  | $smtpd_helo_required | bool
postscreen_non_smtp_command_action |  |  | drop | str
postscreen_non_smtp_command_enable |  |  | no | bool
postscreen_non_smtp_command_ttl | 0 |  | 30d | timed
postscreen_pipelining_action |  |  | enforce | str
postscreen_pipelining_enable |  |  | no | bool
postscreen_pipelining_ttl | 0 |  | 30d | timed
postscreen_post_queue_limit | 0 |  | $default_process_limit | int
postscreen_pre_queue_limit | 0 |  | $default_process_limit | int
postscreen_reject_footer |  |  | $smtpd_reject_footer | str
postscreen_reject_footer_maps |  |  | $smtpd_reject_footer_maps | str
postscreen_tls_security_level |  |  | $smtpd_tls_security_level | str
postscreen_upstream_proxy_protocol |  |  |  | str
postscreen_upstream_proxy_timeout | 0 |  | 5s | times
postscreen_use_tls |  |  | $smtpd_use_tls | bool
postscreen_watchdog_timeout | 0 |  | 10s | times
prepend_delivered_header |  |  | command, file, forward | str
process_id |  |  |  | str
process_id_directory |  |  | pid | str
process_name |  |  |  | str
propagate_unmatched_extensions |  |  | canonical, virtual | str
proxy_interfaces |  |  |  | str
proxy_read_maps |  |  | $local_recipient_maps $mydestination $virtual_alias_maps $virtual_alias_domains $virtual_mailbox_maps $virtual_mailbox_domains $relay_recipient_maps $relay_domains $canonical_maps $sender_canonical_maps $recipient_canonical_maps $relocated_maps $transport_maps $mynetworks $smtpd_sender_login_maps $sender_bcc_maps $recipient_bcc_maps $smtp_generic_maps $lmtp_generic_maps $alias_maps $smtpd_client_restrictions $smtpd_helo_restrictions $smtpd_sender_restrictions $smtpd_relay_restrictions $smtpd_recipient_restrictions $address_verify_sender_dependent_default_transport_maps $address_verify_sender_dependent_relayhost_maps $address_verify_transport_maps $fallback_transport_maps $lmtp_discard_lhlo_keyword_address_maps $lmtp_pix_workaround_maps $lmtp_sasl_password_maps $lmtp_tls_policy_maps $mailbox_command_maps $mailbox_transport_maps $postscreen_discard_ehlo_keyword_address_maps $rbl_reply_maps $sender_dependent_default_transport_maps $sender_dependent_relayhost_maps $smtp_discard_ehlo_keyword_address_maps $smtp_pix_workaround_maps $smtp_sasl_password_maps $smtp_tls_policy_maps $smtpd_discard_ehlo_keyword_address_maps $smtpd_milter_maps $virtual_gid_maps $virtual_uid_maps $local_login_sender_maps $postscreen_reject_footer_maps $smtpd_reject_footer_maps $tls_server_sni_maps $tlsproxy_client_policy_maps $default_delivery_status_filter $lmtp_delivery_status_filter $lmtp_dns_reply_filter $lmtp_reply_filter $local_delivery_status_filter $pipe_delivery_status_filter $postscreen_command_filter $smtp_delivery_status_filter $smtp_dns_reply_filter $smtp_reply_filter $smtpd_command_filter $smtpd_dns_reply_filter $virtual_delivery_status_filter $body_checks $header_checks $lmtp_body_checks $lmtp_header_checks $lmtp_mime_header_checks $lmtp_nested_header_checks $milter_header_checks $mime_header_checks $nested_header_checks $smtp_body_checks $smtp_header_checks $smtp_mime_header_checks $smtp_nested_header_checks | str
proxy_write_maps |  |  | $smtp_sasl_auth_cache_name $lmtp_sasl_auth_cache_name $address_verify_map $postscreen_cache_map | str
proxymap_service_name |  |  | proxymap | str
proxywrite_service_name |  |  | proxywrite | str
qmgr_clog_warn_time | 0 |  | 300s | times
qmgr_daemon_timeout | 0 |  | 1000s | times
qmgr_fudge_factor | 0 |  | 100 | int
qmgr_ipc_timeout | 0 |  | 60s | times
qmgr_message_active_limit | 1 |  | 20000 | int
qmgr_message_recipient_limit | 0 |  | 20000 | int
qmgr_message_recipient_minimum | 0 |  | 10 | int
qmqpd_authorized_clients |  |  |  | str
qmqpd_client_port_logging |  |  | no | bool
qmqpd_error_delay | 0 |  | 1s | times
qmqpd_timeout | 0 |  | 300s | times
queue_content_limit | 0 |  | 16384 | int
queue_directory |  |  | /var/spool/pyfix | str
queue_file_attribute_count_limit | 0 |  | 100 | int
queue_map_size | 0 |  | 68719476736 | int
queue_minfree | 0 |  | 0 | int
queue_run_delay | 1 |  | 300s | times
queue_service_name |  |  | qmgr | str
rbl_reply_maps |  |  |  | str
readme_directory |  |  | /usr/share/doc/postfix | str
receive_override_options |  |  |  | str
recipient_bcc_maps |  |  |  | str
recipient_canonical_classes |  |  | envelope_recipient, header_recipient | str
recipient_canonical_maps |  |  |  | str
recipient_delimiter |  |  |  | str
reject_code | 0 |  | 554 | int
reject_tempfail_action |  |  | defer_if_permit | str
relay_clientcerts |  |  |  | str
relay_domains |  |  | ${{$compatibility_level} <level {2} ? {$mydestination} : {}} | str
relay_domains_reject_code | 0 |  | 554 | int
relay_recipient_maps |  |  |  | str
relay_transport |  |  | relay | str
relayhost |  |  |  | str
relocated_maps |  |  |  | str
remote_header_rewrite_domain |  |  |  | str
require_home_directory |  |  | no | bool
reset_owner_alias |  |  | no | bool
resolve_dequoted_address |  |  | yes | bool
resolve_null_domain |  |  | no | bool
resolve_numeric_domain |  |  | no | bool
respectful_logging |  |  | ${{$compatibility_level} <level {3.6} ? {no} : {yes}} | bool
rewrite_service_name |  |  | rewrite | str
sample_directory |  |  | /etc/postfix | str
send_cyrus_sasl_authzid |  |  | no | bool
sender_bcc_maps |  |  |  | str
sender_canonical_classes |  |  | envelope_sender, header_sender | str
sender_canonical_maps |  |  |  | str
sender_dependent_default_transport_maps |  |  |  | str
sender_dependent_relayhost_maps |  |  |  | str
sendmail_fix_line_endings |  |  | always | str
sendmail_path |  |  | /usr/sbin/sendmail | str
service_name |  |  |  | str
service_throttle_time | 0 |  | 60s | times
setgid_group |  |  | postdrop | str
shlib_directory |  |  | /usr/lib/postfix | str
show_user_unknown_table_name |  |  | yes | bool
showq_service_name |  |  | showq | str
smtp_address_preference |  |  | any | str
smtp_address_verify_target |  |  | rcpt | str
smtp_always_send_ehlo |  |  | yes | bool
smtp_balance_inet_protocols |  |  | yes | bool
smtp_bind_address |  |  |  | str
smtp_bind_address6 |  |  |  | str
smtp_bind_address_enforce |  |  | no | bool
smtp_body_checks |  |  |  | str
smtp_cname_overrides_servername |  |  | no | bool
smtp_connect_timeout | 0 |  | 30s | times
smtp_connection_cache_destinations |  |  |  | str
smtp_connection_cache_on_demand |  |  | yes | bool
smtp_connection_cache_time_limit | 0 |  | 2s | times
smtp_connection_reuse_count_limit | 0 |  | 0 | int
smtp_connection_reuse_time_limit | 0 |  | 300s | times
smtp_data_done_timeout | 0 |  | 600s | times
smtp_data_init_timeout | 0 |  | 120s | times
smtp_data_xfer_timeout | 0 |  | 180s | times
smtp_defer_if_no_mx_address_found |  |  | no | bool
smtp_delivery_status_filter |  |  | $default_delivery_status_filter | str
smtp_discard_ehlo_keyword_address_maps |  |  |  | str
smtp_discard_ehlo_keywords |  |  |  | str
smtp_dns_reply_filter |  |  |  | str
smtp_dns_resolver_options |  |  |  | str
smtp_dns_support_level |  |  |  | str
smtp_enforce_tls |  |  | no | bool
smtp_fallback_relay |  |  | $fallback_relay | str
smtp_generic_maps |  |  |  | str
smtp_header_checks |  |  |  | str
smtp_helo_name |  |  | $myhostname | str
smtp_helo_timeout | 1 |  | 300s | times
smtp_host_lookup |  |  | dns | str
smtp_line_length_limit | 0 |  | 998 | int
smtp_mail_timeout | 1 |  | 300s | times
smtp_mime_header_checks |  |  |  | str
smtp_min_data_rate | 0 |  | 500 | int
smtp_mx_address_limit | 0 |  | 5 | int
smtp_mx_session_limit | 0 |  | 2 | int
smtp_nested_header_checks |  |  |  | str
smtp_never_send_ehlo |  |  | no | bool
smtp_per_request_deadline |  |  | ${smtp_per_record_deadline?{$smtp_per_record_deadline}:{no}} | str
smtp_pix_workaround_delay_time | 0 |  | 10s | times
smtp_pix_workaround_maps |  |  |  | str
smtp_pix_workaround_threshold_time | 0 |  | 500s | times
smtp_pix_workarounds |  |  | disable_esmtp,delay_dotcrlf | str
smtp_quit_timeout | 0 |  | 300s | times
smtp_quote_rfc821_envelope |  |  | yes | bool
smtp_randomize_addresses |  |  | yes | bool
smtp_rcpt_timeout | 1 |  | 300s | times
smtp_reply_filter |  |  |  | str
smtp_rset_timeout | 0 |  | 20s | times
smtp_sasl_auth_cache_name |  |  |  | str
smtp_sasl_auth_cache_time | 0 |  | 90d | timed
smtp_sasl_auth_enable |  |  | no | bool
smtp_sasl_auth_soft_bounce |  |  | yes | bool
smtp_sasl_mechanism_filter |  |  |  | str
smtp_sasl_password_maps |  |  |  | str
smtp_sasl_path |  |  |  | str
smtp_sasl_security_options |  |  | noplaintext, noanonymous | str
smtp_sasl_tls_security_options |  |  | $smtp_sasl_security_options | str
smtp_sasl_tls_verified_security_options |  |  | $smtp_sasl_tls_security_options | str
smtp_sasl_type |  |  | cyrus | str
smtp_send_dummy_mail_auth |  |  | no | bool
smtp_send_xforward_command |  |  | no | bool
smtp_sender_dependent_authentication |  |  | no | bool
smtp_skip_5xx_greeting |  |  | yes | bool
smtp_skip_quit_response |  |  | yes | bool
smtp_starttls_timeout | 0 |  | 300s | times
smtp_tcp_port |  |  | smtp | str
smtp_tls_CAfile |  |  |  | str
smtp_tls_CApath |  |  |  | str
smtp_tls_block_early_mail_reply |  |  | no | bool
smtp_tls_cert_file |  |  |  | str
smtp_tls_chain_files |  |  |  | str
smtp_tls_ciphers |  |  | medium | str
smtp_tls_connection_reuse |  |  | no | bool
smtp_tls_dane_insecure_mx_policy |  |  | ${{$smtp_tls_security_level} == {dane} ? {dane} : {may}} | str
smtp_tls_dcert_file |  |  |  | str
smtp_tls_dkey_file |  |  | $smtp_tls_dcert_file | str
smtp_tls_eccert_file |  |  |  | str
smtp_tls_eckey_file |  |  | $smtp_tls_eccert_file | str
smtp_tls_enforce_peername |  |  | yes | bool
smtp_tls_exclude_ciphers |  |  |  | str
smtp_tls_fingerprint_cert_match |  |  |  | str
smtp_tls_fingerprint_digest |  |  | ${{$compatibility_level} <level {3.6} ? {md5} : {sha256}} | str
smtp_tls_force_insecure_host_tlsa_lookup |  |  | no | bool
smtp_tls_key_file |  |  | $smtp_tls_cert_file | str
smtp_tls_loglevel | 0 |  | 0 | int
smtp_tls_mandatory_ciphers |  |  | medium | str
smtp_tls_mandatory_exclude_ciphers |  |  |  | str
smtp_tls_mandatory_protocols |  |  | >=TLSv1 | str
smtp_tls_note_starttls_offer |  |  | no | bool
smtp_tls_per_site |  |  |  | str
smtp_tls_policy_maps |  |  |  | str
smtp_tls_protocols |  |  | >=TLSv1 | str
smtp_tls_scert_verifydepth | 0 |  | 9 | int
smtp_tls_secure_cert_match |  |  | nexthop, dot-nexthop | str
smtp_tls_security_level |  |  |  | str
smtp_tls_servername |  |  |  | str
smtp_tls_session_cache_database |  |  |  | str
smtp_tls_session_cache_timeout | 0 |  | 3600s | times
smtp_tls_trust_anchor_file |  |  |  | str
smtp_tls_verify_cert_match |  |  | hostname | str
smtp_tls_wrappermode |  |  | no | bool
smtp_use_tls |  |  | no | bool
smtp_xforward_timeout | 0 |  | 300s | times
smtpd_authorized_verp_clients |  |  | $authorized_verp_clients | str
smtpd_authorized_xclient_hosts |  |  |  | str
smtpd_authorized_xforward_hosts |  |  |  | str
smtpd_banner |  |  | $myhostname ESMTP $mail_name | str
smtpd_client_auth_rate_limit | 0 |  | 0 | int
smtpd_client_connection_count_limit | 0 |  | 50 | int
smtpd_client_connection_rate_limit | 0 |  | 0 | int
smtpd_client_event_limit_exceptions |  |  | ${smtpd_client_connection_limit_exceptions:$mynetworks} | str
smtpd_client_message_rate_limit | 0 |  | 0 | int
smtpd_client_new_tls_session_rate_limit | 0 |  | 0 | int
smtpd_client_port_logging |  |  | no | bool
smtpd_client_recipient_rate_limit | 0 |  | 0 | int
smtpd_client_restrictions |  |  |  | str
smtpd_command_filter |  |  |  | str
smtpd_data_restrictions |  |  |  | str
smtpd_delay_open_until_valid_rcpt |  |  | yes | bool
smtpd_delay_reject |  |  | yes | bool
smtpd_discard_ehlo_keyword_address_maps |  |  |  | str
smtpd_discard_ehlo_keywords |  |  |  | str
smtpd_dns_reply_filter |  |  |  | str
smtpd_end_of_data_restrictions |  |  |  | str
smtpd_enforce_tls |  |  | no | bool
smtpd_error_sleep_time | 0 |  | 1s | times
smtpd_etrn_restrictions |  |  |  | str
smtpd_expansion_filter |  |  | \t\40!"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ | str
smtpd_forbid_bare_newline |  |  | normalize | str
smtpd_forbid_bare_newline_exclusions |  |  | $mynetworks | str
smtpd_forbid_bare_newline_reject_code | 0 |  | 550 | int
smtpd_forbid_unauth_pipelining |  |  | yes | bool
smtpd_forbidden_commands |  |  | CONNECT GET POST regexp:{{/^[^A-Z]/ Bogus}} | str
smtpd_hard_error_limit | 0 |  | ${stress?{1}:{20}} | int
smtpd_helo_required |  |  | no | bool
smtpd_helo_restrictions |  |  |  | str
smtpd_history_flush_threshold | 0 |  | 100 | int
smtpd_junk_command_limit | 0 |  | ${stress?{1}:{100}} | int
smtpd_log_access_permit_actions |  |  |  | str
smtpd_milter_maps |  |  |  | str
smtpd_milters |  |  |  | str
smtpd_min_data_rate | 0 |  | 500 | int
smtpd_noop_commands |  |  |  | str
smtpd_null_access_lookup_key |  |  | <> | str
smtpd_peername_lookup |  |  | yes | bool
smtpd_per_request_deadline |  |  | ${smtpd_per_record_deadline?{$smtpd_per_record_deadline}:{${stress?{yes}:{no}}}} | str
smtpd_policy_service_default_action |  |  | 451 4.3.5 Server configuration problem | str
smtpd_policy_service_max_idle | 0 |  | 300s | times
smtpd_policy_service_max_ttl | 0 |  | 1000s | times
smtpd_policy_service_policy_context |  |  |  | str
smtpd_policy_service_request_limit | 0 |  | 0 | int
smtpd_policy_service_retry_delay | 0 |  | 1s | times
smtpd_policy_service_timeout | 0 |  | 100s | times
smtpd_policy_service_try_limit | 0 |  | 2 | int
smtpd_proxy_ehlo |  |  | $myhostname | str
smtpd_proxy_filter |  |  |  | str
smtpd_proxy_options |  |  |  | str
smtpd_proxy_timeout | 0 |  | 100s | times
smtpd_recipient_limit | 1 |  | 1000 | int
smtpd_recipient_overshoot_limit | 0 |  | 1000 | int
smtpd_recipient_restrictions |  |  |  | str
smtpd_reject_footer |  |  |  | str
smtpd_reject_footer_maps |  |  |  | str
smtpd_reject_unlisted_recipient |  |  | yes | bool
smtpd_reject_unlisted_sender |  |  | no | bool
smtpd_relay_before_recipient_restrictions |  |  | ${{$compatibility_level} <level {3.6} ? {no} : {yes}} | bool
smtpd_relay_restrictions |  |  | ${{$compatibility_level} <level {1} ? {} : {permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination}} | str
smtpd_restriction_classes |  |  |  | str
smtpd_sasl_auth_enable |  |  | no | bool
smtpd_sasl_authenticated_header |  |  | no | bool
smtpd_sasl_exceptions_networks |  |  |  | str
smtpd_sasl_local_domain |  |  |  | str
smtpd_sasl_mechanism_filter |  |  | !external, static:rest | str
smtpd_sasl_path |  |  | smtpd | str
smtpd_sasl_response_limit | 0 |  | 12288 | int
smtpd_sasl_security_options |  |  | noanonymous | str
smtpd_sasl_service |  |  | smtp | str
smtpd_sasl_tls_security_options |  |  | $smtpd_sasl_security_options | str
smtpd_sasl_type |  |  | cyrus | str
smtpd_sender_login_maps |  |  |  | str
smtpd_sender_restrictions |  |  |  | str
smtpd_service_name |  |  | smtpd | str
smtpd_soft_error_limit | 0 |  | 10 | int
smtpd_starttls_timeout | 0 |  | ${stress?{10}:{300}}s | times
smtpd_timeout | 1 |  | ${stress?{10}:{300}}s | times
smtpd_tls_CAfile |  |  |  | str
smtpd_tls_CApath |  |  |  | str
smtpd_tls_always_issue_session_ids |  |  | yes | bool
smtpd_tls_ask_ccert |  |  | no | bool
smtpd_tls_auth_only |  |  | no | bool
smtpd_tls_ccert_verifydepth | 0 |  | 9 | int
smtpd_tls_cert_file |  |  |  | str
smtpd_tls_chain_files |  |  |  | str
smtpd_tls_ciphers |  |  | medium | str
smtpd_tls_dcert_file |  |  |  | str
smtpd_tls_dh1024_param_file |  |  |  | str
smtpd_tls_dh512_param_file |  |  |  | str
smtpd_tls_dkey_file |  |  | $smtpd_tls_dcert_file | str
smtpd_tls_eccert_file |  |  |  | str
smtpd_tls_eckey_file |  |  | $smtpd_tls_eccert_file | str
smtpd_tls_eecdh_grade |  |  | auto | str
smtpd_tls_exclude_ciphers |  |  |  | str
smtpd_tls_fingerprint_digest |  |  | ${{$compatibility_level} <level {3.6} ? {md5} : {sha256}} | str
smtpd_tls_key_file |  |  | $smtpd_tls_cert_file | str
smtpd_tls_loglevel | 0 |  | 0 | int
smtpd_tls_mandatory_ciphers |  |  | medium | str
smtpd_tls_mandatory_exclude_ciphers |  |  |  | str
smtpd_tls_mandatory_protocols |  |  | >=TLSv1 | str
smtpd_tls_protocols |  |  | >=TLSv1 | str
smtpd_tls_received_header |  |  | no | bool
smtpd_tls_req_ccert |  |  | no | bool
smtpd_tls_security_level |  |  |  | str
smtpd_tls_session_cache_database |  |  |  | str
smtpd_tls_session_cache_timeout | 0 |  | 3600s | times
smtpd_tls_wrappermode |  |  | no | bool
smtpd_upstream_proxy_protocol |  |  |  | str
smtpd_upstream_proxy_timeout | 0 |  | 5s | times
smtpd_use_tls |  |  | no | bool
smtputf8_autodetect_classes |  |  | sendmail, verify | str
smtputf8_enable |  |  | ${{$compatibility_level} <level {1} ? {no} : {yes}} | bool
soft_bounce |  |  | no | bool
stale_lock_time | 1 |  | 500s | times
stress |  |  |  | str
strict_7bit_headers |  |  | no | bool
strict_8bitmime |  |  | no | bool
strict_8bitmime_body |  |  | no | bool
strict_mailbox_ownership |  |  | yes | bool
strict_mime_encoding_domain |  |  | no | bool
strict_rfc821_envelopes |  |  | no | bool
strict_smtputf8 |  |  | no | bool
sun_mailtool_compatibility |  |  | no | bool
swap_bangpath |  |  | yes | bool
syslog_facility |  |  | mail | str
syslog_name |  |  | ${multi_instance_name?{$multi_instance_name}:{postfix}} | str
tcp_windowsize | 0 |  | 0 | int
tls_append_default_CA |  |  | no | bool
tls_config_file |  |  | default | str
tls_config_name |  |  |  | str
tls_daemon_random_bytes | 0 |  | 32 | int
tls_dane_digests |  |  | sha512 sha256 | str
tls_disable_workarounds |  |  |  | str
tls_eecdh_auto_curves |  |  | X25519 X448 prime256v1 secp521r1 secp384r1 | str
tls_eecdh_strong_curve |  |  | prime256v1 | str
tls_eecdh_ultra_curve |  |  | secp384r1 | str
tls_export_cipherlist |  |  | aNULL:-aNULL:HIGH:MEDIUM:LOW:EXPORT:+RC4:@STRENGTH | str
tls_fast_shutdown_enable |  |  | yes | bool
tls_high_cipherlist |  |  | aNULL:-aNULL:HIGH:@STRENGTH | str
tls_legacy_public_key_fingerprints |  |  | no | bool
tls_low_cipherlist |  |  | aNULL:-aNULL:HIGH:MEDIUM:LOW:+RC4:@STRENGTH | str
tls_medium_cipherlist |  |  | aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH | str
tls_null_cipherlist |  |  | eNULL:!aNULL | str
tls_preempt_cipherlist |  |  | no | bool
tls_random_bytes | 0 |  | 32 | int
tls_random_exchange_name |  |  | ${data_directory}/prng_exch | str
tls_random_prng_update_period | 0 |  | 3600s | times
tls_random_reseed_period | 0 |  | 3600s | times
tls_random_source |  |  | dev:/dev/urandom | str
tls_server_sni_maps |  |  |  | str
tls_session_ticket_cipher |  |  | aes-256-cbc | str
tls_ssl_options |  |  |  | str
tls_wildcard_matches_multiple_labels |  |  | yes | bool
tlsmgr_service_name |  |  | tlsmgr | str
tlsproxy_client_CAfile |  |  | $smtp_tls_CAfile | str
tlsproxy_client_CApath |  |  | $smtp_tls_CApath | str
tlsproxy_client_cert_file |  |  | $smtp_tls_cert_file | str
tlsproxy_client_chain_files |  |  | $smtp_tls_chain_files | str
tlsproxy_client_dcert_file |  |  | $smtp_tls_dcert_file | str
tlsproxy_client_dkey_file |  |  | $smtp_tls_dkey_file | str
tlsproxy_client_eccert_file |  |  | $smtp_tls_eccert_file | str
tlsproxy_client_eckey_file |  |  | $smtp_tls_eckey_file | str
tlsproxy_client_enforce_tls |  |  | $smtp_enforce_tls | bool
tlsproxy_client_fingerprint_digest |  |  | $smtp_tls_fingerprint_digest | str
tlsproxy_client_key_file |  |  | $smtp_tls_key_file | str
tlsproxy_client_loglevel | 0 |  | $smtp_tls_loglevel | int
tlsproxy_client_loglevel_parameter |  |  | smtp_tls_loglevel | str
tlsproxy_client_per_site |  |  | $smtp_tls_per_site | str
tlsproxy_client_policy_maps |  |  | ${tlsproxy_client_policy:$smtp_tls_policy_maps} | str
tlsproxy_client_scert_verifydepth | 0 |  | $smtp_tls_scert_verifydepth | int
tlsproxy_client_security_level |  |  | ${tlsproxy_client_level:$smtp_tls_security_level} | str
tlsproxy_client_use_tls |  |  | $smtp_use_tls | bool
tlsproxy_enforce_tls |  |  | $smtpd_enforce_tls | bool
tlsproxy_service_name |  |  | tlsproxy | str
tlsproxy_tls_CAfile |  |  | $smtpd_tls_CAfile | str
tlsproxy_tls_CApath |  |  | $smtpd_tls_CApath | str
tlsproxy_tls_always_issue_session_ids |  |  | $smtpd_tls_always_issue_session_ids | bool
tlsproxy_tls_ask_ccert |  |  | $smtpd_tls_ask_ccert | bool
tlsproxy_tls_ccert_verifydepth | 0 |  | $smtpd_tls_ccert_verifydepth | int
tlsproxy_tls_cert_file |  |  | $smtpd_tls_cert_file | str
tlsproxy_tls_chain_files |  |  | $smtpd_tls_chain_files | str
tlsproxy_tls_ciphers |  |  | $smtpd_tls_ciphers | str
tlsproxy_tls_dcert_file |  |  | $smtpd_tls_dcert_file | str
tlsproxy_tls_dh1024_param_file |  |  | $smtpd_tls_dh1024_param_file | str
tlsproxy_tls_dh512_param_file |  |  | $smtpd_tls_dh512_param_file | str
tlsproxy_tls_dkey_file |  |  | $smtpd_tls_dkey_file | str
tlsproxy_tls_eccert_file |  |  | $smtpd_tls_eccert_file | str
tlsproxy_tls_eckey_file |  |  | $smtpd_tls_eckey_file | str
tlsproxy_tls_eecdh_grade |  |  | $smtpd_tls_eecdh_grade | str
tlsproxy_tls_exclude_ciphers |  |  | $smtpd_tls_exclude_ciphers | str
tlsproxy_tls_fingerprint_digest |  |  | $smtpd_tls_fingerprint_digest | str
tlsproxy_tls_key_file |  |  | $smtpd_tls_key_file | str
tlsproxy_tls_loglevel | 0 |  | $smtpd_tls_loglevel | int
tlsproxy_tls_mandatory_ciphers |  |  | $smtpd_tls_mandatory_ciphers | str
tlsproxy_tls_mandatory_exclude_ciphers |  |  | $smtpd_tls_mandatory_exclude_ciphers | str
tlsproxy_tls_mandatory_protocols |  |  | $smtpd_tls_mandatory_protocols | str
tlsproxy_tls_protocols |  |  | $smtpd_tls_protocols | str
tlsproxy_tls_req_ccert |  |  | $smtpd_tls_req_ccert | bool
tlsproxy_tls_security_level |  |  | $smtpd_tls_security_level | str
tlsproxy_use_tls |  |  | $smtpd_use_tls | bool
tlsproxy_watchdog_timeout | 0 |  | 10s | times
trace_service_name |  |  | trace | str
transport_maps |  |  |  | str
transport_retry_time | 1 |  | 60s | times
trigger_timeout | 1 |  | 10s | times
undisclosed_recipients_header |  |  |  | str
unknown_address_reject_code | 0 |  | 450 | int
unknown_address_tempfail_action |  |  | $reject_tempfail_action | str
unknown_client_reject_code | 0 |  | 450 | int
unknown_helo_hostname_tempfail_action |  |  | $reject_tempfail_action | str
unknown_hostname_reject_code | 0 |  | 450 | int
unknown_local_recipient_reject_code | 0 |  | 550 | int
unknown_relay_recipient_reject_code | 0 |  | 550 | int
unknown_virtual_alias_reject_code | 0 |  | 550 | int
unknown_virtual_mailbox_reject_code | 0 |  | 550 | int
unverified_recipient_defer_code | 0 |  | 450 | int
unverified_recipient_reject_code | 0 |  | 450 | int
unverified_recipient_reject_reason |  |  |  | str
unverified_recipient_tempfail_action |  |  | $reject_tempfail_action | str
unverified_sender_defer_code | 0 |  | 450 | int
unverified_sender_reject_code | 0 |  | 450 | int
unverified_sender_reject_reason |  |  |  | str
unverified_sender_tempfail_action |  |  | $reject_tempfail_action | str
verp_delimiter_filter |  |  | -=+ | str
virtual_alias_address_length_limit | 0 |  | 1000 | int
virtual_alias_domains |  |  | $virtual_alias_maps | str
virtual_alias_expansion_limit | 0 |  | 1000 | int
virtual_alias_maps |  |  | $virtual_maps | str
virtual_alias_recursion_limit | 0 |  | 1000 | int
virtual_delivery_status_filter |  |  | $default_delivery_status_filter | str
virtual_gid_maps |  |  |  | str
virtual_mailbox_base |  |  |  | str
virtual_mailbox_domains |  |  | $virtual_mailbox_maps | str
virtual_mailbox_limit | 0 |  | 51200000 | int
virtual_mailbox_lock |  |  | fcntl, dotlock | str
virtual_mailbox_maps |  |  |  | str
virtual_minimum_uid | 0 |  | 100 | int
virtual_transport |  |  | virtual | str
virtual_uid_maps |  |  |  | str
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
