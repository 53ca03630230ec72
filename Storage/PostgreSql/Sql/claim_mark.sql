-- Names this transaction, so that a second connection finds what stands in its way, also through a pooler.
SELECT set_config('application_name', $1, true)
