# Made by tests/tools/make_completions from the options that the commands declare.
complete -c postdrop -f
complete -c postdrop -s 'c' -x -a '(__fish_complete_directories)' -d 'configuration directory'
complete -c postdrop -s 'r' -d 'ignored: the protocol with pickup'
complete -c postdrop -s 'v' -d 'talk'
