# Made by tests/tools/make_completions from the options that the commands declare.
complete -c postqueue -f
complete -c postqueue -s 'c' -x -a '(__fish_complete_directories)' -d 'configuration directory'
complete -c postqueue -s 'f' -d 'flush the queue: try to deliver everything'
complete -c postqueue -s 'i' -x -a '(postqueue -j 2>/dev/null | head -n 1000 | string replace -rf \'.*"queue_id": "([^"]*)".*\' \'$1\')' -d 'try to deliver one message'
complete -c postqueue -s 'j' -d 'list the queue as JSON, an object a line'
complete -c postqueue -s 'p' -d 'list the queue'
complete -c postqueue -s 's' -x -d 'try to deliver mail for a destination'
complete -c postqueue -s 'v' -d 'talk'
