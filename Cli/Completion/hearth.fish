# Completes hearth in fish: hearth completion fish | source
complete -c hearth -f -a '(hearth "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
