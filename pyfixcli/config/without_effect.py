"""Parameters that are accepted, since main.cf files set them, but that change nothing here, and why.

``postfix check`` names those that are set, and postconf(5) is made with the reasons. Whoever makes one work takes it
out: a test compares this with what the program reads.
"""

from __future__ import annotations

from types import MappingProxyType

REASONS = MappingProxyType(
    {
        "checked": "Has no effect here, but a bad value is an error.",
        "files": "Has no effect here: nothing is looked for there.",
        "flush": "Has no effect here: the queue itself is searched for the mail of a destination.",
        "instances": "Has no effect here: each instance is started on its own.",
        "lists": "Has no effect here: DNS lists are not asked.",
        "policy": "Has no effect here: policy services are not asked.",
        "processes": "Has no effect here: a few processes do all work, and stay.",
        "qmqp": "Has no effect here: there is no QMQP server.",
        "sasl": "Has no effect here: SMTP has no SASL.",
        "screen": "Has no effect here: there is no postscreen.",
        "tls": "Has no effect here: SMTP has no TLS.",
        "unused": "Has no effect here.",
        "verify": "Has no effect here: addresses are not verified.",
    }
)
# reason -> names
_NAMES = MappingProxyType(
    {
        "checked": """
            application_event_drain_time delay_logging_resolution_limit fork_delay
            helpful_warnings in_flow_delay ipc_timeout trigger_timeout
        """,
        "files": """
            daemon_directory html_directory mailq_path manpage_directory meta_directory
            newaliases_path readme_directory sample_directory sendmail_path
            shlib_directory
        """,
        "flush": """
            fast_flush_purge_time fast_flush_refresh_time
        """,
        "instances": """
            multi_instance_directories multi_instance_enable multi_instance_group
            multi_instance_wrapper postmulti_control_commands postmulti_start_commands
            postmulti_stop_commands
        """,
        "lists": """
            default_rbl_reply maps_rbl_domains maps_rbl_reject_code rbl_reply_maps
        """,
        "policy": """
            smtpd_policy_service_default_action smtpd_policy_service_max_idle
            smtpd_policy_service_max_ttl smtpd_policy_service_policy_context
            smtpd_policy_service_request_limit smtpd_policy_service_retry_delay
            smtpd_policy_service_timeout smtpd_policy_service_try_limit
        """,
        "processes": """
            connection_cache_protocol_timeout fork_attempts ipc_idle ipc_ttl max_use
            postlogd_watchdog_timeout qmgr_daemon_timeout qmgr_ipc_timeout
        """,
        "qmqp": """
            qmqpd_authorized_clients qmqpd_client_port_logging qmqpd_error_delay
            qmqpd_timeout
        """,
        "sasl": """
            broken_sasl_auth_clients cyrus_sasl_config_path lmtp_sasl_auth_cache_name
            lmtp_sasl_auth_cache_time lmtp_sasl_auth_soft_bounce
            lmtp_sasl_mechanism_filter lmtp_sasl_path lmtp_sasl_security_options
            lmtp_sasl_tls_security_options lmtp_sasl_tls_verified_security_options
            lmtp_sasl_type lmtp_send_dummy_mail_auth send_cyrus_sasl_authzid
            smtp_sasl_auth_cache_name smtp_sasl_auth_cache_time
            smtp_sasl_auth_soft_bounce smtp_sasl_mechanism_filter smtp_sasl_path
            smtp_sasl_security_options smtp_sasl_tls_security_options
            smtp_sasl_tls_verified_security_options smtp_sasl_type
            smtp_send_dummy_mail_auth smtpd_client_auth_rate_limit
            smtpd_sasl_auth_enable smtpd_sasl_authenticated_header
            smtpd_sasl_exceptions_networks smtpd_sasl_local_domain
            smtpd_sasl_mechanism_filter smtpd_sasl_path smtpd_sasl_response_limit
            smtpd_sasl_security_options smtpd_sasl_service
            smtpd_sasl_tls_security_options smtpd_sasl_type smtpd_sender_login_maps
        """,
        "screen": """
            dnsblog_reply_delay postscreen_access_list postscreen_allowlist_interfaces
            postscreen_bare_newline_action postscreen_bare_newline_enable
            postscreen_bare_newline_ttl postscreen_cache_cleanup_interval
            postscreen_cache_map postscreen_cache_retention_time
            postscreen_client_connection_count_limit postscreen_command_count_limit
            postscreen_command_filter postscreen_command_time_limit
            postscreen_denylist_action postscreen_disable_vrfy_command
            postscreen_discard_ehlo_keyword_address_maps
            postscreen_discard_ehlo_keywords postscreen_dnsbl_action
            postscreen_dnsbl_allowlist_threshold postscreen_dnsbl_max_ttl
            postscreen_dnsbl_min_ttl postscreen_dnsbl_reply_map postscreen_dnsbl_sites
            postscreen_dnsbl_threshold postscreen_dnsbl_timeout postscreen_enforce_tls
            postscreen_expansion_filter postscreen_forbidden_commands
            postscreen_greet_action postscreen_greet_banner postscreen_greet_ttl
            postscreen_greet_wait postscreen_helo_required
            postscreen_non_smtp_command_action postscreen_non_smtp_command_enable
            postscreen_non_smtp_command_ttl postscreen_pipelining_action
            postscreen_pipelining_enable postscreen_pipelining_ttl
            postscreen_post_queue_limit postscreen_pre_queue_limit
            postscreen_reject_footer postscreen_reject_footer_maps
            postscreen_tls_security_level postscreen_upstream_proxy_protocol
            postscreen_upstream_proxy_timeout postscreen_use_tls
            postscreen_watchdog_timeout
        """,
        "tls": """
            lmtp_starttls_timeout lmtp_tls_CAfile lmtp_tls_CApath
            lmtp_tls_block_early_mail_reply lmtp_tls_cert_file lmtp_tls_chain_files
            lmtp_tls_ciphers lmtp_tls_connection_reuse lmtp_tls_dcert_file
            lmtp_tls_dkey_file lmtp_tls_eccert_file lmtp_tls_eckey_file
            lmtp_tls_exclude_ciphers lmtp_tls_fingerprint_cert_match
            lmtp_tls_fingerprint_digest lmtp_tls_force_insecure_host_tlsa_lookup
            lmtp_tls_key_file lmtp_tls_loglevel lmtp_tls_mandatory_ciphers
            lmtp_tls_mandatory_exclude_ciphers lmtp_tls_mandatory_protocols
            lmtp_tls_note_starttls_offer lmtp_tls_protocols lmtp_tls_scert_verifydepth
            lmtp_tls_secure_cert_match lmtp_tls_servername
            lmtp_tls_session_cache_database lmtp_tls_session_cache_timeout
            lmtp_tls_trust_anchor_file lmtp_tls_verify_cert_match openssl_path
            plaintext_reject_code relay_clientcerts smtp_starttls_timeout
            smtp_tls_CAfile smtp_tls_CApath smtp_tls_block_early_mail_reply
            smtp_tls_cert_file smtp_tls_chain_files smtp_tls_ciphers
            smtp_tls_connection_reuse smtp_tls_dane_insecure_mx_policy
            smtp_tls_dcert_file smtp_tls_dkey_file smtp_tls_eccert_file
            smtp_tls_eckey_file smtp_tls_exclude_ciphers smtp_tls_fingerprint_cert_match
            smtp_tls_fingerprint_digest smtp_tls_force_insecure_host_tlsa_lookup
            smtp_tls_key_file smtp_tls_loglevel smtp_tls_mandatory_ciphers
            smtp_tls_mandatory_exclude_ciphers smtp_tls_mandatory_protocols
            smtp_tls_note_starttls_offer smtp_tls_protocols smtp_tls_scert_verifydepth
            smtp_tls_secure_cert_match smtp_tls_servername
            smtp_tls_session_cache_database smtp_tls_session_cache_timeout
            smtp_tls_trust_anchor_file smtp_tls_verify_cert_match
            smtpd_client_new_tls_session_rate_limit smtpd_starttls_timeout
            smtpd_tls_CAfile smtpd_tls_CApath smtpd_tls_always_issue_session_ids
            smtpd_tls_ask_ccert smtpd_tls_auth_only smtpd_tls_ccert_verifydepth
            smtpd_tls_cert_file smtpd_tls_chain_files smtpd_tls_ciphers
            smtpd_tls_dcert_file smtpd_tls_dh1024_param_file smtpd_tls_dh512_param_file
            smtpd_tls_dkey_file smtpd_tls_eccert_file smtpd_tls_eckey_file
            smtpd_tls_eecdh_grade smtpd_tls_exclude_ciphers smtpd_tls_fingerprint_digest
            smtpd_tls_key_file smtpd_tls_loglevel smtpd_tls_mandatory_ciphers
            smtpd_tls_mandatory_exclude_ciphers smtpd_tls_mandatory_protocols
            smtpd_tls_protocols smtpd_tls_received_header smtpd_tls_req_ccert
            smtpd_tls_session_cache_database smtpd_tls_session_cache_timeout
            smtpd_use_tls tls_append_default_CA tls_config_file tls_config_name
            tls_daemon_random_bytes tls_dane_digests tls_disable_workarounds
            tls_eecdh_auto_curves tls_eecdh_strong_curve tls_eecdh_ultra_curve
            tls_export_cipherlist tls_fast_shutdown_enable tls_high_cipherlist
            tls_legacy_public_key_fingerprints tls_low_cipherlist tls_medium_cipherlist
            tls_null_cipherlist tls_preempt_cipherlist tls_random_bytes
            tls_random_exchange_name tls_random_prng_update_period
            tls_random_reseed_period tls_random_source tls_server_sni_maps
            tls_session_ticket_cipher tls_ssl_options
            tls_wildcard_matches_multiple_labels tlsproxy_client_CAfile
            tlsproxy_client_CApath tlsproxy_client_cert_file tlsproxy_client_chain_files
            tlsproxy_client_dcert_file tlsproxy_client_dkey_file
            tlsproxy_client_eccert_file tlsproxy_client_eckey_file
            tlsproxy_client_enforce_tls tlsproxy_client_fingerprint_digest
            tlsproxy_client_key_file tlsproxy_client_loglevel
            tlsproxy_client_loglevel_parameter tlsproxy_client_per_site
            tlsproxy_client_policy_maps tlsproxy_client_scert_verifydepth
            tlsproxy_client_security_level tlsproxy_client_use_tls tlsproxy_enforce_tls
            tlsproxy_tls_CAfile tlsproxy_tls_CApath
            tlsproxy_tls_always_issue_session_ids tlsproxy_tls_ask_ccert
            tlsproxy_tls_ccert_verifydepth tlsproxy_tls_cert_file
            tlsproxy_tls_chain_files tlsproxy_tls_ciphers tlsproxy_tls_dcert_file
            tlsproxy_tls_dh1024_param_file tlsproxy_tls_dh512_param_file
            tlsproxy_tls_dkey_file tlsproxy_tls_eccert_file tlsproxy_tls_eckey_file
            tlsproxy_tls_eecdh_grade tlsproxy_tls_exclude_ciphers
            tlsproxy_tls_fingerprint_digest tlsproxy_tls_key_file tlsproxy_tls_loglevel
            tlsproxy_tls_mandatory_ciphers tlsproxy_tls_mandatory_exclude_ciphers
            tlsproxy_tls_mandatory_protocols tlsproxy_tls_protocols
            tlsproxy_tls_req_ccert tlsproxy_tls_security_level tlsproxy_use_tls
            tlsproxy_watchdog_timeout
        """,
        "unused": """
            address_verify_service_name alternate_config_directories
            anvil_status_update_time backwards_bounce_logfile_compatibility
            berkeley_db_create_buffer_size berkeley_db_read_buffer_size
            best_mx_transport biff bounce_service_name connection_cache_service_name
            connection_cache_status_update_time connection_cache_ttl_limit
            daemon_table_open_error_is_fatal debug_peer_level debug_peer_list
            debugger_command default_extra_recipient_limit default_recipient_limit
            default_recipient_refill_delay default_recipient_refill_limit
            defer_service_name destination_concurrency_feedback_debug
            dns_ncache_ttl_fix_enable dnsblog_service_name dnssec_probe dont_remove
            error_service_name fault_injection_code
            flush_service_name info_log_address_format known_tcp_ports lmdb_map_size
            lmtp_cname_overrides_servername lmtp_dns_reply_filter
            lmtp_dns_resolver_options master_service_disable permit_mx_backup_networks
            pickup_service_name postlog_service_name process_id_directory
            proxymap_service_name proxywrite_service_name qmgr_clog_warn_time
            qmgr_fudge_factor qmgr_message_recipient_minimum
            queue_file_attribute_count_limit queue_service_name respectful_logging
            service_throttle_time showq_service_name smtp_cname_overrides_servername
            smtp_dns_reply_filter smtp_dns_resolver_options
            smtpd_delay_open_until_valid_rcpt smtpd_dns_reply_filter
            smtpd_service_name smtpd_upstream_proxy_protocol
            smtpd_upstream_proxy_timeout sun_mailtool_compatibility tcp_windowsize
            tlsmgr_service_name tlsproxy_service_name trace_service_name
            transport_retry_time
        """,
        "verify": """
            address_verify_cache_cleanup_interval address_verify_default_transport
            address_verify_local_transport address_verify_map
            address_verify_negative_cache address_verify_negative_expire_time
            address_verify_negative_refresh_time address_verify_pending_request_limit
            address_verify_poll_count address_verify_poll_delay
            address_verify_positive_expire_time address_verify_positive_refresh_time
            address_verify_relay_transport address_verify_relayhost
            address_verify_sender address_verify_sender_dependent_default_transport_maps
            address_verify_sender_dependent_relayhost_maps address_verify_sender_ttl
            address_verify_transport_maps address_verify_virtual_transport
            lmtp_address_verify_target smtp_address_verify_target
            unverified_recipient_defer_code unverified_recipient_reject_code
            unverified_recipient_reject_reason unverified_recipient_tempfail_action
            unverified_sender_defer_code unverified_sender_reject_code
            unverified_sender_reject_reason unverified_sender_tempfail_action
        """,
    }
)


def without_effect() -> dict[str, str]:
    """name -> why it has no effect, as the sentence of postconf(5)."""
    return {name: REASONS[why] for why, names in _NAMES.items() for name in names.split()}
