#!/usr/bin/env python3
"""An echo server: answers "got <text>" to each message, stops at "~"."""
import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((sys.argv[1], 5006))
    listener.listen()
    connection, peer = listener.accept()
    print("connected:", peer[0], "port", peer[1], flush=True)
    with connection:
        while text := connection.recv(1024).decode():
            if text == "~":
                break
            connection.sendall(f"got {text}".encode())
