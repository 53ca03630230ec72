SELECT hearth.job_delete($1, $2)
