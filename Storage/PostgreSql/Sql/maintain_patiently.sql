SELECT set_config('statement_timeout', '3600000', true)
