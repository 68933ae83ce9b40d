#!/usr/bin/env python3
"""Says a few things to the echo server and checks each answer."""
import socket
import sys

messages = ["hello", "a second message", "ünïcode", "x" * 900]

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.connect((sys.argv[1], 5006))
    for message in messages:
        wanted = f"got {message}".encode()
        server.sendall(message.encode())
        answer = b""
        while len(answer) < len(wanted):
            part = server.recv(1024)
            if not part:
                sys.exit("the server closed early")
            answer += part
        if answer != wanted:
            sys.exit(f"sent {message!r}, got {answer!r}")
    server.sendall(b"~")
    if server.recv(1024):
        sys.exit("an answer after the end")
print(len(messages), "messages answered")
