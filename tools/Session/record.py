#!/usr/bin/env python3
"""Makes docs/images/session.svg: a real PowerShell in a terminal of 80 columns, and what it shows.

Needs Linux, the built module and rich (Debian's python3-rich):

    python3 tools/Session/record.py
"""
import fcntl
import os
import pathlib
import pty
import struct
import sys
import termios

from rich.console import Console
from rich.text import Text

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
COLUMNS = 80

# The frame of rich's own picture, without the font that it would fetch.
FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="A PowerShell session with LowMem">
<style>
.{unique_id}-matrix {{ font-family: "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px;
line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def run():
    """What the session writes to its terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.environ.pop("NO_COLOR", None)
        os.environ["TERM"] = "xterm-256color"
        os.execvp("dotnet", ["dotnet", "pwsh", "-NoProfile", "-File", str(HERE / "Show-Session.ps1"), "-Module", "out/LowMem/LowMem.psd1"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 200, COLUMNS, 0, 0))
    shown = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        sys.exit(shown.decode())
    return shown.decode()


def main():
    # What sets the terminal's modes is no text.
    lines = run().replace("\x1b[?1h", "").replace("\x1b[?1l", "").replace("\x1b=", "").replace("\x1b>", "").replace("\r", "").rstrip()
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"), force_terminal=True)
    console.print(Text.from_ansi(lines), soft_wrap=True)
    picture = console.export_svg(title="LowMem", code_format=FRAME, unique_id="session")
    (ROOT / "docs/images/session.svg").write_text(picture + "\n" if not picture.endswith("\n") else picture)


if __name__ == "__main__":
    main()
