# Made by tests/tools/make_completions from the options that the commands declare.
complete -c postfix -f
complete -c postfix -s 'c' -x -a '(__fish_complete_directories)' -d 'configuration directory'
complete -c postfix -s 'D' -d 'ignored: debugging'
complete -c postfix -s 'v' -d 'talk'
complete -c postfix -a 'abort check flush logrotate reload set-permissions start start-fg status stop upgrade-configuration'
