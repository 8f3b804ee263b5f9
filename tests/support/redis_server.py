"""A private Redis: a unix socket only, nothing kept on disk (what it holds may be lost)."""
import os
import socket

from .postgres import remove_folder, short_folder
from .process import Process


class Redis:
    def __init__(self, folder, log_folder):
        self.link = folder
        self.folder = short_folder(folder)
        self.socket = os.path.join(self.folder, "redis.sock")
        self.process = Process("redis", [
            "redis-server", "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700",
            "--save", "", "--appendonly", "no", "--dir", self.folder, "--daemonize", "no",
        ], log_folder)

    @property
    def url(self):
        return f"unix:{self.socket}"

    def start(self):
        self.process.start()
        self.process.wait_until(lambda: self.command("PING") == "+PONG", 10)
        return self

    def stop(self):
        self.process.stop()

    def remove(self):
        remove_folder(self.link)

    def command(self, *words):
        """One command that answers with one line; the line, or None when nobody answers."""
        request = f"*{len(words)}\r\n" + "".join(
            f"${len(word.encode())}\r\n{word}\r\n" for word in words)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(5)
                connection.connect(self.socket)
                connection.sendall(request.encode())
                return connection.makefile("rb").readline().decode().rstrip("\r\n")
        except OSError:
            return None
