SELECT d.day::timestamp FROM hearth.days('hearth.job') AS d (day)
