# Made by tests/tools/make_completions from the options that the commands declare.
complete -c postcat -f
complete -c postcat -s 'b' -d 'show the body'
complete -c postcat -s 'c' -x -a '(__fish_complete_directories)' -d 'configuration directory'
complete -c postcat -s 'd' -d 'ignored: decimal record types'
complete -c postcat -s 'e' -d 'show the envelope'
complete -c postcat -s 'h' -d 'show the header'
complete -c postcat -s 'o' -d 'ignored: record offsets'
complete -c postcat -s 'q' -d 'the operands are queue ids'
complete -c postcat -s 'v' -d 'talk'
complete -c postcat -a '(postqueue -j 2>/dev/null | head -n 1000 | string replace -rf \'.*"queue_id": "([^"]*)".*\' \'$1\')'
