# Made by tests/tools/make_completions from the options that the commands declare.
complete -c postlog -f
complete -c postlog -s 'c' -x -a '(__fish_complete_directories)' -d 'configuration directory'
complete -c postlog -s 'i' -d 'ignored: the pid is always logged'
complete -c postlog -s 'p' -x -a 'info warn warning error err fatal crit panic' -d 'info, warn, error, fatal or panic'
complete -c postlog -s 't' -x -d 'the name that the line begins with'
complete -c postlog -s 'v' -d 'talk'
