# Made by tests/tools/make_completions from the options that the commands declare.
complete -c postlock -f
complete -c postlock -s 'c' -x -a '(__fish_complete_directories)' -d 'configuration directory'
complete -c postlock -s 'l' -x -a 'fcntl flock dotlock' -d 'lock methods instead of mailbox_delivery_lock'
complete -c postlock -s 'v' -d 'talk'
complete -c postlock -a '(__fish_complete_path)'
