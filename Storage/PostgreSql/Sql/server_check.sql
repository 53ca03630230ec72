SELECT current_setting('server_version_num')::int, current_setting('fsync'), current_setting('full_page_writes'),
    current_setting('synchronous_commit'), current_setting('server_encoding'), pg_is_in_recovery(), pg_backend_pid(), clock_timestamp()
