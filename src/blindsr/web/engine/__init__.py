"""The queue and the files of a server, and the processes that it hands work to."""
