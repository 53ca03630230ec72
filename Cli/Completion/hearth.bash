# Completes hearth in bash: source <(hearth completion bash)
_hearth() {
  local IFS=$'\n'
  COMPREPLY=($(compgen -W "$(hearth "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _hearth hearth
