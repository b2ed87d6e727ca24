# Runs a PostgreSQL server in the current folder until standard input ends, then removes the folder.
# Whoever starts this holds the other end of the pipe, so that the server never outlives them: not
# after an error, Ctrl-C or even a kill.
# While there is a file `outage`, a server that was stopped is not started again.
# Arguments: the folder of the programs, the port.

{
    "$1/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync &&
        while
            "$1/postgres" -D data -p "$2" \
                -c listen_addresses=127.0.0.1 -c unix_socket_directories=. \
                -c fsync=on -c synchronous_commit=on -c full_page_writes=on \
                -c shared_buffers=32MB -c max_connections=200
            [ -e outage ]
        do
            while [ -e outage ]; do sleep 0.02; done
        done
    : >ended
} >log 2>&1 &

read -r _

# What is left is thrown away, so the server need not put it in order first. It may be just
# starting, hence again and again.
rm -f outage
while [ ! -e ended ]; do
    kill -QUIT "$(head -n 1 data/postmaster.pid)"
    sleep 0.05
done 2>/dev/null
folder=$PWD
cd / && rm -rf "$folder"
