# Made by tests/tools/make_completions from the options that the commands declare.
complete -c postcat -f
complete -c postcat -s 'b' -d 'show the body'
complete -c postcat -s 'c' -x -a '(__fish_complete_directories)' -d 'configuration directory'
complete -c postcat -s 'd' -d 'show the types of records in decimal'
complete -c postcat -s 'e' -d 'show the envelope'
complete -c postcat -s 'h' -d 'show the header'
complete -c postcat -s 'o' -d 'show the offsets that records have in a queue file of Postfix'
complete -c postcat -s 'q' -d 'the operands are queue ids'
complete -c postcat -s 'r' -d 'ignored: the order of records'
complete -c postcat -s 's' -x -d 'begin with the record at this offset'
complete -c postcat -s 'v' -d 'name the records of the content too'
complete -c postcat -a '(postqueue -j 2>/dev/null | head -n 1000 | string replace -rf \'.*"queue_id": "([^"]*)".*\' \'$1\')'
