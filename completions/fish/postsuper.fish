# Made by tests/tools/make_completions from the options that the commands declare.
complete -c postsuper -f
complete -c postsuper -s 'c' -x -a '(__fish_complete_directories)' -d 'configuration directory'
complete -c postsuper -s 'S' -d 'as -s'
complete -c postsuper -s 'd' -x -a 'ALL - (postqueue -j 2>/dev/null | head -n 1000 | string replace -rf \'.*"queue_id": "([^"]*)".*\' \'$1\')' -d 'delete a message, or ALL, or ids from standard input (-)'
complete -c postsuper -s 'e' -x -a 'ALL - (postqueue -j 2>/dev/null | head -n 1000 | string replace -rf \'.*"queue_id": "([^"]*)".*\' \'$1\')' -d 'expire a message: return it at the next attempt'
complete -c postsuper -s 'f' -x -a 'ALL - (postqueue -j 2>/dev/null | head -n 1000 | string replace -rf \'.*"queue_id": "([^"]*)".*\' \'$1\')' -d 'expire a message, and release it from hold'
complete -c postsuper -s 'h' -x -a 'ALL - (postqueue -j 2>/dev/null | head -n 1000 | string replace -rf \'.*"queue_id": "([^"]*)".*\' \'$1\')' -d 'put a message on hold'
complete -c postsuper -s 'H' -x -a 'ALL - (postqueue -j 2>/dev/null | head -n 1000 | string replace -rf \'.*"queue_id": "([^"]*)".*\' \'$1\')' -d 'release a message from hold'
complete -c postsuper -s 'p' -d 'purge what a crash left behind'
complete -c postsuper -s 'r' -x -a 'ALL - (postqueue -j 2>/dev/null | head -n 1000 | string replace -rf \'.*"queue_id": "([^"]*)".*\' \'$1\')' -d 'requeue a message: through cleanup again'
complete -c postsuper -s 's' -d 'check and repair the structure of the queue'
complete -c postsuper -s 'v' -d 'talk'
complete -c postsuper -a 'maildrop incoming active deferred hold corrupt'
