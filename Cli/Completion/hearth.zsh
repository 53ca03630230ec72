#compdef hearth
# Completes hearth in zsh: source <(hearth completion zsh)
_hearth() {
  local -a found
  found=("${(@f)$(hearth "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
  compadd -a found || _files
}
compdef _hearth hearth
