# Made by tests/tools/make_completions from the options that the commands declare.
complete -c postkick -f
complete -c postkick -s 'c' -x -a '(__fish_complete_directories)' -d 'configuration directory'
complete -c postkick -s 'v' -d 'talk'
complete -c postkick -a 'public private pickup qmgr'
