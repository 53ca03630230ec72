DELETE FROM hearth.schedule WHERE id = $1 AND revision = $2
